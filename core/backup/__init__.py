"""Backup and restore: the archive and the copies of both databases."""
