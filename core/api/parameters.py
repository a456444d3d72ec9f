"""Query parameters of the API: unknown, repeated and mistyped ones are errors (400).

The error names the parameters of the operation and their values. HTML pages ignore wrong parameters instead.
"""

import re
from datetime import UTC, datetime
from typing import Any, ClassVar, NoReturn

from flask import Request, request
from flask_babel import gettext as _
from marshmallow import RAISE, Schema, ValidationError, fields, validate
from webargs.flaskparser import FlaskParser

from core.web.forms import BadQuery, Invalid, json_object, require_types

WHOLE_NUMBER_PATTERN = re.compile(r"-?[0-9]{1,15}\Z")
TIME_PATTERN = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d(?::\d\d(?:\.\d{1,12})?)?))?"
    r"([Zz]|[+ -]\d\d:?\d\d)?\Z",
    re.A,
)
QUERY = "query"
SINCE_HELP = (
    "Only items created or changed at or after this time: text, facts, state or tags, not votes and "
    "counters. Posts and members are then sorted by the time of these changes, oldest first."
)


class WholeNumber(fields.Integer):
    """An integer in decimal digits from `smallest` to `largest`, both included."""

    def __init__(self, smallest: int, largest: int, **kwargs: Any) -> None:
        super().__init__(validate=validate.Range(smallest, largest), **kwargs)
        self.smallest = smallest
        self.largest = largest

    def _validated(self, value: Any) -> int:
        if isinstance(value, str) and not WHOLE_NUMBER_PATTERN.match(value):
            raise self.make_error("invalid", input=value)
        return super()._validated(value)


class Since(fields.Field):
    """An ISO 8601 time as an aware UTC datetime; without a zone it is UTC, without a time midnight."""

    def __init__(self, text: str = SINCE_HELP) -> None:
        super().__init__(
            metadata={
                "type": "string",
                "format": "date-time",
                "description": text,
                "example": "2026-12-01T00:00:00Z",
            }
        )

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: object) -> datetime:
        found = TIME_PATTERN.match(str(value))
        try:
            if found is None:
                raise ValueError
            day, time, zone = found.groups(default="")
            zone = zone.replace(" ", "+")  # a plus sign that was not escaped in the URL
            found_time = datetime.fromisoformat(f"{day}T{time or '00:00'}{zone.upper() or 'Z'}")
            return found_time.astimezone(UTC)
        except (ValueError, OverflowError):
            raise ValidationError(_("Use a time in UTC such as 2026-12-01T00:00:00Z.")) from None


def describe(field: fields.Field) -> str:
    """The values that a parameter takes, as text for people."""
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


def allowed_values(schema: Schema | None) -> dict[str, str]:
    """The values of each parameter by name; empty for an operation without parameters."""
    return {name: describe(field) for name, field in sorted(schema.fields.items())} if schema else {}


def query_error(found: dict, schema: Schema | None) -> BadQuery:
    """The error for a query; `found` are the messages of marshmallow by parameter."""
    allowed = allowed_values(schema)
    errors = {}
    for name, sentences in found.items():
        if name in allowed:
            what = _("Allowed: %(values)s.", values=allowed[name])
            validators = schema.fields[name].validators if schema else ()
            has_choices = any(isinstance(rule, validate.OneOf) for rule in validators)
            errors[name] = [what] if has_choices else [sentences, what]
        elif allowed:
            errors[name] = [_("Unknown parameter. Allowed: %(names)s.", names=", ".join(allowed))]
        else:
            errors[name] = [_("This endpoint takes no parameters.")]
    return BadQuery(errors, allowed)


def refuse_parameters() -> None:
    """Raise BadQuery when the request has any query parameter: for operations without parameters."""
    if request.args:
        raise query_error({name: [] for name in request.args}, None)


class Parser(FlaskParser):
    """Reads JSON bodies like forms, with strict types of values, and queries strictly."""

    DEFAULT_UNKNOWN_BY_LOCATION: ClassVar[dict] = {  # pyright: ignore[reportIncompatibleVariableOverride]
        **FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION,  # webargs declares it without ClassVar
        QUERY: RAISE,
    }

    def load_json(self, req: Request, schema: Schema) -> dict:
        """The JSON object in the request. Raises what json_object() raises, and Invalid for wrong types."""
        body = json_object()
        require_types(schema, body)
        return body

    def load_querystring(self, req: Request, schema: Schema) -> Any:
        """The query parameters. Raises BadQuery when one was sent more than once."""
        repeated = [name for name, values in req.args.lists() if len(values) > 1]
        if repeated:
            raise query_error({name: [_("Send this parameter only once.")] for name in repeated}, schema)
        return super().load_querystring(req, schema)

    def handle_error(
        self,
        error: ValidationError,
        req: Request,
        schema: Schema,
        *,
        error_status_code: int | None,
        error_headers: Any,
    ) -> NoReturn:
        """Raise BadQuery for a query and Invalid for a body."""
        messages: Any = error.messages  # webargs nests them under the location
        [(location, found)] = messages.items()
        raise query_error(found, schema) if location == QUERY else Invalid(found)
