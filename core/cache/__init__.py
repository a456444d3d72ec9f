"""Cached pages of visitors: in the process, in Redis, and answered before Flask."""
