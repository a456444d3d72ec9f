"""Passwords: hashing, strength, and limits on login attempts."""
