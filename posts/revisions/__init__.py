"""Revisions: history, differences, merging, and edit conflicts."""
