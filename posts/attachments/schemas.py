"""Schemas of attachments: what the API takes and returns."""

from flask_smorest.fields import Upload
from marshmallow import Schema, fields, validate

from core.api.api import Reply
from core.web.fields import Line
from core.web.lazy_text import lazy_gettext
from posts.attachments.models import FILE, MAX_ALT_CHARACTERS, PICTURE, TEXT

ALT_RULE = validate.Length(
    max=MAX_ALT_CHARACTERS, error=lazy_gettext("Use at most %(n)s characters.", n=MAX_ALT_CHARACTERS)
)


class AttachmentFile(Schema):
    """The file of an upload."""

    file = Upload(required=True)


class AttachmentAlt(Schema):
    """What a picture shows, for people who do not see it."""

    alt = Line(load_default="", validate=ALT_RULE)


class AttachmentItem(Reply):
    """An attachment; `markdown` shows it in a text, and saving that text makes it visible to readers."""

    id = fields.String()
    kind = fields.String(validate=validate.OneOf([PICTURE, TEXT, FILE]))
    name = fields.String()
    url = fields.Url()
    markdown = fields.String()
    media_type = fields.String()
    size = fields.Integer(metadata={"description": "Bytes, as stored."})
    width = fields.Integer(allow_none=True)
    height = fields.Integer(allow_none=True)
    alt = fields.String()
    created_at = fields.AwareDateTime()
