"""The shape of flags and decisions."""

from marshmallow import Schema, fields, validate

from core.api.api import Reply
from core.web.fields import Line
from core.web.lazy_text import lazy_gettext
from moderation.models import REASONS

_SHORT = validate.Length(max=500, error=lazy_gettext("Use at most 500 characters."))


class FlagSchema(Schema):
    """Why a post needs a moderator."""

    reason = fields.String(
        required=True, validate=validate.OneOf(REASONS, error=lazy_gettext("Choose a reason."))
    )
    note = Line(load_default="", validate=_SHORT)


class DecisionSchema(Schema):
    """What a moderator does with one post, in one press."""

    reason = fields.String(load_default="", validate=validate.OneOf(("", *REASONS)))
    note = Line(load_default="", validate=_SHORT)
    seen = fields.Integer(
        load_default=None,
        allow_none=True,
        metadata={"description": "The newest decision on the post that was shown to the moderator."},
    )


class LiftSchema(Schema):
    """Until when the member was suspended when the page was made."""

    seen = fields.String(load_default=None, allow_none=True)


class SuspendSchema(Schema):
    """For how long, and what the member is told."""

    days = fields.Integer(
        required=True, validate=validate.Range(1, 3650, error=lazy_gettext("Enter a number from 1 to 3,650."))
    )
    seen = fields.String(load_default=None, allow_none=True)
    message = Line(
        required=True,
        validate=validate.Length(min=10, max=500, error=lazy_gettext("Use 10 to 500 characters.")),
    )


class DecisionItem(Reply):
    """A line of the public log; a hidden post is only a number in it."""

    id = fields.Integer()
    action = fields.String()
    reason = fields.String()
    subject = fields.String()
    url = fields.Url(allow_none=True)
    by = fields.String(allow_none=True)
    created_at = fields.AwareDateTime()


class FlagItem(Reply):
    """A flag one raised, and what became of it."""

    id = fields.Integer()
    post_id = fields.Integer()
    reason = fields.String()
    note = fields.String()
    outcome = fields.String(allow_none=True)
    created_at = fields.AwareDateTime()
