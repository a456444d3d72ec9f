"""Input of requests: read from a form or a JSON body, validated by a schema, shown again on errors."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, islice
from typing import Any

from flask import render_template, request
from flask_babel import gettext as _
from marshmallow import EXCLUDE, Schema, ValidationError

from core.database import versions
from core.database.db import db
from core.limits.bounds import MAX_ERROR_CHARACTERS, MAX_ERRORS, MAX_NAME_CHARACTERS
from core.markup.characters import visible
from core.web.json_types import wrong_types

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class Invalid(Exception):
    """Input that fails validation: `errors` are messages by field, at most MAX_ERRORS in all."""

    def __init__(self, errors: dict) -> None:
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
        """All messages in one line."""
        return " ".join(chain.from_iterable(self.errors.values()))


def _sentences(found: object) -> Iterator[str]:
    """The messages in an error value of marshmallow: a message, a list, or those of nested fields."""
    if isinstance(found, (dict, list, tuple)):
        for each in found.values() if isinstance(found, dict) else found:
            yield from _sentences(each)
    else:
        yield str(found)


class BadQuery(Invalid):
    """Wrong query parameters of the API; `allowed` describes the values of each parameter by name."""

    def __init__(self, errors: dict, allowed: dict[str, str]) -> None:
        super().__init__(errors)
        self.allowed = allowed


def json_object() -> dict:
    """The JSON object in the request; raises BadRequest, UnsupportedMediaType, TooMuch or Invalid."""
    body = _storable(request.get_json())
    if not isinstance(body, dict):
        raise Invalid({"_": [_("Send a single JSON object.")]})
    return body


def sent_input() -> dict:
    """The request's fields as sent, from a form (repeated fields are lists) or a JSON object.

    Raises what json_object() raises.
    """
    if request.is_json:
        return json_object()
    sent = request.form.to_dict(flat=False)
    return _storable({name: values if len(values) > 1 else values[0] for name, values in sent.items()})


def require_types(schema: Schema, body: dict) -> None:
    """Raise Invalid when an integer or a boolean of a JSON body has another type."""
    if found := wrong_types(schema, body):
        raise Invalid(found)


def _storable(value: Any) -> Any:
    """`value` with visible replacements for NUL and lone surrogates, which no database stores."""
    if isinstance(value, str):
        return UNSTORABLE.sub(lambda found: visible(found[0]), value)
    if isinstance(value, dict):
        return {_storable(key): _storable(item) for key, item in value.items()}
    return [_storable(item) for item in value] if isinstance(value, list) else value


def parse(schema: type[Schema]) -> dict:
    """The request's fields, checked by `schema`; raises Invalid."""
    sent = sent_input()
    instance = schema(unknown=EXCLUDE)
    if request.is_json:
        require_types(instance, sent)
    try:
        loaded: Any = instance.load(sent)
    except ValidationError as error:
        raise Invalid(error.normalized_messages()) from error
    return loaded


class Form:
    """The state of an HTML form: `values` as typed, `errors` by field, `data` after validation."""

    def __init__(self, schema: type[Schema], **initial: Any) -> None:
        self.schema = schema
        self.values: dict[str, Any] = dict(initial)
        self.errors: dict[str, list[str]] = {}
        self.data: dict[str, Any] = {}

    def validate(self) -> bool:
        """Read the request into `data`; returns False with `errors` set when the input is invalid."""
        self.values = sent_input()
        try:
            self.data = parse(self.schema)
        except Invalid as error:
            self.errors = error.errors
        return not self.errors

    def validate_on_submit(self) -> bool:
        """validate() when the form was sent; False when its page is asked for."""
        return request.method == "POST" and self.validate()

    def page(self, template: str, **context: Any) -> tuple[str, int]:
        """The page of this form, as `form` in the template, and its status: 422 when there are errors."""
        return render_template(template, **{"form": self, **context}), 422 if self.errors else 200

    @property
    def expected(self) -> versions.Expected:
        """The version from which the input was made; None when the form has no such field."""
        return versions.expected_by_form()

    @contextmanager
    def catching(self) -> Iterator[None]:
        """Turn Invalid, raised by an action in the block, into `errors`, and roll back."""
        try:
            yield
        except Invalid as error:
            db.session.rollback()
            self.errors = error.errors

    def fail(self, field: str, message: str) -> None:
        """Add an error that the schema cannot find (a name that is taken, a wrong password)."""
        self.errors.setdefault(field, []).append(message)
