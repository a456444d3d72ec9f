"""Schemas of inboxes, watches and preferences: forms, JSON bodies and API answers."""

from marshmallow import Schema, fields, validate

from core.api.api import Cursor, Reply
from notifications.kinds import DEFAULTS, DELIVERIES


class WatchSchema(Schema):
    """Follow, or stop following."""

    watch = fields.Boolean(required=True)


def _deliveries() -> dict[str, fields.Field]:
    return {kind: fields.String(validate=validate.OneOf(DELIVERIES)) for kind in DEFAULTS}


ChoicesSchema = Schema.from_dict(_deliveries(), name="ChoicesSchema")
ChoicesItem = Reply.from_dict(_deliveries(), name="ChoicesItem")


class InboxQuery(Cursor):
    """Filters of the inbox."""

    unread = fields.Boolean(load_default=False, metadata={"description": "Only those not read yet."})


class NewsItem(Reply):
    """A notification: `body` says what happened to the thing with this `title` and `url`."""

    id = fields.Integer()
    kind = fields.String(validate=validate.OneOf(list(DEFAULTS)))
    title = fields.String()
    url = fields.Url()
    body = fields.String()
    author = fields.String(allow_none=True)
    created_at = fields.AwareDateTime()
    read_at = fields.AwareDateTime(allow_none=True)


class WatchItem(Reply):
    """A followed post, tag or product."""

    kind = fields.String(validate=validate.OneOf(["post", "tag", "product"]))
    id = fields.Integer()
    title = fields.String()
    url = fields.Url()
    watching = fields.Boolean()
