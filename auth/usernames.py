"""Handles: unique, readable, and not mistakable for another's or for the site's own."""

import re
import unicodedata

from flask_babel import gettext as _

PATTERN = re.compile(r"[a-z0-9](?:[a-z0-9_-]{1,28})[a-z0-9]$")
RESERVED = frozenset(
    "admin administrator root system moderator mod staff support security abuse postmaster webmaster "
    "hostmaster noreply no-reply redoubt official help api www mail null undefined none anonymous "
    "everyone all me login logout register settings former-member deleted community".split())
ALIKE = str.maketrans({"0": "o", "1": "l", "i": "l", "5": "s", "3": "e", "4": "a", "7": "t",
                       "8": "b", "_": "", "-": "", ".": ""})


def key(username: str) -> str:
    """A skeleton that look-alike names share ("rn" reads as "m", "0" as "o")."""
    plain = unicodedata.normalize("NFKC", username).casefold()
    return plain.translate(ALIKE).replace("rn", "m").replace("vv", "w")[:80]


RESERVED_KEYS = frozenset(key(name) for name in RESERVED)


def fault(username: str) -> str | None:
    """Why this handle is refused, in a sentence; None when it may be used (if still free)."""
    if not PATTERN.match(username):
        return _("Use 3 to 30 lower-case letters, digits, - or _, beginning and ending with a letter "
                 "or digit.")
    if key(username) in RESERVED_KEYS:
        return _("This name is reserved.")
    return None


def wish(name: str) -> str:
    """A valid handle close to a display name from elsewhere."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    plain = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:24].strip("-")
    return plain if len(plain) >= 3 else f"member-{plain}".strip("-")
