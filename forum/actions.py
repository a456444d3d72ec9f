"""Writes of the forum: ask, answer, accept, close. Nothing here commits."""

from collections.abc import Iterable, Iterator

from sqlalchemy import select, update

from auth import reputation
from auth.reputation import POINTS, Entitlement
from core import events
from core.db import db, utcnow
from core.markup import Rendered
from forum.models import Acceptance, Answer, Question
from posts import actions as posts
from posts.models import PUBLISHED, Post

CLOSE_REASONS = ("duplicate", "off-topic", "needs-details", "too-broad", "opinion")


def ask(title: str, body: Rendered, tags: Iterable[str], *, by, status: str = PUBLISHED) -> Question:
    """Ask a question."""
    return posts.create(Question(title=title, author_id=by.id, status=status), body, tags=tags)


def answer(question: Question, body: Rendered, *, by, status: str = PUBLISHED) -> Answer:
    """Answer a question."""
    return posts.create(Answer(parent_id=question.id, author_id=by.id, status=status), body)


def accept(answer: Answer, *, by) -> None:
    """Accept an answer in place of any other: +15 to its author, +2 to the accepter."""
    question = _lock(answer.parent_id)
    if question.accepted_answer_id == answer.id:
        return
    reputation.lock([answer.author_id, by.id, *_people(question)])
    _withdraw(question)
    _grant(question, answer, by.id, utcnow().date())
    events.record("answer.accepted", subject=answer, actor=by)


def unaccept(answer: Answer, *, by) -> None:
    """Take the acceptance back, and what it gave."""
    question = _lock(answer.parent_id)
    if question.accepted_answer_id != answer.id:
        return
    reputation.lock([by.id, *_people(question)])
    _withdraw(question)
    events.record("answer.unaccepted", subject=answer, actor=by)


def answer_deleted(answer: Answer, *, by) -> None:
    """A removed answer is not the accepted one any more."""
    question = _lock(answer.parent_id)
    if question.accepted_answer_id == answer.id:
        reputation.lock(_people(question))
        _withdraw(question, by_deletion=True)


def answer_restored(answer: Answer, *, by) -> None:
    """A restored answer is accepted again, as on the day it was, unless another took its place."""
    question = _lock(answer.parent_id)
    last = db.session.scalar(select(Acceptance).where(Acceptance.answer_id == answer.id)
                             .order_by(Acceptance.id.desc()).limit(1))
    if last is not None and last.by_deletion and question.accepted_answer_id is None:
        reputation.lock([answer.author_id, last.accepter_id])
        _grant(question, answer, last.accepter_id, last.day)


def _lock(question_id: int) -> Question:
    db.session.execute(select(Post.id).where(Post.id == question_id).with_for_update())
    return db.session.get(Question, question_id, populate_existing=True)


def _standing(question: Question) -> Acceptance | None:
    return db.session.scalar(select(Acceptance).where(
        Acceptance.question_id == question.id, Acceptance.withdrawn_at.is_(None)))


def _people(question: Question) -> list[int]:
    standing = _standing(question)
    return [standing.accepter_id, standing.author_id] if standing else []


def _grant(question: Question, answer: Answer, accepter_id: int | None, day) -> None:
    row = Acceptance(question_id=question.id, answer_id=answer.id, accepter_id=accepter_id,
                     author_id=answer.author_id, day=day)
    db.session.add(row)
    db.session.flush()
    question.accepted_answer_id, question.accepted, answer.accepted = answer.id, True, True
    for item in _entitlements(row):
        reputation.award(item.user_id, item.kind, cause=item.cause, source=answer.id,
                         actor_id=accepter_id, day=day)
    db.session.flush()


def _withdraw(question: Question, *, by_deletion: bool = False) -> None:
    row = _standing(question)
    if row is not None:
        row.withdrawn_at, row.by_deletion = utcnow(), by_deletion
        for item in _entitlements(row):
            if item.reverses:
                reputation.reverse(item.reverses, by_cause=item.cause)
    if question.accepted_answer_id is not None:
        db.session.execute(update(Post).where(Post.id == question.accepted_answer_id)
                           .values(accepted=False))
    question.accepted_answer_id, question.accepted = None, False
    db.session.flush()


def _entitlements(row: Acceptance) -> Iterator[Entitlement]:
    """What an acceptance gives, and what its withdrawal takes; one's own answer gives nothing."""
    if row.author_id == row.accepter_id:
        return
    sides = (("author", row.author_id, "answer_accepted"),
             ("accepter", row.accepter_id, "accepted_an_answer"))
    for side, user_id, kind in sides:
        if user_id is None:
            continue
        cause = f"accept:{row.id}:{side}"
        yield Entitlement(cause, user_id, kind, POINTS[kind], row.day)
        if row.withdrawn_at is not None:
            yield Entitlement(f"un{cause}", user_id, kind, 0, row.day, reverses=cause)


@reputation.register_source
def _replay() -> Iterator[Entitlement]:
    for row in db.session.scalars(select(Acceptance).order_by(Acceptance.id)):
        yield from _entitlements(row)


def close(question: Question, reason: str, *, by, note: str = "",
          duplicate_of: Question | None = None) -> None:
    """Close a question to new answers; a duplicate points to the canonical question."""
    question.closed_at, question.closed_by_id = utcnow(), by.id
    question.close_reason, question.close_note = reason, note
    question.duplicate_of_id = duplicate_of.id if duplicate_of else None
    if duplicate_of is not None:
        posts.link(question, duplicate_of, "duplicate")
    db.session.flush()
    events.record("question.closed", subject=question, actor=by, reason=reason, note=note)


def reopen(question: Question, *, by) -> None:
    """Open a closed question again."""
    posts.unlink(question, "duplicate")
    question.closed_at = question.closed_by_id = question.duplicate_of_id = None
    question.close_reason, question.close_note = None, ""
    db.session.flush()
    events.record("question.reopened", subject=question, actor=by)
