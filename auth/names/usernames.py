"""Handles: unique, readable, and not mistakable for another's or for the site's own."""

import re
import unicodedata

from flask_babel import gettext as _

from auth.names import reserved_names, skeletons

OTHERWISE = "member"  # the beginning of a handle where the wished one is reserved
PATTERN = re.compile(r"[a-z0-9](?:[a-z0-9_-]{1,28})[a-z0-9]$")
key = skeletons.of_ascii


def fault(username: str) -> str | None:
    """Why this handle is refused, in a sentence; None when it may be used (if still free)."""
    if not PATTERN.match(username):
        return _("Use 3 to 30 lower-case letters, digits, - or _. Start and end with a letter or digit.")
    if reserved_names.is_reserved(username):
        return _("This name is reserved.")
    return None


def wish(name: str) -> str:
    """A valid handle close to a display name from elsewhere."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    plain = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:24].strip("-")
    return plain if len(plain) >= 3 else f"member-{plain}".strip("-")
