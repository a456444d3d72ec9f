"""Schemas of votes, comments, previews and redactions, and of posts in the API."""

from flask_babel import gettext as _
from marshmallow import Schema, ValidationError, fields, validate

from core.api.api import Cursor, Item, Reply, Version
from core.database.db import MAX_ID
from core.web.fields import Line, Markdown
from core.web.lazy_text import lazy_gettext
from posts import kinds
from posts.text_limits import TextLimits

COMMENT_LIMITS = TextLimits(min_body=15, max_body=600)
VOTES = validate.OneOf([-1, 0, 1])


class VoteSchema(Schema):
    """1 up, -1 down, 0 withdrawn."""

    value = fields.Integer(required=True, validate=VOTES)


class CommentSchema(Schema):
    """The text of a comment."""

    body = Markdown(required=True, shortest=COMMENT_LIMITS.min_body, longest=COMMENT_LIMITS.max_body)


class EditCommentSchema(Schema):
    """The edited text of a comment; the action checks COMMENT_LIMITS."""

    body = Markdown(required=True, shortest=1, longest=30_000)


LONG_KINDS = ("article", "bulletin")
MAX_PREVIEW_CHARACTERS = {
    "comment": 600,
    "question": 30_000,
    "answer": 30_000,
    **dict.fromkeys(LONG_KINDS, 200_000),
}
PREVIEW_RATE_NEW = "15/minute"  # of a member without the privilege "comment anywhere"
PREVIEW_RATE = "60/minute"
BYTES_PER_PREVIEW = 50_000  # longer texts count as several previews
MAX_PREVIEW_COST = 5


class PreviewKindSchema(Schema):
    """What a preview is for: a kind of post, or the id of the post that is edited."""

    post = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(1, MAX_ID))
    kind = fields.String(load_default="question", validate=validate.OneOf(list(MAX_PREVIEW_CHARACTERS)))


PREVIEWS = {
    kind: Schema.from_dict({"body": Markdown(load_default=None, longest=max_characters)})
    for kind, max_characters in MAX_PREVIEW_CHARACTERS.items()
}


class RejectSchema(Schema):
    """The reason for rejecting a suggested edit, for its author."""

    reason = Line(
        required=True,
        validate=validate.Length(5, 300, error=lazy_gettext("Give a reason of 5 to 300 characters.")),
    )


class RemoveSchema(Schema):
    """The note for the author of a post that another user deletes."""

    note = Line(
        load_default="", validate=validate.Length(max=500, error=lazy_gettext("Use at most 500 characters."))
    )


class RedactSchema(Schema):
    """The texts to mask, one per line, and the reason.

    Without texts: what the revision contains and the current version does not.
    """

    words = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=100_000, error=lazy_gettext("Use at most 100,000 characters.")),
    )
    reason = Line(
        load_default="", validate=validate.Length(max=300, error=lazy_gettext("Use at most 300 characters."))
    )


class SummarySchema(Schema):
    """The summary of an edit."""

    summary = Line(
        load_default="", validate=validate.Length(max=200, error=lazy_gettext("Use at most 200 characters."))
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
    """A revision with its text and, where its kind has some and they are stored, its facts."""

    body = fields.String()
    facts = fields.Dict(allow_none=True)


def _is_kind(name: str) -> None:
    """Raise ValidationError, with the valid names, unless `name` is a kind of post."""
    if name not in kinds.names():
        raise ValidationError(_("Use one of: %(names)s.", names=", ".join(kinds.names())))


class AuthorQuery(Cursor):
    """The query of the list of a member's posts."""

    kind = fields.String(validate=_is_kind, metadata={"description": "Only posts of this kind."})
