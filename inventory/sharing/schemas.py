"""Schemas of inventories and their members for forms and the API."""

from marshmallow import Schema, fields, validate

from core.api.api import Reply
from core.web.fields import Line
from products.inventories.models import MAX_NAME_LENGTH, RIGHTS


class InventorySchema(Schema):
    """The name of an inventory."""

    name = Line(required=True, validate=validate.Length(1, MAX_NAME_LENGTH))


class InvitationSchema(Schema):
    """Whom an inventory is shared with, and with which right."""

    username = Line(required=True, validate=validate.Length(1, 40))
    right = fields.String(load_default=RIGHTS[0], validate=validate.OneOf(RIGHTS))


class ChangedMembershipSchema(Schema):
    """Whether an inventory counts among yours; true accepts an invitation."""

    is_used = fields.Boolean(required=True)


class InventoryMemberItem(Reply):
    """A member of an inventory, or somebody who is invited."""

    username = fields.String()
    right = fields.String(validate=validate.OneOf(["owner", "edit", "read"]))
    invited_at = fields.AwareDateTime()
    accepted_at = fields.AwareDateTime(
        allow_none=True, metadata={"description": "Null until the invitation is accepted."}
    )


class InvitationItem(Reply):
    """An invitation to an inventory."""

    id = fields.Integer(metadata={"description": "The id of the inventory."})
    name = fields.String()
    owner = fields.String()
    right = fields.String(validate=validate.OneOf(["edit", "read"]))
    invited_at = fields.AwareDateTime()


class InventoryItem(Reply):
    """An inventory that you see: your own, or one that somebody shares with you."""

    id = fields.Integer()
    name = fields.String()
    owner = fields.String()
    right = fields.String(validate=validate.OneOf(["owner", "edit", "read"]))
    is_default = fields.Boolean()
    is_used = fields.Boolean(metadata={"description": "Whether its products count as yours on the site."})
    changed_at = fields.AwareDateTime()
    url = fields.Url()
