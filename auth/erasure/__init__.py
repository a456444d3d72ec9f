"""Deletion of an account, and the export of a member's data."""
