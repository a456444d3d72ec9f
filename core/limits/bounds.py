"""How much a request may bring: counted before anything of it is decoded or checked.

JSON bodies, forms and query strings are bounded in one place, the request itself, so that no view, schema
or log can meet more. What is over a bound is refused whole, with a sentence; docs/bounds.md has the numbers.
"""

import json
import re
from io import BytesIO

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
MAX_ERRORS, MAX_ERROR_CHARACTERS = 50, 500  # sentences in one answer, and the length of each
# A string, whole or unfinished, or what gives a JSON text its structure. Each character is looked at once.
_TOKEN = re.compile(r'"[^"\\]*+(?:\\.?[^"\\]*+)*+"?|[\[\]{},:]', re.DOTALL)


class TooMuch(RequestEntityTooLarge):
    """A body over one of the bounds; `description` says which."""


class TooDeep(BadRequest):
    """A body nested deeper than MAX_DEPTH."""


class TooLongAddress(RequestURITooLarge):
    """A query string over one of the bounds; `description` says which."""


def is_too_long(query: bytes) -> bool:
    """Whether a query string is over its bounds, so that it is not decoded."""
    return len(query) > MAX_QUERY_BYTES or query.count(b"&") >= MAX_QUERY_PARAMETERS


def check_query(query: bytes) -> None:
    """Raises TooLongAddress for a query string that is over its bounds."""
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
    depth = keys = values = strings = 0
    for match in _TOKEN.finditer(text):
        token = match[0]
        if token == ",":
            values += 1
        elif token == ":":
            keys += 1
        elif token in ("{", "["):
            depth, values = depth + 1, values + 1
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
    """Raises TooMuch when a key in decoded JSON is too long."""
    waiting = [value]
    while waiting:
        thing = waiting.pop()
        if isinstance(thing, dict):
            _check_name(max(thing, key=len, default=""))
            waiting += thing.values()
        elif isinstance(thing, list):
            waiting += thing


def _check_name(name: str) -> None:
    if len(name) > MAX_NAME_CHARACTERS:
        raise TooMuch(_("A field name is longer than %(n)s characters.", n=MAX_NAME_CHARACTERS))


class BoundedJson:
    """The JSON decoder of requests: what werkzeug asks for a body's value."""

    @staticmethod
    def loads(body: bytes | str) -> object:
        """The value of a JSON text. Raises ValueError for what is no JSON, and what json_text() raises."""
        value = json.loads(json_text(body))
        check_names(value)
        return value


class BoundedFormParser(FormDataParser):
    """Reads forms of either encoding; raises TooMuch. Parts of multipart forms are counted by werkzeug."""

    def _parse_urlencoded(self, stream, mimetype, content_length, options):
        body = stream.read()
        if body.count(b"&") >= MAX_FORM_FIELDS:
            raise TooMuch(_("The form has more than %(n)s fields. Send fewer at once.", n=MAX_FORM_FIELDS))
        return self._checked(super()._parse_urlencoded(BytesIO(body), mimetype, content_length, options))

    def _parse_multipart(self, stream, mimetype, content_length, options):
        return self._checked(super()._parse_multipart(stream, mimetype, content_length, options))

    def _checked(self, parsed):
        _stream, form, files = parsed
        _check_name(max([*form, *files], key=len, default=""))
        return parsed
