"""Rules for usernames."""

import re
import unicodedata

from flask_babel import gettext as _

from auth.names import reserved_names, skeletons

FALLBACK = "member"  # instead of a reserved username
PATTERN = re.compile(r"[a-z0-9](?:[a-z0-9_-]{1,28})[a-z0-9]$")
key = skeletons.of_ascii


def error(username: str) -> str | None:
    """A sentence on why this username is refused; None when it is valid, though it may be taken."""
    if not PATTERN.match(username):
        return _("Use 3 to 30 lower-case letters, digits, - or _. Start and end with a letter or digit.")
    if reserved_names.is_reserved(username):
        return _("This name is reserved.")
    return None


def suggest(name: str) -> str:
    """A username close to a display name; valid, though it may be reserved or taken."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    plain = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:24].strip("-")
    return plain if len(plain) >= 3 else f"member-{plain}".strip("-")
