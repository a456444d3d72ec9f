"""The columns of questions that redaction masks."""

from core import redaction
from forum.models import Question
from posts.redaction import record_redacted

redaction.register_text(Question, "close_note", changed=record_redacted)
redaction.register_without_text(Question, "close_reason")
