"""Writes of the forum: ask, answer, accept, close. Nothing here commits."""

from collections.abc import Iterable, Iterator
from datetime import date

from flask_babel import gettext as _
from sqlalchemy import select

from auth import reputation
from auth.conflicts import check_not_done
from auth.reputation import POINTS, Entitlement
from core.database.db import db, utcnow
from core.jobs import events
from core.markup.markup import Rendered
from forum.models import Acceptance, Answer, Question
from posts import actions as posts
from posts import locks
from posts.models import PUBLISHED
from posts.tag_actions import require_known

CLOSE_REASONS = ("duplicate", "off-topic", "needs-details", "too-broad", "opinion")


def ask(title: str, body: Rendered, tags: Iterable[str], *, by, status: str = PUBLISHED) -> Question:
    """Ask a question; Invalid when a tag is new and the asker may not make tags."""
    require_known(tags, by=by)
    return posts.create_once(Question(title=title, author_id=by.id, status=status), body, tags=tags)


def answer(question: Question, body: Rendered, *, by, status: str = PUBLISHED) -> Answer:
    """Answer a question."""
    return posts.create_once(Answer(parent_id=question.id, author_id=by.id, status=status), body)


def accept(answer: Answer, *, by) -> bool:
    """Accept an answer in place of any other: +15 to its author, +2 to the accepter.

    False when nothing changed: it is the accepted one, or was removed meanwhile.
    """
    question = _lock(answer)
    if question.accepted_answer_id == answer.id or not answer.is_public:
        return False
    reputation.lock([answer.author_id, by.id, *_people(question)])
    if question.accepted_answer_id is not None:
        replaced = db.session.get(Answer, question.accepted_answer_id)
        events.record("answer.unaccepted", subject=replaced, actor=by)
    _withdraw(question)
    _grant(question, answer, accepter_id=by.id, author_id=answer.author_id, day=utcnow().date())
    events.record("answer.accepted", subject=answer, actor=by)
    return True


def unaccept(answer: Answer, *, by) -> bool:
    """Take the acceptance back, and what it gave; False when it is not the accepted one."""
    question = _lock(answer)
    if question.accepted_answer_id != answer.id:
        return False
    reputation.lock(_people(question))
    _withdraw(question)
    events.record("answer.unaccepted", subject=answer, actor=by)
    return True


def answer_deleted(answer: Answer, *, by) -> None:
    """A removed answer is not the accepted one any more."""
    if answer.parent.accepted_answer_id == answer.id:
        _withdraw(answer.parent, by_deletion=True)


def answer_restored(answer: Answer, *, by) -> None:
    """A restored answer is accepted again, as on the day it was, unless another took its place."""
    last = db.session.scalar(
        select(Acceptance).where(Acceptance.answer_id == answer.id).order_by(Acceptance.id.desc()).limit(1)
    )
    if last is not None and last.by_deletion and answer.parent.accepted_answer_id is None:
        _grant(answer.parent, answer, accepter_id=last.accepter_id, author_id=last.author_id, day=last.day)


def credited_members(answer: Answer) -> list[int]:
    """Who gained by the acceptance of an answer: they lose with its removal, and gain with its return."""
    rows = db.session.execute(
        select(Acceptance.accepter_id, Acceptance.author_id).where(Acceptance.answer_id == answer.id)
    )
    return [user_id for row in rows for user_id in row]


def _lock(answer: Answer) -> Question:
    """Take the question, then the answer and whichever is accepted now (posts/locks.py)."""
    question = answer.parent
    locks.lock(question)
    accepted = db.session.get(Answer, question.accepted_answer_id) if question.accepted_answer_id else None
    locks.lock(answer, accepted)
    return question


def _standing(question: Question) -> Acceptance | None:
    return db.session.scalar(
        select(Acceptance).where(Acceptance.question_id == question.id, Acceptance.withdrawn_at.is_(None))
    )


def _people(question: Question) -> list[int]:
    standing = _standing(question)
    return [standing.accepter_id, standing.author_id] if standing else []


def _grant(
    question: Question, answer: Answer, *, accepter_id: int | None, author_id: int | None, day: date
) -> None:
    row = Acceptance(
        question_id=question.id, answer_id=answer.id, accepter_id=accepter_id, author_id=author_id, day=day
    )
    db.session.add(row)
    db.session.flush()
    question.accepted_answer_id, question.accepted, answer.accepted = answer.id, True, True
    for item in _entitlements(row):
        reputation.award(
            item.user_id, item.kind, cause=item.cause, source=answer.id, actor_id=accepter_id, day=day
        )
    db.session.flush()


def _withdraw(question: Question, *, by_deletion: bool = False) -> None:
    """End the standing acceptance; an imported one, which names nobody, is written down first."""
    if question.accepted_answer_id is None:
        return
    row = _standing(question)
    if row is None:
        row = Acceptance(question_id=question.id, answer_id=question.accepted_answer_id, day=utcnow().date())
        db.session.add(row)
    row.withdrawn_at, row.by_deletion = utcnow(), by_deletion
    db.session.flush()
    for item in _entitlements(row):
        if item.reverses:
            reputation.reverse(item.reverses, by_cause=item.cause)
    db.session.get(Answer, question.accepted_answer_id).accepted = False
    question.accepted_answer_id, question.accepted = None, False
    db.session.flush()


def _entitlements(row: Acceptance) -> Iterator[Entitlement]:
    """What an acceptance gives, and what its withdrawal takes; one's own answer gives nothing.

    Nor does an imported acceptance: it names neither author nor accepter.
    """
    if row.author_id == row.accepter_id:
        return
    sides = (
        ("author", row.author_id, "answer_accepted"),
        ("accepter", row.accepter_id, "accepted_an_answer"),
    )
    for side, user_id, kind in sides:
        if user_id is None:
            continue
        cause = f"accept:{row.id}:{side}"
        yield Entitlement(cause, user_id, kind, POINTS[kind], row.day)
        if row.withdrawn_at is not None:
            yield Entitlement(f"un{cause}", user_id, kind, 0, row.day, reverses=cause)


@reputation.register_source
def _replay(first: int, last: int) -> Iterator[Entitlement]:
    concerned = Acceptance.author_id.between(first, last) | Acceptance.accepter_id.between(first, last)
    for row in db.session.scalars(
        select(Acceptance)
        .where(concerned)
        .order_by(Acceptance.id)
        .execution_options(**reputation.STREAM)
    ):
        yield from _entitlements(row)


def close(
    question: Question, reason: str, *, by, note: str = "", duplicate_of: Question | None = None
) -> None:
    """Close a question to new answers; a duplicate points to the canonical question.

    Raises AlreadyDone when somebody else has closed it; what `by` sends twice is done once.
    """
    locks.lock(question)
    if question.closed_at is not None:
        check_not_done(question, ["question.closed"], _("this question is closed."), by=by, url=question.url)
        return
    question.closed_at, question.closed_by_id = utcnow(), by.id
    question.close_reason, question.close_note = reason, note
    question.duplicate_of_id = duplicate_of.id if duplicate_of else None
    if duplicate_of is not None:
        posts.link(question, duplicate_of, "duplicate")
    db.session.flush()
    events.record("question.closed", subject=question, actor=by, reason=reason, note=note)


def reopen(question: Question, *, by) -> None:
    """Open a closed question again. Raises AlreadyDone when somebody else has."""
    locks.lock(question)
    if question.closed_at is None:
        check_not_done(question, ["question.reopened"], _("this question is open."), by=by, url=question.url)
        return
    posts.unlink(question, "duplicate")
    question.closed_at = question.closed_by_id = question.duplicate_of_id = None
    question.close_reason, question.close_note = None, ""
    db.session.flush()
    events.record("question.reopened", subject=question, actor=by)
