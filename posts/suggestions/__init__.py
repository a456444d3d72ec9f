"""Suggested edits: suggest, review, decide."""
