"""Passwords: hashing, strength, and limits on guessing."""
