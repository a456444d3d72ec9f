"""The shape of a search, and of what it finds in the API."""

from marshmallow import fields, validate

from core.api.api import Cursor, Item, Reply, page_of
from core.api.parameters import Since
from core.web.fields import Line


class SearchQuery(Cursor):
    """What to look for, in the language of the search box."""

    q = Line(
        required=True,
        validate=validate.Length(max=1000),
        metadata={
            "description": 'Words, "phrases", tag: user: kind: is: layer: before: after:',
            "example": "KB5034441 kind:question",
        },
    )
    since = Since("Only items written at or after this time. Tags have no time.")
    any = fields.Boolean(load_default=False, metadata={"description": "Match any of the words."})


class FoundItem(Item):
    """A post, a member or a tag, with the words around the match."""

    snippet = fields.String()


class Facets(Reply):
    """How many of everything found are of a kind, carry a tag, belong to a layer."""

    kind = fields.Dict(keys=fields.String(), values=fields.Integer())
    tag = fields.Dict(keys=fields.String(), values=fields.Integer())
    layer = fields.Dict(keys=fields.String(), values=fields.Integer())


FoundPage = page_of(
    FoundItem,
    total=fields.Integer(),
    facets=fields.Nested(Facets),
    correction=fields.String(allow_none=True, metadata={"description": "Suggested spelling."}),
    loosened=fields.Boolean(metadata={"description": "No item has all the words; these have some of them."}),
    estimated=fields.Boolean(metadata={"description": "Total and facets are estimated from a sample."}),
    warnings=fields.List(fields.String()),
)
