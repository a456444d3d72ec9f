"""Leaving: a member's data as a file, and the deletion of an account."""
