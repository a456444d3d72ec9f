"""The shape of questions and answers, for forms and JSON alike."""

from flask_babel import lazy_gettext as _
from marshmallow import Schema, fields, validate

from core.web import Line, Markdown
from forum.actions import CLOSE_REASONS
from posts.schemas import SummarySchema, Tags


class QuestionSchema(Schema):
    """A question: title, text, tags."""

    title = Line(required=True, validate=validate.Length(
        15, 150, error=_("Say it in 15 to 150 characters.")))
    body = Markdown(required=True, shortest=30, longest=30_000)
    tags = Tags(required=True)


class EditQuestionSchema(QuestionSchema, SummarySchema):
    """A changed question and what the change was for."""


class AnswerSchema(Schema):
    """The text of an answer."""

    body = Markdown(required=True, shortest=30, longest=30_000)


class EditAnswerSchema(AnswerSchema, SummarySchema):
    """A changed answer and what the change was for."""


class CloseSchema(Schema):
    """Why a question is closed; a duplicate names the canonical question."""

    reason = fields.String(required=True, validate=validate.OneOf(CLOSE_REASONS))
    duplicate_of = fields.String(load_default="", validate=validate.Length(max=300))
    note = Line(load_default="", validate=validate.Length(max=300))
