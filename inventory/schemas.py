"""Schemas of the inventory for forms and the API."""

from marshmallow import Schema, fields, validate

from core.api.api import Reply
from core.web.fields import Line
from inventory.versions.plain import MAX_VERSION_CHARACTERS
from products.api_schemas import End


class OwnedSchema(Schema):
    """A product someone runs, and which release of it, when known."""

    product = Line(required=True, validate=validate.Length(max=60))
    release = Line(load_default="", validate=validate.Length(max=60))
    version = Line(
        load_default="",
        validate=validate.Length(max=MAX_VERSION_CHARACTERS),
        metadata={"description": "The exact version, as the product shows it: 8.3.12, 10.0.26100.2161."},
    )


class OwnedItem(Reply):
    """A line of what a member runs; no release means the product as a whole."""

    id = fields.Integer()
    product = fields.String()
    release = fields.String(allow_none=True)
    title = fields.String()
    source = fields.String(validate=validate.OneOf(["picked", "sbom"]))
    phase = fields.String(allow_none=True)
    security = End()
    url = fields.Url()


class AddedItem(Reply):
    """How many lines are new."""

    added = fields.Integer()


class ComponentItem(Reply):
    """A component as a software list names it."""

    name = fields.String()
    group = fields.String()
    version = fields.String()
    purl = fields.String()
    cpe = fields.String()
    vendor = fields.String()


class MatchItem(Reply):
    """A product and release found in a software list; one that is not sure is a guess by name."""

    product = fields.String()
    release = fields.String(allow_none=True)
    how = fields.String(validate=validate.OneOf(["purl", "cpe", "cpe-name", "name"]))
    is_sure = fields.Boolean()
    components = fields.List(fields.Nested(ComponentItem))


class MatchesItem(Reply):
    """What a software list matches, and what it does not."""

    matched = fields.List(fields.Nested(MatchItem))
    unmatched = fields.List(fields.Nested(ComponentItem))
