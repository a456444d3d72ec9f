"""Input of requests: read from a form or a JSON body alike, checked by a schema, shown again when refused."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, islice

from flask import request
from flask_babel import gettext as _
from marshmallow import EXCLUDE, Schema, ValidationError

from core.database import versions
from core.database.db import db
from core.limits.bounds import MAX_ERROR_CHARACTERS, MAX_ERRORS, MAX_NAME_CHARACTERS
from core.markup.characters import visible
from core.web.json_types import wrong_types

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class Invalid(Exception):
    """Input that fails its schema: `errors` is {field: [sentence, …]}, at most MAX_ERRORS sentences."""

    def __init__(self, errors: dict):
        self.errors: dict[str, list[str]] = {}
        found = (
            (str(name)[:MAX_NAME_CHARACTERS], sentence)
            for name, each in errors.items()
            for sentence in _sentences(each)
        )
        for name, sentence in islice(found, MAX_ERRORS):
            self.errors.setdefault(name, []).append(sentence[:MAX_ERROR_CHARACTERS])
        if next(found, None):
            self.errors.setdefault("_", []).append(_("There are more errors than listed here."))
        super().__init__(self.errors)

    @property
    def text(self) -> str:
        """All sentences in one line."""
        return " ".join(chain.from_iterable(self.errors.values()))


def _sentences(found) -> Iterator[str]:
    """The messages in what marshmallow reports: a sentence, a list, or those of nested fields."""
    if isinstance(found, (dict, list, tuple)):
        for each in found.values() if isinstance(found, dict) else found:
            yield from _sentences(each)
    else:
        yield str(found)


class BadQuery(Invalid):
    """A query that was not understood; `allowed` is what each parameter may be, by name."""

    def __init__(self, errors: dict, allowed: dict[str, str]):
        super().__init__(errors)
        self.allowed = allowed


def json_object() -> dict:
    """The JSON object in the request; raises BadRequest, UnsupportedMediaType, TooMuch or Invalid."""
    body = _storable(request.get_json())
    if not isinstance(body, dict):
        raise Invalid({"_": [_("Send a single JSON object.")]})
    return body


def raw_input() -> dict:
    """The request's fields as sent, from a form (one sent twice is a list) or a JSON object alike.

    Raises what json_object() raises.
    """
    if request.is_json:
        return json_object()
    sent = request.form.to_dict(flat=False)
    return _storable({name: values if len(values) > 1 else values[0] for name, values in sent.items()})


def require_types(schema: Schema, body: dict) -> None:
    """Raise Invalid when a whole number or a boolean of a JSON body is of another type."""
    if found := wrong_types(schema, body):
        raise Invalid(found)


def _storable(value):
    """`value` with a picture for what no database stores: NUL and halves of surrogate pairs, at any depth."""
    if isinstance(value, str):
        return UNSTORABLE.sub(lambda found: visible(found[0]), value)
    if isinstance(value, dict):
        return {_storable(key): _storable(item) for key, item in value.items()}
    return [_storable(item) for item in value] if isinstance(value, list) else value


def parse(schema: type[Schema]) -> dict:
    """The request's fields, checked by `schema`; raises Invalid."""
    sent, made = raw_input(), schema(unknown=EXCLUDE)
    if request.is_json:
        require_types(made, sent)
    try:
        return made.load(sent)
    except ValidationError as error:
        raise Invalid(error.normalized_messages()) from error


class Form:
    """What an HTML form shows again: `values` as typed, `errors` by field, `data` once valid."""

    def __init__(self, schema: type[Schema], **initial):
        self.schema, self.values, self.errors, self.data = schema, dict(initial), {}, {}

    def validate(self) -> bool:
        """Read the request into `data`; False leaves what was typed and says what to change."""
        self.values = raw_input()
        try:
            self.data = parse(self.schema)
        except Invalid as error:
            self.errors = error.errors
        return not self.errors

    @property
    def expected(self) -> versions.Expected:
        """The version that what is sent was made from; None when the form has no field for it."""
        return versions.expected_by_form()

    @contextmanager
    def catching(self) -> Iterator[None]:
        """Show what an action finds Invalid like what the schema finds; nothing of it is kept."""
        try:
            yield
        except Invalid as error:
            db.session.rollback()
            self.errors = error.errors

    def fail(self, field: str, message: str) -> None:
        """Add an error found after the schema (a name that is taken, a wrong password)."""
        self.errors.setdefault(field, []).append(message)
