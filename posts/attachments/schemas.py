"""Schemas of attachments: what the API returns."""

from marshmallow import fields, validate

from core.api.api import Reply
from posts.attachments.models import FILE, PICTURE, TEXT


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
