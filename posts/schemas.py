"""The shape of what is sent about any post (votes, comments, tags), and of posts in the API."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from marshmallow import Schema, ValidationError, fields, post_load, validate, validates

from core.api.api import Cursor, Item, Reply, Version
from core.database.db import MAX_ID
from core.web.fields import Line, Markdown
from core.web.lazy_text import lazy_gettext
from posts import kinds
from posts.actions import MAX_TAGS
from posts.text_limits import TextLimits

MAX_TAG_LENGTH = 35
TAG_SIGNS = "_-.+#"
COMMENT_LIMITS = TextLimits(min_body=15, max_body=600)
VOTES = validate.OneOf([-1, 0, 1])


def tag_name(text: str) -> str:
    """The one form of a tag's name: small letters, composed (NFKC)."""
    return unicodedata.normalize("NFKC", text).lower()


def is_tag(name: str) -> bool:
    """Whether a name in its one form can be a tag: letters and digits of any script, and _ - . + #

    The names of the field hold these: .net, c++, c#, windows_update. It begins with a letter or digit, or
    with a dot before one, so that no name is a path or a parameter.
    """
    allowed = all(c in TAG_SIGNS or unicodedata.category(c)[0] in "LNM" for c in name)
    first = name.removeprefix(".")[:1]
    return len(name) <= MAX_TAG_LENGTH and allowed and first.isalnum()


class Tags(fields.Field):
    """Tags as a list, or as one string separated by spaces or commas; at least `fewest`."""

    def __init__(self, *, fewest: int = 1, **kwargs: Any) -> None:
        super().__init__(
            metadata={
                "type": "array",
                "items": {"type": "string", "minLength": 1, "maxLength": MAX_TAG_LENGTH},
                "minItems": fewest,
                "maxItems": MAX_TAGS,
                "example": ["windows-update"],
            },
            **kwargs,
        )
        self.fewest = fewest

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> list[str]:
        words = re.split(r"[\s,]+", value) if isinstance(value, str) else value
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise ValidationError(_("Write tags as words separated by spaces."))
        names = sorted({tag_name(word) for word in words if word})
        if not self.fewest <= len(names) <= MAX_TAGS:
            raise ValidationError(_("Choose one to five tags."))
        for name in names:
            if not is_tag(name):
                raise ValidationError(
                    _(
                        "“%(name)s” cannot be a tag. Use up to %(n)s letters, digits and "
                        "_ - . + #; begin with a letter, a digit, or a dot before one.",
                        name=name[:40],
                        n=MAX_TAG_LENGTH,
                    )
                )
        return names


class TagSchema(Schema):
    """When to use a tag."""

    excerpt = Line(
        required=True,
        validate=validate.Length(10, 600, error=lazy_gettext("Say it in 10 to 600 characters.")),
    )


class NewTagSchema(TagSchema):
    """A new tag, and when to use it."""

    name = Line(required=True)

    @post_load
    def _lower(self, data: dict, **kwargs: Any) -> dict:
        return {**data, "name": tag_name(data["name"])}

    @validates("name")
    def _is_a_tag(self, name: str, **kwargs: Any) -> None:
        if not is_tag(tag_name(name)):
            raise ValidationError(_("Use letters, digits and _ - . + #, without spaces."))


class VoteSchema(Schema):
    """1 up, -1 down, 0 withdrawn."""

    value = fields.Integer(required=True, validate=VOTES)


class CommentSchema(Schema):
    """The text of a comment."""

    body = Markdown(required=True, shortest=COMMENT_LIMITS.min_body, longest=COMMENT_LIMITS.max_body)


class EditCommentSchema(Schema):
    """The changed text of a comment; the action checks COMMENT_LIMITS."""

    body = Markdown(required=True, shortest=1, longest=30_000)


LONG_KINDS = ("article", "bulletin")
MAX_PREVIEW_CHARACTERS = {
    "comment": 600,
    "question": 30_000,
    "answer": 30_000,
    **dict.fromkeys(LONG_KINDS, 200_000),
}
PREVIEW_RATE_NEW, PREVIEW_RATE = "15/minute", "60/minute"  # below and from "comment anywhere"; one member
BYTES_PER_PREVIEW, MAX_PREVIEW_COST = 50_000, 5  # a long text counts as several previews


class PreviewKindSchema(Schema):
    """What the text to preview is for: a kind of post, or the post (its number) whose text it changes."""

    post = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(1, MAX_ID))
    kind = fields.String(load_default="question", validate=validate.OneOf(list(MAX_PREVIEW_CHARACTERS)))


PREVIEWS = {
    kind: Schema.from_dict({"body": Markdown(load_default=None, longest=longest)})
    for kind, longest in MAX_PREVIEW_CHARACTERS.items()
}


class RejectSchema(Schema):
    """Why a suggested edit is refused; its author reads it."""

    reason = Line(
        required=True, validate=validate.Length(5, 300, error=lazy_gettext("Say why in 5 to 300 characters."))
    )


class RemoveSchema(Schema):
    """Why a post is removed; its author reads it when somebody else removes it."""

    note = Line(
        load_default="",
        validate=validate.Length(max=500, error=lazy_gettext("Keep this under 500 characters.")),
    )


class RedactSchema(Schema):
    """What a redaction masks: texts, one a line, or nothing for what the revision holds and the present
    text does not; and why.
    """

    words = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=100_000, error=lazy_gettext("Keep this under 100000 characters.")),
    )
    reason = Line(
        load_default="",
        validate=validate.Length(max=300, error=lazy_gettext("Keep this under 300 characters.")),
    )


class SummarySchema(Schema):
    """What an edit was for."""

    summary = Line(
        load_default="",
        validate=validate.Length(max=200, error=lazy_gettext("Keep the summary under 200 characters.")),
    )


class PostItem(Item):
    """Any post; an answer or a comment has the title of what it stands under (`parent_id`)."""

    parent_id = fields.Integer(allow_none=True)
    status = fields.String(validate=validate.OneOf(["published", "pending", "draft"]))
    is_deleted = fields.Boolean()
    is_locked = fields.Boolean()
    edited_at = fields.AwareDateTime(allow_none=True)
    comment_count = fields.Integer()
    revision_count = fields.Integer()
    license = fields.String(allow_none=True)
    version = Version()


class TagItem(Item):
    """A tag: `body` says when to use it, `score` is the number of public posts."""

    version = Version()


class VoteItem(Reply):
    """One's own vote on a post, and the post's score."""

    post_id = fields.Integer()
    value = fields.Integer(validate=VOTES)
    score = fields.Integer()


class RevisionItem(Reply):
    """One state of a post's text; of a redacted one only the fact is left."""

    post_id = fields.Integer()
    number = fields.Integer()
    title = fields.String()
    url = fields.Url()
    author = fields.String(allow_none=True)
    tags = fields.List(fields.String())
    summary = fields.String()
    created_at = fields.AwareDateTime()
    is_redacted = fields.Boolean()


class RevisionText(RevisionItem):
    """A revision with its text and, where its kind has some and they were kept, its facts."""

    body = fields.String()
    facts = fields.Dict(allow_none=True)


class TagQuery(Cursor):
    """Which tags."""

    q = Line(
        load_default="",
        validate=validate.Length(max=40),
        metadata={"description": "Only tags whose name holds this."},
    )


def _is_kind(name: str) -> None:
    """Raise ValidationError with the kinds of posts for what is none."""
    if name not in kinds.names():
        raise ValidationError(_("Write one of: %(names)s.", names=", ".join(kinds.names())))


class AuthorQuery(Cursor):
    """Which posts of a member."""

    kind = fields.String(validate=_is_kind, metadata={"description": "Only posts of this kind."})
