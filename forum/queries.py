"""Reads of the forum, of posts that the user may see."""

import re

from sqlalchemy import select
from sqlalchemy.orm import joinedload, lazyload
from sqlalchemy.orm.attributes import set_committed_value

from auth.models import User, Visitor
from core.database import paging
from core.database.db import db
from forum.models import Answer, Question
from forum.paths import ANSWERS_PER_PAGE
from posts.models import Post, PostTag, Tag
from posts.queries import changed_in, get, visible

SORTS = {
    "newest": [Question.created_at, Post.id],
    "active": [Question.last_activity_at, Post.id],
    "votes": [Question.score, Post.id],
    "unanswered": [Question.created_at, Post.id],
}
TAG_SORTS = {
    "newest": [PostTag.created_at, PostTag.post_id],
    "active": [PostTag.last_activity_at, PostTag.post_id],
    "votes": [PostTag.score, PostTag.post_id],
    "unanswered": [PostTag.created_at, PostTag.post_id],
}
ANSWER_SORTS = {
    "best": ([Answer.accepted, Answer.score, Post.id], True),
    "newest": ([Answer.created_at, Post.id], True),
    "oldest": ([Answer.created_at, Post.id], False),
}


def get_question(question_id: int, user: User | Visitor) -> Question | None:
    """The question if `user` may see it, with the member who closed it."""
    return db.session.scalar(
        visible(Question, user).where(Question.id == question_id).options(joinedload(Question.closed_by))
    )


def get_answer(answer_id: int, user: User | Visitor) -> Answer | None:
    """The answer if `user` may see it."""
    return get(Answer, answer_id, user)


def questions(
    sort: str, user: User | Visitor, after: paging.PageStart = None, size: int = paging.PAGE_SIZE
) -> paging.Page:
    """Public questions in one of the SORTS."""
    statement = visible(Question, user).where(Question.kind == "question", Question.is_public)
    if sort == "unanswered":
        statement = statement.where(Question.answer_count == 0)
    return paging.keyset(statement, SORTS[sort], after=after, size=size, changed=changed_in(Question))


def questions_tagged(
    tag: Tag, sort: str, user: User | Visitor, after: paging.PageStart = None, size: int = paging.PAGE_SIZE
) -> paging.Page:
    """Public questions with a tag, sorted by an index of post_tags; a second query loads the posts."""
    if isinstance(after, paging.PageRequest) and after.since is not None:
        return _changed_questions(tag, sort, user, after, size)
    statement = select(PostTag).where(PostTag.tag_id == tag.id, PostTag.kind == "question", PostTag.is_public)
    if sort == "unanswered":
        statement = statement.where(PostTag.answer_count == 0)
    page = paging.keyset(statement, TAG_SORTS[sort], after=after, size=size)
    ids = [row.post_id for row in page]
    found = {q.id: q for q in db.session.scalars(visible(Question, user).where(Question.id.in_(ids)))}
    return paging.Page([found[i] for i in ids if i in found], page.next)


def _changed_questions(
    tag: Tag, sort: str, user: User | Visitor, after: paging.PageRequest, size: int
) -> paging.Page:
    """Public questions with a tag that changed since a time, in order of change."""
    statement = visible(Question, user).where(
        Question.kind == "question",
        Question.is_public,
        select(PostTag.post_id).where(PostTag.post_id == Question.id, PostTag.tag_id == tag.id).exists(),
    )
    if sort == "unanswered":
        statement = statement.where(Question.answer_count == 0)
    return paging.keyset(statement, SORTS[sort], after=after, size=size, changed=changed_in(Question))


def answers(
    question: Question, user: User | Visitor, after: paging.PageStart = None, sort: str = "best"
) -> paging.Page:
    """Answers to a question in one of the ANSWER_SORTS; "best" is the accepted one, then by score."""
    keys, descending = ANSWER_SORTS[sort]
    statement = visible(Answer, user).where(Answer.parent_id == question.id, Answer.kind == "answer")
    page = paging.keyset(
        statement.options(lazyload(Answer.tags)),  # which only questions have
        keys,
        after=after,
        descending=descending,
        size=ANSWERS_PER_PAGE,
        changed=changed_in(Answer),
    )
    for answer in page:
        set_committed_value(answer, "parent", question)  # which their URLs need
    return page


def question_by_reference(reference: str, user: User | Visitor) -> Question | None:
    """The question with this id or this URL, if `user` may see it."""
    match = re.search(r"(?:questions/)?(\d{1,12})(?:/|$|[?#])", reference.strip())
    return get_question(int(match[1]), user) if match else None


def newest_answers(question: Question, user: User | Visitor, limit: int) -> list[Answer]:
    """Answers to a question, the newest first."""
    statement = visible(Answer, user).where(Answer.parent_id == question.id, Answer.kind == "answer")
    return paging.keyset(statement, [Answer.created_at, Post.id], size=limit).items


def canonical_question(reference: str, question: Question, user: User | Visitor) -> Question | None:
    """The public question, other than `question`, with this id or URL; None if there is none."""
    found = question_by_reference(reference, user)
    return found if found is not None and found.id != question.id and found.is_public else None


def duplicate_of(question: Question, user: User | Visitor) -> Question | None:
    """The question that a closed one duplicates, if `user` may see it."""
    if question.duplicate_of_id is None:
        return None
    return db.session.scalar(
        visible(Question, user)
        .where(Question.id == question.duplicate_of_id)
        .options(lazyload(Question.tags))
    )
