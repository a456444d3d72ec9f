"""What a query of the API may say: each parameter is known, of its type and sent once, else it is 400.

A refusal names the parameters there are and what each may be. Pages take the same parameters forgivingly.
"""

import re
from datetime import UTC, datetime
from typing import ClassVar

from flask import request
from flask_babel import gettext as _
from marshmallow import RAISE, Schema, ValidationError, fields, validate
from webargs.flaskparser import FlaskParser

from core.web.forms import BadQuery, Invalid, json_object, require_types

WHOLE_NUMBER = re.compile(r"-?[0-9]{1,15}\Z")
TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d(?::\d\d(?:\.\d{1,12})?)?))?"
    r"([Zz]|[+ -]\d\d:?\d\d)?\Z",
    re.A,
)
QUERY = "query"
SINCE = (
    "Only items created or changed at or after this time: text, facts, state or tags, not votes and "
    "counters. Posts and members are then sorted by the time of these changes, oldest first."
)


class WholeNumber(fields.Integer):
    """A number in plain digits; `smallest` and `largest` are allowed too."""

    def __init__(self, smallest: int, largest: int, **kwargs):
        super().__init__(validate=validate.Range(smallest, largest), **kwargs)
        self.smallest, self.largest = smallest, largest

    def _validated(self, value) -> int:
        if isinstance(value, str) and not WHOLE_NUMBER.match(value):
            raise self.make_error("invalid", input=value)
        return super()._validated(value)


class Since(fields.Field):
    """A time as ISO 8601 writes it; without a zone it is UTC, without a time it is midnight."""

    def __init__(self, text: str = SINCE):
        super().__init__(
            metadata={
                "type": "string",
                "format": "date-time",
                "description": text,
                "example": "2026-12-01T00:00:00Z",
            }
        )

    def _deserialize(self, value, attr, data, **kwargs) -> datetime:
        found = TIME.match(str(value))
        try:
            if found is None:
                raise ValueError
            day, time, zone = found.groups(default="")
            zone = zone.replace(" ", "+")  # a plus that was not escaped in an address
            moment = datetime.fromisoformat(f"{day}T{time or '00:00'}{zone.upper() or 'Z'}")
            return moment.astimezone(UTC)
        except (ValueError, OverflowError):
            raise ValidationError(_("Use a time in UTC such as 2026-12-01T00:00:00Z.")) from None


def describe(field: fields.Field) -> str:
    """What the values of a parameter may be, in a few words."""
    for rule in field.validators:
        if isinstance(rule, validate.OneOf):
            return ", ".join(str(choice) for choice in rule.choices if choice != "")
    if isinstance(field, WholeNumber):
        return _(
            "a whole number from %(smallest)s to %(largest)s", smallest=field.smallest, largest=field.largest
        )
    if isinstance(field, fields.Boolean):
        return "true, false"
    if isinstance(field, Since):
        return _("a time in UTC such as 2026-12-01T00:00:00Z")
    return field.metadata.get("description") or _("text")


def allowed_by(schema: Schema | None) -> dict[str, str]:
    """What each parameter of a query may be, by name; of none when nothing may be asked."""
    return {name: describe(field) for name, field in sorted(schema.fields.items())} if schema else {}


def refusal(found: dict, schema: Schema | None) -> BadQuery:
    """The refusal of a query: `found` is what marshmallow says of it."""
    allowed = allowed_by(schema)
    errors = {}
    for name, sentences in found.items():
        if name in allowed:
            what = _("Allowed: %(values)s.", values=allowed[name])
            has_choices = any(isinstance(rule, validate.OneOf) for rule in schema.fields[name].validators)
            errors[name] = [what] if has_choices else [sentences, what]
        elif allowed:
            errors[name] = [_("Unknown parameter. Allowed: %(names)s.", names=", ".join(allowed))]
        else:
            errors[name] = [_("This endpoint takes no parameters.")]
    return BadQuery(errors, allowed)


def refuse_any() -> None:
    """Raise BadQuery when the request has a query at all: for operations that take none."""
    if request.args:
        raise refusal(dict.fromkeys(request.args, []), None)


class Parser(FlaskParser):
    """Reads JSON bodies as forms are read, but for the types of values; and queries strictly."""

    DEFAULT_UNKNOWN_BY_LOCATION: ClassVar[dict] = {**FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION, QUERY: RAISE}

    def load_json(self, req, schema) -> dict:
        body = json_object()
        require_types(schema, body)
        return body

    def load_querystring(self, req, schema):
        twice = [name for name, values in req.args.lists() if len(values) > 1]
        if twice:
            raise refusal({name: [_("Send this parameter only once.")] for name in twice}, schema)
        return super().load_querystring(req, schema)

    def handle_error(self, error, req, schema, *, error_status_code, error_headers):
        [(location, found)] = error.messages.items()
        raise refusal(found, schema) if location == QUERY else Invalid(found)
