"""Optimistic locking: every change names the version it was made from, so that it overwrites no newer one.

Pages carry the version in the form field `version`, the API in `ETag` and `If-Match` (docs/decisions/0525).
Actions compare it after they have locked the row, so that of several changes made from one version the first
is saved and the others are refused.
"""

import hashlib
import re
from typing import TYPE_CHECKING

from flask import Response, g, request
from sqlalchemy.orm import Mapped

FIELD = "version"  # of forms
TAG_CHARACTERS = 24
NEW = "new"  # the version of an object that does not exist yet
Expected = frozenset[str] | None  # the versions from which a change may be made; None: any
_ONE_TAG = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
_TAGS = re.compile(rf"\s*{_ONE_TAG}(?:\s*,\s*{_ONE_TAG})*\s*\Z")
# The version, perhaps the tag of the body after it, and the encoding, which Flask-Compress appends.
_STRONG_TAG = re.compile(r'(?<!/)"([^":.]*)(?:\.[0-9a-f]+)?(?::(?:zstd|br|gzip|deflate))?"')


class Versioned:
    """Mixin of editable models; `revision_count` is the number of the current version, from 1."""

    if TYPE_CHECKING:
        id: Mapped[int]
        revision_count: Mapped[int]

    @property
    def version(self) -> str:
        """The current version; another object at the same URL has other versions."""
        return f"{self.id}-{self.revision_count}"


class Stale(Exception):
    """A change was made from another version of `thing` than the current one; nothing was written."""

    def __init__(self, thing: Versioned | None, expected: Expected) -> None:
        self.thing = thing
        self.expected = expected
        super().__init__(f"expected {sorted(expected or ())}, found {thing and thing.version}")


def require(thing: Versioned | None, expected: Expected) -> None:
    """Raise Stale unless `thing` is at one of the `expected` versions. The caller has locked its row."""
    if expected is not None and (NEW if thing is None else thing.version) not in expected:
        raise Stale(thing, expected)


def number_of(version: str, thing: Versioned) -> int | None:
    """The number in a version of `thing`; None when `version` is not one."""
    match = re.match(r"([0-9]{1,10})-([0-9]{1,9})\Z", version)
    return int(match[2]) if match and int(match[1]) == thing.id else None


def expected_by_form() -> Expected:
    """The version in the form field; None when the form has none."""
    sent = request.form.get(FIELD)
    return None if sent is None else frozenset([sent])


def expected_by_header() -> Expected:
    """The versions in `If-Match`; None without it and for `*`. Weak and malformed tags match nothing."""
    header = request.headers.get("If-Match")
    if header is None or header.strip() == "*":
        return None
    if not _TAGS.match(header):
        return frozenset()
    return frozenset(_STRONG_TAG.findall(header))


def require_header(thing: Versioned | None) -> None:
    """Raise Stale when `If-Match` or `If-None-Match` excludes the current version.

    For changes that are not edits (delete, close, publish); edits pass the expected versions to their action.
    `If-Match: *` requires the object to exist, `If-None-Match: *` that it does not.
    """
    if "If-Match" in request.headers and thing is None:
        raise Stale(None, frozenset())
    if request.headers.get("If-None-Match", "").strip() == "*" and thing is not None:
        raise Stale(thing, frozenset())
    require(thing, expected_by_header())


def tag_of(body: bytes) -> str:
    """The entity tag of a body, without quotes: a hash."""
    return hashlib.sha256(body).hexdigest()[:TAG_CHARACTERS]


def with_etag(thing: Versioned, body: dict) -> dict:
    """`body` unchanged; the `ETag` of the response to this request will begin with the version of `thing`."""
    g.tagged_thing = thing
    return body


def send_etag(response: Response) -> Response:
    """Set the `ETag` of a response for which with_etag() was called: the version, and a tag of the body.

    `If-Match` compares the version. `If-None-Match` compares all of it: scores and counters change without a
    new version.
    """
    if (thing := g.pop("tagged_thing", None)) is not None and response.status_code < 300:
        response.set_etag(f"{thing.version}.{tag_of(response.get_data())}")
    return response


def current_etag(stale: Stale) -> dict[str, str]:
    """The header with the current version, for a 412 response."""
    return {} if stale.thing is None else {"ETag": f'"{stale.thing.version}"'}
