"""Schemas of the API about uploads."""

from marshmallow import Schema, fields, validate

from bulletins.store_actions import Outcome
from bulletins.uploads.previews import REFUSED
from core.api.api import Reply
from core.web.fields import Line


class NameQuery(Schema):
    """The name of the file that the body has."""

    name = Line(load_default="", validate=validate.Length(max=200))


class ChangeItem(Reply):
    """A difference between what is stored and the file."""

    what = fields.String()
    before = fields.String()
    after = fields.String()


class LineItem(Reply):
    """What would become of one document."""

    outcome = fields.String(validate=validate.OneOf([*(each.value for each in Outcome), REFUSED]))
    name = fields.String()
    title = fields.String()
    reference = fields.String(metadata={"description": "Of the bulletin that is there already."})
    reason = fields.String()
    changes = fields.List(fields.Nested(ChangeItem))
    warnings = fields.List(fields.String())


class PreviewItem(Reply):
    """What an import of the file would do now."""

    kind = fields.String()
    counts = fields.Dict(keys=fields.String(), values=fields.Integer())
    lines = fields.List(fields.Nested(LineItem))
    is_whole = fields.Boolean(
        metadata={"description": "false: only the first documents were compared; all would be imported."}
    )


class AdvisoryUploadItem(Reply):
    """An uploaded file: its preview until it is confirmed, its report when it was imported."""

    id = fields.Integer()
    name = fields.String()
    size = fields.Integer()
    sha256 = fields.String(attribute="digest")
    created_at = fields.AwareDateTime()
    confirmed_at = fields.AwareDateTime(allow_none=True)
    finished_at = fields.AwareDateTime(allow_none=True)
    preview = fields.Nested(PreviewItem, allow_none=True)
    report = fields.Dict(keys=fields.String(), allow_none=True)
