"""The readable part of an address."""

import re
import unicodedata


def slugify(title: str) -> str:
    """A readable, ASCII part of a URL; empty when nothing of the title survives."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:80].rstrip("-")
