"""Schemas of the API of products: responses and query parameters of lists."""

from typing import Any

from marshmallow import fields, validate

from core.api.api import Cursor, Item, Reply, Version
from core.api.parameters import WholeNumber
from core.web.fields import Line
from products.lifecycle.phases import SECURITY, SUPPORT, Phase, Status

MAX_WINDOW_DAYS = 3650
MAX_ID = 999_999_999


class End(fields.Raw):
    """A date, or true (over) or false (not over) where only that is known, or null."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            allow_none=True,
            metadata={
                "description": self.__doc__,
                "anyOf": [{"type": "string", "format": "date"}, {"type": "boolean"}, {"type": "null"}],
            },
            **kwargs,
        )


class ProductQuery(Cursor):
    """Which products."""

    q = Line(
        load_default="",
        validate=validate.Length(max=100),
        metadata={"description": "Beginnings of words in the name.", "example": "windows ser"},
    )
    category = Line(load_default="", validate=validate.Length(max=30))
    vendor = Line(load_default="", validate=validate.Length(max=60))
    status = fields.String(load_default="", validate=validate.OneOf(["", *Status]))


class LifecycleQuery(Cursor):
    """What ends, and how soon."""

    days = WholeNumber(0, MAX_WINDOW_DAYS, load_default=90)
    kind = fields.String(load_default=SECURITY, validate=validate.OneOf(SUPPORT))
    category = Line(load_default="", validate=validate.Length(max=30))
    inventory = WholeNumber(
        1, MAX_ID, metadata={"description": "Of the products of this inventory that you see."}
    )


class _ProductFacts(Item):
    """A product as every list has it."""

    slug = fields.String()
    vendor = fields.String()
    category = fields.String()
    imported_from = fields.String(allow_none=True)
    version = Version()


class ProductItem(_ProductFacts):
    """A product in a list: where it stands today."""

    status = fields.String(validate=validate.OneOf(list(Status)))
    supported_releases = fields.Integer()
    releases = fields.Integer()
    next_end = fields.Date(allow_none=True)
    supported_until = End()


class ReleaseItem(Reply):
    """A release and when each kind of its support ends."""

    cycle = fields.String()
    label = fields.String()
    title = fields.String()
    codename = fields.String()
    released_on = fields.Date(allow_none=True)
    lts = End()
    latest = fields.String()
    latest_on = fields.Date(allow_none=True)
    link = fields.Url(allow_none=True)
    phase = fields.String(validate=validate.OneOf(list(Phase)))
    phase_ends_on = fields.Date(allow_none=True)
    active = End()
    security = End()
    extension = End()
    discontinued = End()
    version = Version()


class WholeProduct(_ProductFacts):
    """A product with its names and releases."""

    policy_url = fields.String(allow_none=True)
    version_command = fields.String(allow_none=True)
    phase_names = fields.Dict(keys=fields.String(), values=fields.String())
    names = fields.List(fields.String())
    releases = fields.List(fields.Nested(ReleaseItem))


class EndItem(Reply):
    """One end of a kind of support."""

    ends_on = fields.Date()
    days_left = fields.Integer()
    kind = fields.String()
    product = fields.String()
    release = fields.String()
    title = fields.String()
    category = fields.String()
    url = fields.Url()
