"""Schemas of questions and answers: the input from a form or as JSON, and the API's responses."""

from marshmallow import Schema, fields, validate

from core.api.api import Cursor, page_of
from core.web.fields import Line, Markdown
from core.web.lazy_text import lazy_gettext as _
from forum.actions import CLOSE_REASONS
from forum.queries import ANSWER_SORTS, SORTS
from posts.schemas import PostItem, SummarySchema
from posts.tags.schemas import Tags
from posts.text_limits import ANY_TITLE, MAX_STORED_BODY, TextLimits

QUESTION_LIMITS = TextLimits(min_title=15, max_title=150, min_body=30, max_body=30_000, min_tags=1)
ANSWER_LIMITS = TextLimits(min_body=30, max_body=30_000)
EXAMPLE = "Installing the update stops at 87 % and rolls back. The log says 0x80070643."
ANSWER_EXAMPLE = "The recovery partition is too small: make it 250 MB larger."


class QuestionSchema(Schema):
    """A question: title, text, tags."""

    title = Line(
        required=True,
        validate=QUESTION_LIMITS.title_rule(_("Use 15 to 150 characters.")),
        metadata={"example": "Why does KB5034441 fail with 0x80070643?"},
    )
    body = Markdown(
        required=True,
        shortest=QUESTION_LIMITS.min_body,
        longest=QUESTION_LIMITS.max_body,
        metadata={"example": EXAMPLE},
    )
    tags = Tags(required=True)


class EditQuestionSchema(QuestionSchema, SummarySchema):
    """A changed question and what the change was for; the action checks QUESTION_LIMITS."""

    title = Line(
        required=True, validate=ANY_TITLE, metadata={"example": "Why does KB5034441 fail with 0x80070643?"}
    )
    body = Markdown(required=True, shortest=1, longest=MAX_STORED_BODY, metadata={"example": EXAMPLE})
    tags = Tags(required=True, min_tags=0)


class AnswerSchema(Schema):
    """The text of an answer."""

    body = Markdown(
        required=True,
        shortest=ANSWER_LIMITS.min_body,
        longest=ANSWER_LIMITS.max_body,
        metadata={"example": ANSWER_EXAMPLE},
    )


class EditAnswerSchema(AnswerSchema, SummarySchema):
    """A changed answer and what the change was for; the action checks ANSWER_LIMITS."""

    body = Markdown(required=True, shortest=1, longest=MAX_STORED_BODY, metadata={"example": ANSWER_EXAMPLE})


class CloseSchema(Schema):
    """Why a question is closed; a duplicate names the canonical question."""

    reason = fields.String(required=True, validate=validate.OneOf(CLOSE_REASONS))
    duplicate_of = fields.String(
        load_default="",
        validate=validate.Length(max=300),
        metadata={"description": "Number or address of the canonical question."},
    )
    note = Line(load_default="", validate=validate.Length(max=300))


class QuestionQuery(Cursor):
    """Which questions, and in which order."""

    sort = fields.String(load_default="newest", validate=validate.OneOf(list(SORTS)))
    tag = Line(metadata={"description": "Only questions with this tag."})


class AnswerQuery(Cursor):
    """In which order."""

    sort = fields.String(load_default="best", validate=validate.OneOf(list(ANSWER_SORTS)))


class QuestionItem(PostItem):
    """A question."""

    answer_count = fields.Integer()
    accepted_answer_id = fields.Integer(allow_none=True)
    closed_at = fields.AwareDateTime(allow_none=True)
    close_reason = fields.String(allow_none=True)
    close_note = fields.String()


class AnswerItem(PostItem):
    """An answer; `parent_id` is its question."""

    is_accepted = fields.Boolean()


class QuestionPageItem(QuestionItem):
    """A question with its first answers; `answers.next` goes on at `/questions/<id>/answers`."""

    duplicate_of = fields.Nested(PostItem, allow_none=True)
    answers = fields.Nested(page_of(AnswerItem))
