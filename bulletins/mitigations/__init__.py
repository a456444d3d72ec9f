"""Mitigations of bulletins, entered by moderators or taken from documents."""
