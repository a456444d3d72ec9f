"""Static files, kept for a year under an address that holds a hash of their content."""

import hashlib
from functools import lru_cache
from pathlib import Path

from flask import Response, current_app, request


@lru_cache(maxsize=256)
def _fingerprint(path: str, changed: float) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:12]


def _version(filename: str) -> str:
    path = Path(current_app.static_folder) / filename
    return _fingerprint(str(path), path.stat().st_mtime)


def static_url(filename: str) -> str:
    """URL of a static file with a hash of its content, so that it can be kept for a year."""
    return f"{current_app.static_url_path}/{filename}?v={_version(filename)}"


def allow_caching(response: Response) -> None:
    """Let caches keep a file for a year if it is the one that its address names.

    Hosts are upgraded one after the other: the old one, asked for the new file, has another under that name.
    """
    if response.status_code not in (200, 304) or "v" not in request.args:
        return
    if request.args["v"] == _version(request.view_args["filename"]):
        response.cache_control.max_age, response.cache_control.immutable = 31536000, True
        response.cache_control.public, response.cache_control.no_cache = True, None
