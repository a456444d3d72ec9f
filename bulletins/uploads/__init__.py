"""Uploads of advisories by moderators: stored for hours, previewed, and imported when they are confirmed."""
