"""Mitigations of bulletins: written by people, or taken from documents."""
