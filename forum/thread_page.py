"""The page of a question: its rows, and the template that all readers share who see the same rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, literal_column, select

from auth.models import User, Visitor
from core.cache.dependencies import depends_on
from core.cache.shared_pages import Template
from core.database import paging
from core.database.db import db, utcnow
from forum import labels, schemas
from forum.models import Question
from forum.paths import ANSWERS_PER_PAGE, answer_path, question_path
from forum.structured_data import qa_page
from posts import kinds, page_rows
from posts.attachments.forms import AttachingForm
from posts.page_rows import POSTS, Person, ShownPost
from search.similar_queries import related

ANSWER_ORDERS = {  # the columns that sort the answers, and whether they descend
    "best": ((POSTS.accepted, POSTS.score, POSTS.id), True),
    "newest": ((POSTS.created_at, POSTS.id), True),
    "oldest": ((POSTS.created_at, POSTS.id), False),
}
_questions = Question.__table__
_closer = User.__table__.alias("closer")


@dataclass(frozen=True)
class Asked:
    """Which page of a question, and of which rows (posts.page_rows): `user_id` is for OWN only."""

    question_id: int
    seen: str
    order: str = "best"
    after: str | None = None
    linked_id: int | None = None
    user_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownQuestion(ShownPost):
    """What the page shows of a question."""

    close_reason: str | None
    close_note: str
    duplicate_of_id: int | None
    closed_by_id: int | None
    closed_by: Person | None


@dataclass(frozen=True)
class Link:
    """Another question, by title."""

    url: str
    title: str


@dataclass(frozen=True)
class Thread:
    """A question and the answers of one page, first the one that the address names; `next` is a cursor."""

    question: ShownQuestion
    answers: list[ShownPost]
    next: str | None
    hidden_authors: frozenset[int]

    @property
    def posts(self) -> list[ShownPost]:
        """The question and the answers."""
        return [self.question, *self.answers]

    def things(self) -> Iterator[ShownPost]:
        """All posts with their comments."""
        for post in self.posts:
            yield post
            yield from post.comments


@cache
def _question(seen: str) -> Select:
    return (
        select(
            *page_rows.post_columns(),
            *page_rows.edit_columns(),
            _questions.c.close_reason,
            _questions.c.close_note,
            _questions.c.duplicate_of_id,
            _questions.c.closed_by_id,
            *page_rows.person_columns(_closer, "closer"),
        )
        .select_from(
            page_rows.joined_posts(with_edits=True)
            .join(_questions, _questions.c.id == POSTS.id)
            .outerjoin(_closer, _closer.c.id == _questions.c.closed_by_id)
        )
        .where(POSTS.id == bindparam("question_id"), page_rows.visible(seen))
    )


@cache
def _answers(seen: str, order: str) -> Select:
    keys, descending = ANSWER_ORDERS[order]
    return (
        select(*page_rows.post_columns(), *page_rows.edit_columns())
        .select_from(page_rows.joined_posts(with_edits=True))
        .where(
            POSTS.parent_id == bindparam("question_id"),
            POSTS.kind == literal_column("'answer'"),
            page_rows.visible(seen),
        )
        .order_by(*(key.desc() if descending else key.asc() for key in keys))
        .limit(ANSWERS_PER_PAGE + 1)
    )


@cache
def _title(seen: str) -> Select:
    return select(POSTS.id, POSTS.slug, POSTS.title).where(
        POSTS.id == bindparam("question_id"), page_rows.visible(seen)
    )


def read(asked: Asked) -> Thread | None:
    """The rows of a page, with a fixed number of queries; None when the question is not among the seen."""
    seen, order, question_id = asked.seen, asked.order, asked.question_id
    parameters = {"question_id": question_id, "now": utcnow(), "user_id": asked.user_id}
    head_row: Any = db.session.execute(_question(seen), parameters).one_or_none()
    if head_row is None:
        return None
    keys, descending = ANSWER_ORDERS[order]
    statement = _answers(seen, order)
    page = paging.rows_page(
        statement,
        keys,
        after=asked.after,
        size=ANSWERS_PER_PAGE,
        descending=descending,
        parameters=parameters,
    )
    rows = page.items
    if asked.linked_id is not None and all(row.id != asked.linked_id for row in rows):
        rows = [*db.session.execute(statement.where(POSTS.id == asked.linked_id), parameters), *rows]
    urls = {question_id: question_path(head_row)}
    urls |= {row.id: answer_path(row.id, head_row) for row in rows}
    comments = page_rows.comments_of(urls, seen, parameters)
    extras = page_rows.extras(question_id, urls)
    question = page_rows.shown(
        head_row,
        urls[question_id],
        kinds.of(head_row).edit_path(head_row),
        None,
        ShownQuestion,
        tags=extras.tags,
        open_suggestion=extras.suggestions.get(question_id),
        comments=comments.get(question_id, ()),
        close_reason=head_row.close_reason,
        close_note=head_row.close_note,
        duplicate_of_id=head_row.duplicate_of_id,
        closed_by_id=head_row.closed_by_id,
        closed_by=page_rows.person(head_row, "closer"),
    )
    answers = [
        page_rows.shown(
            row,
            urls[row.id],
            kinds.of(row).edit_path(row),
            question,
            open_suggestion=extras.suggestions.get(row.id),
            comments=comments.get(row.id, ()),
        )
        for row in rows
    ]
    return Thread(question, answers, page.next, extras.hidden_authors)


def _duplicate_of(question: ShownQuestion, asked: Asked) -> Link | None:
    """The question that a closed one duplicates, if it is among the seen."""
    if question.duplicate_of_id is None:
        return None
    depends_on(f"thread:{question.duplicate_of_id}")
    parameters = {"question_id": question.duplicate_of_id, "user_id": asked.user_id}
    row = db.session.execute(_title(asked.seen), parameters).one_or_none()
    return None if row is None else Link(question_path(row), row.title)


def template(asked: Asked) -> Template | None:
    """The template of a page with its variables; None when the question is not among the seen."""
    thread = read(asked)
    if thread is None:
        return None
    question = thread.question
    depends_on(f"thread:{question.id}")
    related_questions = related(question.id, question.title, user=Visitor())
    context = {
        "here": question.url,
        "question": question,
        "answers": thread.answers,
        "next": thread.next,
        "order": asked.order,
        "close_reasons": labels.close_reasons(),
        "duplicate_of": _duplicate_of(question, asked),
        "related": [Link(other.url, other.title) for other in related_questions],
        "structured_data": qa_page(question, thread.answers) if question.is_public else None,
        "form": AttachingForm(schemas.AnswerSchema),
        "preview": None,
    }
    return Template("forum/question.html", context, {post.id: post for post in thread.things()}, thread)
