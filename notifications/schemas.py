"""The shape of what is sent about inboxes and watches, and of the API's answers."""

from marshmallow import Schema, fields, validate

from core.api.api import Cursor, Reply
from core.web.fields import Line
from notifications.kinds import DEFAULTS, DELIVERIES


class WatchSchema(Schema):
    """Watch, or watch no more."""

    watch = fields.Boolean(required=True)


class ReadSchema(Schema):
    """Where to go after marking a line read."""

    next = Line(load_default="")


ChoicesSchema = Schema.from_dict(
    {kind: fields.String(validate=validate.OneOf(DELIVERIES)) for kind in DEFAULTS}, name="ChoicesSchema"
)
ChoicesItem = Reply.from_dict(
    {kind: fields.String(validate=validate.OneOf(DELIVERIES)) for kind in DEFAULTS}, name="ChoicesItem"
)


class InboxQuery(Cursor):
    """Which lines."""

    unread = fields.Boolean(load_default=False, metadata={"description": "Only those not read yet."})


class NewsItem(Reply):
    """A line of the inbox: `body` says what happened to what is called `title` and is at `url`."""

    id = fields.Integer()
    kind = fields.String(validate=validate.OneOf(list(DEFAULTS)))
    title = fields.String()
    url = fields.Url()
    body = fields.String()
    author = fields.String(allow_none=True)
    created_at = fields.AwareDateTime()
    read_at = fields.AwareDateTime(allow_none=True)


class WatchItem(Reply):
    """Something watched."""

    kind = fields.String(validate=validate.OneOf(["post", "tag", "product"]))
    id = fields.Integer()
    title = fields.String()
    url = fields.Url()
    watching = fields.Boolean()
