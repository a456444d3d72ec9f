"""Schemas of sources: input of the form and the API, and the API's responses."""

from typing import Any

from marshmallow import Schema, fields, validate

from bulletins.sources.kinds import KINDS, MAX_INTERVAL_HOURS, MIN_INTERVAL_HOURS
from bulletins.sources.models import FAILED, OK, PARTIAL, RUNNING
from core.api.api import Reply
from core.web.fetch import MAX_URL_LENGTH
from core.web.fields import Line
from core.web.lazy_text import lazy_gettext as _


class Hours(fields.Integer):
    """Whole hours between two runs; empty for the default of the kind."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            load_default=None,
            allow_none=True,
            validate=validate.Range(
                MIN_INTERVAL_HOURS,
                MAX_INTERVAL_HOURS,
                error=_("Enter 1 to 720 hours."),
            ),
            error_messages={"invalid": _("Enter 1 to 720 hours.")},
            **kwargs,
        )

    def _deserialize(  # pyright: ignore[reportIncompatibleMethodOverride]  (None for an empty field)
        self, value: Any, attr: str | None, data: Any, **kwargs: Any
    ) -> int | None:
        return None if value == "" else super()._deserialize(value, attr, data, **kwargs)


class SourceSchema(Schema):
    """A new source."""

    kind = fields.String(
        required=True,
        validate=validate.OneOf(list(KINDS), error=_("Choose what the address leads to.")),
    )
    url = Line(
        required=True,
        validate=validate.Length(1, MAX_URL_LENGTH, error=_("Enter an address with https://.")),
        metadata={"example": "https://example.com/.well-known/csaf/provider-metadata.json"},
    )
    name = Line(load_default="", validate=validate.Length(max=100, error=_("Use at most 100 characters.")))
    interval_hours = Hours()
    is_on = fields.Boolean(load_default=False)


class SwitchSchema(Schema):
    """Whether a source is fetched, and the hours between two runs; null leaves them as they are."""

    is_on = fields.Boolean(load_default=False)
    interval_hours = Hours()


class SourceItem(Reply):
    """A source with the result of its last run."""

    id = fields.Integer()
    kind = fields.String(validate=validate.OneOf(list(KINDS)))
    name = fields.String()
    url = fields.String()
    interval_hours = fields.Integer()
    is_on = fields.Boolean()
    is_running = fields.Boolean()
    outcome = fields.String(validate=validate.OneOf(["", RUNNING, OK, PARTIAL, FAILED]))
    failures = fields.Integer(metadata={"description": "Failed runs since the last one that succeeded."})
    counts = fields.Dict(keys=fields.String(), metadata={"description": "What the last run did, by noun."})
    errors = fields.List(fields.String())
    fingerprints = fields.List(
        fields.String(), metadata={"description": "The OpenPGP keys whose signatures are accepted."}
    )
    next_run_at = fields.AwareDateTime(allow_none=True)
    finished_at = fields.AwareDateTime(allow_none=True)
    succeeded_at = fields.AwareDateTime(allow_none=True)


class SourceList(Reply):
    """All sources: there are few."""

    items = fields.List(fields.Nested(SourceItem))
