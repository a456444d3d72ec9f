"""The shape of an article as sent by a form or as JSON."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext
from marshmallow import Schema, ValidationError, fields, pre_load, validate

from core.web import Line, Markdown
from kb.models import LAYERS
from posts.schemas import Tags

MAX_BODY = 200_000


class _OptionalTags(Tags):
    """Tags, or none."""

    def _deserialize(self, value, attr, data, **kwargs) -> list[str]:
        if value == [] or (isinstance(value, str) and not value.strip(" ,")):
            return []
        return super()._deserialize(value, attr, data, **kwargs)


class _Lines(fields.Field):
    """A list of short lines, or one text with a line each."""

    def _deserialize(self, value, attr, data, **kwargs) -> list[str]:
        lines = value.splitlines() if isinstance(value, str) else value
        if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
            raise ValidationError(_("Write one product a line."))
        lines = [" ".join(line.split()) for line in lines if line.strip()]
        if len(lines) > 30 or any(len(line) > 100 for line in lines):
            raise ValidationError(_("At most 30 lines of 100 characters."))
        return lines


def _longest(n: int) -> validate.Length:
    return validate.Length(max=n, error=lazy_gettext("Keep this under %(n)s characters.", n=n))


class VerifySchema(Schema):
    """When somebody last followed the steps, and on which build; an empty date means never."""

    verified_on = fields.Date(allow_none=True, load_default=None,
                              error_messages={"invalid": lazy_gettext("Write the date as YYYY-MM-DD.")})
    verified_build = Line(load_default="", validate=_longest(80))

    @pre_load
    def _no_date(self, data: dict, **kwargs) -> dict:
        return {**data, "verified_on": None} if data.get("verified_on") == "" else data


class ArticleSchema(VerifySchema):
    """A new or changed article; `change` says what an edit was for."""

    title = Line(required=True, validate=validate.Length(
        min=5, max=150, error=lazy_gettext("A title has 5 to 150 characters.")))
    body = Markdown(required=True, shortest=20, longest=MAX_BODY)
    layer = fields.String(required=True, validate=validate.OneOf(
        LAYERS, error=lazy_gettext("Choose one of the five layers.")))
    summary = Line(load_default="", validate=_longest(300))
    applies_to = _Lines(load_default=list)
    tags = _OptionalTags(load_default=list)
    change = Line(load_default="", validate=_longest(200))


class ArticlePatchSchema(ArticleSchema):
    """Only what changes."""

    def __init__(self, **kwargs):
        super().__init__(partial=True, **kwargs)


class FeedbackSchema(Schema):
    """Was this helpful: yes or no, and why."""

    helpful = fields.Boolean(required=True)
    note = Line(load_default="", validate=_longest(500))
