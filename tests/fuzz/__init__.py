"""Searches for inputs that cost more than their size allows: `python -m tests.fuzz --minutes 60`."""
