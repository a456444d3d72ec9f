"""Reads of the forum; all through posts.queries.visible."""

import re

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from core import paging
from core.db import db
from forum.models import Answer, Question
from posts.models import Post, PostTag, Tag
from posts.queries import get, visible

SORTS = {
    "newest": [Question.created_at, Question.id],
    "active": [Question.last_activity_at, Question.id],
    "votes": [Question.score, Question.id],
    "unanswered": [Question.created_at, Question.id],
}
TAG_SORTS = {
    "newest": [PostTag.created_at, PostTag.post_id],
    "active": [PostTag.last_activity_at, PostTag.post_id],
    "votes": [PostTag.score, PostTag.post_id],
    "unanswered": [PostTag.created_at, PostTag.post_id],
}
ANSWERS_A_PAGE = 20


def get_question(question_id: int, user) -> Question | None:
    """The question if `user` may see it."""
    return get(Question, question_id, user)


def get_answer(answer_id: int, user) -> Answer | None:
    """The answer if `user` may see it."""
    return get(Answer, answer_id, user)


def questions(sort: str, user, after: str | None = None) -> paging.Page:
    """Public questions in one of the SORTS."""
    statement = visible(Question, user).where(Question.kind == "question", Question.is_public)
    if sort == "unanswered":
        statement = statement.where(Question.answer_count == 0)
    return paging.keyset(statement, SORTS[sort], after=after)


def tagged(tag: Tag, sort: str, user, after: str | None = None) -> paging.Page:
    """Public questions with a tag; the tag's own index sorts, the posts follow in one query."""
    statement = select(PostTag).where(PostTag.tag_id == tag.id, PostTag.kind == "question",
                                      PostTag.is_public)
    if sort == "unanswered":
        statement = statement.where(PostTag.answer_count == 0)
    page = paging.keyset(statement, TAG_SORTS[sort], after=after)
    ids = [row.post_id for row in page]
    found = {q.id: q for q in db.session.scalars(visible(Question, user).where(Question.id.in_(ids)))}
    return paging.Page([found[i] for i in ids if i in found], page.next)


def answers(question: Question, user, after: str | None = None) -> paging.Page:
    """Answers of a question: the accepted one first, then by score."""
    statement = visible(Answer, user).where(Answer.parent_id == question.id, Answer.kind == "answer")
    return paging.keyset(statement, [Answer.accepted, Answer.score, Answer.id], after=after,
                         size=ANSWERS_A_PAGE)


def named(reference: str, user) -> Question | None:
    """The question a member means by an id or an address of its page."""
    match = re.search(r"(?:questions/)?(\d{1,12})(?:/|$|[?#])", reference.strip())
    return get_question(int(match[1]), user) if match else None


def newest_public(limit: int = 30) -> list[Question]:
    """For the feed."""
    return list(db.session.scalars(
        select(Question).where(Question.is_public).options(joinedload(Post.author))
        .order_by(Question.created_at.desc(), Question.id.desc()).limit(limit)))
