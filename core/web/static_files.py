"""Static files, cached for a year under URLs with a hash of their content."""

import hashlib
from functools import lru_cache
from pathlib import Path

from flask import Response, current_app, request


@lru_cache(maxsize=256)
def _fingerprint(path: str, changed: float) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:12]


def _version(filename: str) -> str:
    path = Path(current_app.static_folder or "") / filename
    return _fingerprint(str(path), path.stat().st_mtime)


def static_url(filename: str) -> str:
    """URL of a static file with a hash of its content, so that it can be cached for a year."""
    return f"{current_app.static_url_path}/{filename}?v={_version(filename)}"


def allow_caching(response: Response) -> None:
    """Allow caching for a year if the content has the hash in the URL.

    Hosts are upgraded one after the other: an old host may have another file under the new URL.
    """
    if response.status_code not in (200, 304) or "v" not in request.args:
        return
    if request.args["v"] == _version((request.view_args or {})["filename"]):
        response.cache_control.max_age = 31536000
        response.cache_control.immutable = True
        response.cache_control.public = True
        response.cache_control.no_cache = None
