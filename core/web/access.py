"""Guards of views: stop with 403 or 404, and redirect only within the site."""

from typing import TypeVar
from urllib.parse import urlsplit

from flask import abort
from flask_babel import gettext as _
from werkzeug.exceptions import Forbidden

T = TypeVar("T")


def require(allowed: bool, message: str | None = None) -> None:
    """Stop with 403 and a sentence unless `allowed`."""
    if not allowed:
        raise Forbidden(message or _("You don't have permission to do this."))


def get_or_404(thing: T | None) -> T:
    """`thing`, or the page that absent and invisible things share."""
    return abort(404) if thing is None else thing


def safe_next(url: str | None, fallback: str = "/") -> str:
    """`url` if it is a path on this site, else `fallback`; a redirect never leaves the site."""
    if not url or not url.startswith("/") or url.startswith("//"):
        return fallback
    if "\\" in url or any(ord(c) < 32 for c in url) or urlsplit(url).netloc:
        return fallback
    return url
