"""The shape of an appeal and of the decision on it."""

from marshmallow import Schema, fields, validate

from core.api.api import Reply
from core.web.fields import Line
from core.web.lazy_text import lazy_gettext


class AppealSchema(Schema):
    """Why a removed post should come back."""

    text = Line(
        required=True, validate=validate.Length(10, 1000, error=lazy_gettext("Use 10 to 1,000 characters."))
    )


class RefusalSchema(Schema):
    """Why the post stays removed; its author reads it."""

    answer = Line(
        required=True,
        validate=validate.Length(5, 500, error=lazy_gettext("Give a reason of 5 to 500 characters.")),
    )


class AppealItem(Reply):
    """An appeal."""

    id = fields.Integer()
    post_id = fields.Integer()
    text = fields.String()
    outcome = fields.String(allow_none=True)
    answer = fields.String()
    created_at = fields.AwareDateTime()
