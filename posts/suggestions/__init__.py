"""Suggested edits: propose, review, decide."""
