"""Paths of questions and answers, of rows as of objects."""

from typing import Any

from flask import url_for

ANSWERS_PER_PAGE = 20


def question_path(question: Any) -> str:
    """Path of a question's page."""
    return url_for("forum.question", question_id=question.id, slug=question.slug or "-")


def answer_path(answer_id: int, question: Any) -> str:
    """Path of an answer; in a thread of several pages it names the answer to show."""
    query = f"?answer={answer_id}" if question.answer_count > ANSWERS_PER_PAGE else ""
    return f"{question_path(question)}{query}#answer-{answer_id}"
