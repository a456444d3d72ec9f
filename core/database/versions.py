"""The version of a thing: every change says from which it was made, so that none overwrites another unseen.

Pages carry it in the form field `version`, the API in `ETag` and `If-Match` (docs/decisions/0525). Actions
compare it after they took the thing's row, so that of many changes made from one version the first is saved
and the others are refused.
"""

import re
from typing import TYPE_CHECKING

from flask import Response, g, request

if TYPE_CHECKING:
    from sqlalchemy.orm import Mapped

FIELD, NEW = "version", "new"  # NEW is the version of what is not there yet
Expected = frozenset[str] | None  # versions that a change may have been made from; None: any
_ONE_TAG = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
_TAGS = re.compile(rf"\s*{_ONE_TAG}(?:\s*,\s*{_ONE_TAG})*\s*\Z")
_STRONG_TAG = re.compile(r'(?<!/)"([^":]*)(?::(?:zstd|br|gzip|deflate))?"')  # compressing adds its name


class Versioned:
    """A thing that is edited; `revision_count` is the number of its present version, 1 being the first."""

    if TYPE_CHECKING:
        id: Mapped[int]
        revision_count: Mapped[int]

    @property
    def version(self) -> str:
        """Names its present version; another thing at the same address has other versions."""
        return f"{self.id}-{self.revision_count}"


class Stale(Exception):
    """A change was made from another version of `thing` than the present one; nothing was written."""

    def __init__(self, thing: Versioned | None, expected: Expected):
        self.thing, self.expected = thing, expected
        super().__init__(f"expected {sorted(expected or ())}, found {thing and thing.version}")


def require(thing: Versioned | None, expected: Expected) -> None:
    """Raise Stale unless `thing` is at one of the `expected` versions. The caller holds its row."""
    if expected is not None and (NEW if thing is None else thing.version) not in expected:
        raise Stale(thing, expected)


def number_of(version: str, thing: Versioned) -> int | None:
    """The number of a version of `thing`; None when it names none."""
    match = re.match(r"([0-9]{1,10})-([0-9]{1,9})\Z", version)
    return int(match[2]) if match and int(match[1]) == thing.id else None


def expected_by_form() -> Expected:
    """What the form field says; None when the form has none."""
    sent = request.form.get(FIELD)
    return None if sent is None else frozenset([sent])


def expected_by_header() -> Expected:
    """What `If-Match` says: None for no header and for `*`; weak and malformed tags match nothing."""
    header = request.headers.get("If-Match")
    if header is None or header.strip() == "*":
        return None
    if not _TAGS.match(header):
        return frozenset()
    return frozenset(_STRONG_TAG.findall(header))


def require_header(thing: Versioned | None) -> None:
    """Raise Stale when the request names other versions than the present one.

    For changes that are no edits (delete, close, publish): an edit gives its action what is expected. `*`
    asks for something to be there, `If-None-Match: *` for nothing.
    """
    if "If-Match" in request.headers and thing is None:
        raise Stale(None, frozenset())
    if request.headers.get("If-None-Match", "").strip() == "*" and thing is not None:
        raise Stale(thing, frozenset())
    require(thing, expected_by_header())


def tagged(thing: Versioned, body: dict) -> dict:
    """`body` as an answer of the API about one thing: its `ETag` names the version that `thing` has then."""
    g.tagged_thing = thing
    return body


def send_tag(response: Response) -> Response:
    """Set the `ETag` of an answer that is tagged().

    It names what edits change; scores and counters change without it, so nothing is answered 304 for it.
    """
    if (thing := g.pop("tagged_thing", None)) is not None and response.status_code < 300:
        response.set_etag(thing.version)
        request.environ.pop("HTTP_IF_NONE_MATCH", None)
    return response


def current_tag(stale: Stale) -> dict[str, str]:
    """The header that tells a refused client what the present version is."""
    return {} if stale.thing is None else {"ETag": f'"{stale.thing.version}"'}
