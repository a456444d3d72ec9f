"""Schemas of the site status."""

from marshmallow import fields, validate

from core.api.api import Reply
from core.checks.health import Level


class FindingItem(Reply):
    """A finding of a health check."""

    name = fields.String()
    level = fields.String(validate=validate.OneOf([level.value for level in Level]))
    found = fields.String()
    advice = fields.String(metadata={"description": "What to do; empty if the level is OK."})


class StatusItem(Reply):
    """Health checks and gauges of the site."""

    is_well = fields.Boolean(metadata={"description": "Whether no error was found."})
    findings = fields.List(fields.Nested(FindingItem))
    gauges = fields.Dict(
        data_key="readings",
        keys=fields.String(),
        values=fields.Float(),
        metadata={
            "description": "Queues, workers, search index and processes; the names and units of /metrics."
        },
    )
