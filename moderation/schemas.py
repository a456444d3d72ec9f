"""The shape of flags and decisions."""

from marshmallow import Schema, fields, validate

from core.web import Line
from moderation.models import REASONS


class FlagSchema(Schema):
    """Why moderators should look."""

    reason = fields.String(required=True, validate=validate.OneOf(REASONS))
    note = Line(load_default="", validate=validate.Length(max=500))


class DecisionSchema(Schema):
    """What to do with a post of the queue."""

    decision = fields.String(required=True, validate=validate.OneOf(
        ["hide", "keep", "approve", "restore", "lock", "unlock"]))
    reason = fields.String(load_default="other", validate=validate.OneOf(REASONS))
    note = Line(load_default="", validate=validate.Length(max=500))


class SuspendSchema(Schema):
    """For how long and why."""

    days = fields.Integer(required=True, validate=validate.Range(1, 3650))
    reason = Line(required=True, validate=validate.Length(10, 500))
