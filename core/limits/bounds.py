"""Limits on the content of a request, checked before it is decoded.

JSON bodies, forms and query strings are limited in one place, the request class, so that no view, schema or
log has to handle more. A request over a limit is refused with a message; docs/bounds.md has the numbers.
"""

import json
import re
from io import BytesIO
from typing import IO, Any

from flask_babel import gettext as _
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, RequestURITooLarge
from werkzeug.formparser import FormDataParser

MAX_QUERY_BYTES = 8_192
MAX_QUERY_PARAMETERS = 250
MAX_FORM_FIELDS = 2_000  # a page offers up to 1,000 boxes to tick
MAX_KEYS = 1_000  # of all objects of a JSON body
MAX_VALUES = 5_000  # items of all lists and objects of a JSON body
MAX_STRINGS = MAX_KEYS + MAX_VALUES + 1
MAX_DEPTH = 20
MAX_NAME_CHARACTERS = 200  # of a field or key
MAX_ERRORS = 50  # messages in one response
MAX_ERROR_CHARACTERS = 500  # of one message
# A string, complete or not, or a structural character of JSON. Each character is matched once.
_TOKEN = re.compile(r'"[^"\\]*+(?:\\.?[^"\\]*+)*+"?|[\[\]{},:]', re.DOTALL)


class TooMuch(RequestEntityTooLarge):
    """A body over one of the limits; `description` says which."""


class TooDeep(BadRequest):
    """A body nested deeper than MAX_DEPTH."""


class TooLongAddress(RequestURITooLarge):
    """A query string over one of the limits; `description` says which."""


def is_too_long(query: bytes) -> bool:
    """Whether a query string is over its limits, and must not be decoded."""
    return len(query) > MAX_QUERY_BYTES or query.count(b"&") >= MAX_QUERY_PARAMETERS


def check_query(query: bytes) -> None:
    """Raise TooLongAddress for a query string over its limits."""
    if is_too_long(query):
        raise TooLongAddress(
            _(
                "The URL is longer than %(n)s characters or has more than %(m)s parameters. "
                "Send a shorter request.",
                n=MAX_QUERY_BYTES,
                m=MAX_QUERY_PARAMETERS,
            )
        )


def json_text(body: bytes | str) -> str:
    """A JSON body as text, not decoded yet. Raises TooMuch, TooDeep, or BadRequest if it is not UTF-8."""
    try:
        text = body if isinstance(body, str) else body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadRequest from error
    depth = 0
    keys = 0
    values = 0
    strings = 0
    for match in _TOKEN.finditer(text):
        token = match[0]
        if token == ",":  # noqa: S105  (of JSON)
            values += 1
        elif token == ":":  # noqa: S105  (of JSON)
            keys += 1
        elif token in ("{", "["):
            depth += 1
            values += 1
        elif token in ("}", "]"):
            depth -= 1
        else:
            strings += 1
        if keys > MAX_KEYS:
            raise TooMuch(_("The JSON has more than %(n)s fields. Send fewer at once.", n=MAX_KEYS))
        if values > MAX_VALUES or strings > MAX_STRINGS:
            raise TooMuch(_("The JSON has more than %(n)s items. Send fewer at once.", n=MAX_VALUES))
        if depth > MAX_DEPTH:
            raise TooDeep(_("The JSON is nested more than %(n)s levels deep.", n=MAX_DEPTH))
    return text


def check_names(value: object) -> None:
    """Raise TooMuch when a key in decoded JSON is too long."""
    remaining: list[object] = [value]
    while remaining:
        item = remaining.pop()
        if isinstance(item, dict):
            _check_name(max(item, key=len, default=""))
            remaining += item.values()
        elif isinstance(item, list):
            remaining += item


def _check_name(name: str) -> None:
    if len(name) > MAX_NAME_CHARACTERS:
        raise TooMuch(_("A field name is longer than %(n)s characters.", n=MAX_NAME_CHARACTERS))


class BoundedJson:
    """The JSON decoder of requests, in the form that werkzeug expects."""

    @staticmethod
    def loads(body: bytes | str) -> object:
        """The value of a JSON text. Raises ValueError for invalid JSON, and what json_text() raises."""
        value = json.loads(json_text(body))
        check_names(value)
        return value


class BoundedFormParser(FormDataParser):
    """The form parser; raises TooMuch. werkzeug itself limits the parts of multipart forms."""

    def _parse_urlencoded(
        self, stream: IO[bytes], mimetype: str, content_length: int | None, options: dict[str, str]
    ) -> Any:
        body = stream.read()
        if body.count(b"&") >= MAX_FORM_FIELDS:
            raise TooMuch(_("The form has more than %(n)s fields. Send fewer at once.", n=MAX_FORM_FIELDS))
        return self._checked(super()._parse_urlencoded(BytesIO(body), mimetype, content_length, options))

    def _parse_multipart(
        self, stream: IO[bytes], mimetype: str, content_length: int | None, options: dict[str, str]
    ) -> Any:
        return self._checked(super()._parse_multipart(stream, mimetype, content_length, options))

    def _checked(self, parsed: Any) -> Any:
        _stream, form, files = parsed
        _check_name(max([*form, *files], key=len, default=""))
        return parsed
