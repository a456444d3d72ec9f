"""Schemas of articles: the input from a form or as JSON, and the API's responses."""

from typing import Any

from flask_babel import gettext as _
from marshmallow import Schema, ValidationError, fields, pre_load, validate

from core.api.api import Cursor, Reply
from core.web.fields import Line, Markdown
from core.web.lazy_text import lazy_gettext
from kb.models import LAYERS
from kb.queries import SORTS
from posts.schemas import PostItem, SummarySchema
from posts.tags.schemas import Tags
from posts.text_limits import ANY_TITLE, TextLimits

MAX_BODY_CHARACTERS = 200_000


class _Lines(fields.Field):
    """A list of short lines, or one text with a line for each."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            metadata={
                "type": "array",
                "items": {"type": "string", "maxLength": 100},
                "maxItems": 30,
                "example": ["Windows Server 2022"],
            },
            **kwargs,
        )

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[str]:
        lines = value.splitlines() if isinstance(value, str) else value
        if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
            raise ValidationError(_("Enter one product per line."))
        lines = [" ".join(line.split()) for line in lines if line.strip()]
        if len(lines) > 30 or any(len(line) > 100 for line in lines):
            raise ValidationError(_("Use at most 30 lines of 100 characters."))
        return lines


def _max_characters(n: int) -> validate.Length:
    return validate.Length(max=n, error=lazy_gettext("Use at most %(n)s characters.", n=n))


class VerifySchema(Schema):
    """When the steps were last followed, and on which build; an empty date withdraws the verification."""

    verified_on = fields.Date(
        allow_none=True,
        load_default=None,
        error_messages={"invalid": lazy_gettext("Enter the date as YYYY-MM-DD.")},
    )
    verified_build = Line(load_default="", validate=_max_characters(80))

    @pre_load
    def _no_date(self, data: dict, **kwargs: object) -> dict:
        return {**data, "verified_on": None} if data.get("verified_on") == "" else data


ARTICLE_LIMITS = TextLimits(min_title=5, max_title=150, min_body=20, max_body=MAX_BODY_CHARACTERS)
EXAMPLE_TITLE = "Disable SMB version 1"
EXAMPLE = "1. List who still uses it: `Get-SmbSession`."


class _TextSchema(Schema):
    """Title, text and tags of an article."""

    title = Line(
        required=True,
        validate=ARTICLE_LIMITS.title_rule(lazy_gettext("Use 5 to 150 characters for the title.")),
        metadata={"example": EXAMPLE_TITLE},
    )
    body = Markdown(
        required=True,
        shortest=ARTICLE_LIMITS.min_body,
        longest=MAX_BODY_CHARACTERS,
        metadata={"example": EXAMPLE},
    )
    tags = Tags(min_tags=0, load_default=list)


class _EditSchema(Schema):
    """A changed title and text; the action checks ARTICLE_LIMITS."""

    title = Line(required=True, validate=ANY_TITLE, metadata={"example": EXAMPLE_TITLE})
    body = Markdown(required=True, shortest=1, longest=MAX_BODY_CHARACTERS, metadata={"example": EXAMPLE})


class EditTextSchema(_EditSchema, _TextSchema, SummarySchema):
    """A changed text as members suggest it, without the facts that moderators edit."""


class ArticleSchema(_TextSchema, VerifySchema):
    """A new or changed article; `change` says what an edit was for."""

    layer = fields.String(
        required=True, validate=validate.OneOf(LAYERS, error=lazy_gettext("Choose one of the five layers."))
    )
    summary = Line(load_default="", validate=_max_characters(300))
    applies_to = _Lines(load_default=list)
    change = Line(load_default="", validate=_max_characters(200))


class EditArticleSchema(_EditSchema, ArticleSchema):
    """A changed article, without its verification."""

    class Meta:
        exclude = ("verified_on", "verified_build")


class FeedbackSchema(Schema):
    """Was this helpful: yes or no, and why."""

    helpful = fields.Boolean(required=True)
    note = Line(load_default="", validate=_max_characters(500))


class ArticleQuery(Cursor):
    """Which articles, and in which order."""

    sort = fields.String(load_default="newest", validate=validate.OneOf(list(SORTS)))
    layer = fields.String(validate=validate.OneOf(LAYERS))


class ArticleItem(PostItem):
    """An article with what it applies to and who verified it."""

    layer = fields.String(validate=validate.OneOf(LAYERS))
    summary = fields.String()
    applies_to = fields.List(fields.String())
    verified_on = fields.Date(allow_none=True)
    verified_build = fields.String()
    verified_by = fields.String(allow_none=True)
    verified_revision = fields.Integer(
        allow_none=True, metadata={"description": "The revision whose steps were followed."}
    )
    changed_since_verified = fields.Boolean(
        metadata={"description": "Steps, commands or what it applies to were changed after that."}
    )
    helpful_count = fields.Integer()
    unhelpful_count = fields.Integer()


class FeedbackItem(Reply):
    """The reader's own answer, and the number of answers of all readers."""

    helpful = fields.Boolean()
    note = fields.String()
    helpful_count = fields.Integer()
    unhelpful_count = fields.Integer()
