"""The shape of what the API tells administrators."""

from marshmallow import fields, validate

from core.api.api import Reply
from core.checks.health import Level


class FindingItem(Reply):
    """One thing the doctor looked at."""

    name = fields.String()
    level = fields.String(validate=validate.OneOf([level.value for level in Level]))
    found = fields.String()
    advice = fields.String(metadata={"description": "What to do; empty if the level is OK."})


class StatusItem(Reply):
    """How the site is."""

    is_well = fields.Boolean(metadata={"description": "Whether no error was found."})
    findings = fields.List(fields.Nested(FindingItem))
    readings = fields.Dict(
        keys=fields.String(),
        values=fields.Float(),
        metadata={
            "description": "Queues, workers, search index and processes; the names and units of /metrics."
        },
    )
