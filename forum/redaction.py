"""The columns of questions that redaction masks."""

from core import redaction
from forum.models import Question
from posts.redaction import announce

redaction.register_text(Question, "close_note", changed=announce)
redaction.register_without_text(Question, "close_reason")
