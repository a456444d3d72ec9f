"""Revisions: history, comparison, merging, and edit conflicts."""
