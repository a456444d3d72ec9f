"""Writes of the forum: ask, answer, accept, close. Nothing here commits."""

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import chain
from typing import cast

from flask_babel import gettext as _
from sqlalchemy import select

from auth import reputation
from auth.conflicts import check_not_done
from auth.models import User
from auth.reputation import POINTS, Entitlement
from core.database.db import db, utcnow
from core.jobs import events
from core.markup.markup import Rendered
from core.web.access import require
from core.web.forms import Invalid
from forum import policy, queries
from forum.models import Acceptance, Answer, Question
from posts import actions as posts
from posts import locks
from posts.policy import require_can_write
from posts.queries import first_status
from posts.tags.actions import require_known

CLOSE_REASONS = ("duplicate", "off-topic", "needs-details", "too-broad", "opinion")


def ask(title: str, body: Rendered, tags: Iterable[str], *, by: User) -> Question:
    """Ask a question. The first post of a member may need the approval of a moderator (first_status).

    Raises Forbidden when `by` may only read, TooMany beyond the limit for posts, and Invalid when a tag is
    new and `by` may not create tags.
    """
    require_can_write(by)
    posts.limit_posting(by)
    require_known(tags, by=by)
    question = Question(title=title, author_id=by.id, status=first_status(by))
    return cast("Question", posts.create_once(question, body, tags=tags))


def answer(question: Question, body: Rendered, *, by: User) -> Answer:
    """Answer a question; as in ask(), a first post may need approval.

    Raises Forbidden when `by` may only read or the question takes no answers, and TooMany.
    """
    require_can_write(by)
    require(policy.can_answer(by, question), policy.why_no_answer(question))
    posts.limit_posting(by)
    made = Answer(parent_id=question.id, author_id=by.id, status=first_status(by))
    return cast("Answer", posts.create_once(made, body))


def accept(answer: Answer, *, by: User) -> bool:
    """Accept an answer in place of any other: +15 to its author, +2 to the accepter.

    False when nothing changed: it is the accepted one already, or it was deleted.
    """
    question = _lock(answer)
    if question.accepted_answer_id == answer.id or not answer.is_public:
        return False
    reputation.lock(_ids(answer.author_id, by.id, *_credited(question)))
    if question.accepted_answer_id is not None:
        replaced = db.session.get(Answer, question.accepted_answer_id)
        events.record("answer.unaccepted", subject=replaced, actor=by)
    _withdraw(question)
    _grant(question, answer, accepter_id=by.id, author_id=answer.author_id, day=utcnow().date())
    events.record("answer.accepted", subject=answer, actor=by)
    return True


def unaccept(answer: Answer, *, by: User) -> bool:
    """Withdraw the acceptance of an answer and its points; False when it is not the accepted one."""
    question = _lock(answer)
    if question.accepted_answer_id != answer.id:
        return False
    reputation.lock(_ids(*_credited(question)))
    _withdraw(question)
    events.record("answer.unaccepted", subject=answer, actor=by)
    return True


def answer_deleted(answer: Answer, *, by: User) -> None:
    """Withdraw the acceptance of a deleted answer."""
    question = _question_of(answer)
    if question.accepted_answer_id == answer.id:
        _withdraw(question, by_deletion=True)


def answer_restored(answer: Answer, *, by: User) -> None:
    """Accept an undeleted answer again, as of the former day, unless another one is accepted now."""
    question = _question_of(answer)
    last = db.session.scalar(
        select(Acceptance).where(Acceptance.answer_id == answer.id).order_by(Acceptance.id.desc()).limit(1)
    )
    if last is not None and last.by_deletion and question.accepted_answer_id is None:
        _grant(question, answer, accepter_id=last.accepter_id, author_id=last.author_id, day=last.day)


def credited_members(answer: Answer) -> list[int]:
    """Ids of the members whose reputation answer_deleted() and answer_restored() change."""
    rows = db.session.execute(
        select(Acceptance.accepter_id, Acceptance.author_id).where(Acceptance.answer_id == answer.id)
    )
    return _ids(*chain.from_iterable(rows))


def _lock(answer: Answer) -> Question:
    """Lock the question, then the answer and the accepted one (in the order of posts/locks.py)."""
    question = _question_of(answer)
    locks.lock(question)
    accepted = db.session.get(Answer, question.accepted_answer_id) if question.accepted_answer_id else None
    locks.lock(answer, accepted)
    return question


def _question_of(answer: Answer) -> Question:
    return cast("Question", answer.parent)


def _ids(*user_ids: int | None) -> list[int]:
    return [user_id for user_id in user_ids if user_id is not None]


def _current_acceptance(question: Question) -> Acceptance | None:
    return db.session.scalar(
        select(Acceptance).where(Acceptance.question_id == question.id, Acceptance.withdrawn_at.is_(None))
    )


def _credited(question: Question) -> list[int | None]:
    current = _current_acceptance(question)
    return [current.accepter_id, current.author_id] if current else []


def _grant(
    question: Question, answer: Answer, *, accepter_id: int | None, author_id: int | None, day: date
) -> None:
    row = Acceptance(
        question_id=question.id, answer_id=answer.id, accepter_id=accepter_id, author_id=author_id, day=day
    )
    db.session.add(row)
    db.session.flush()
    question.accepted_answer_id = answer.id
    question.accepted = True
    answer.accepted = True
    for item in _entitlements(row):
        reputation.award(
            item.user_id, item.kind, cause=item.cause, source=answer.id, actor_id=accepter_id, day=day
        )
    db.session.flush()


def _withdraw(question: Question, *, by_deletion: bool = False) -> None:
    """Withdraw the current acceptance; an imported one, which has no row, gets one first."""
    if question.accepted_answer_id is None:
        return
    row = _current_acceptance(question)
    if row is None:
        row = Acceptance(question_id=question.id, answer_id=question.accepted_answer_id, day=utcnow().date())
        db.session.add(row)
    row.withdrawn_at = utcnow()
    row.by_deletion = by_deletion
    db.session.flush()
    for item in _entitlements(row):
        if item.reverses:
            reputation.reverse(item.reverses, by_cause=item.cause)
    db.session.get_one(Answer, question.accepted_answer_id).accepted = False
    question.accepted_answer_id = None
    question.accepted = False
    db.session.flush()


def _entitlements(row: Acceptance) -> Iterator[Entitlement]:
    """The points for an acceptance, and their reversal after its withdrawal.

    There are none for one's own answer, nor for imported acceptances, which have no author and no accepter.
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
        .execution_options(**reputation.STREAM_OPTIONS)
    ):
        yield from _entitlements(row)


def close(
    question: Question,
    reason: str,
    *,
    by: User,
    note: str = "",
    duplicate_of: Question | str | None = None,
) -> None:
    """Close a question to new answers; `duplicate_of` is the canonical question, or its id or URL.

    Raises Invalid when a duplicate has no canonical question that `by` may see, and AlreadyDone when somebody
    else has closed the question; a second request of `by` has no effect.
    """
    if isinstance(duplicate_of, str):
        duplicate_of = _canonical(duplicate_of, question, by=by) if reason == "duplicate" else None
    locks.lock(question)
    if question.closed_at is not None:
        check_not_done(question, ["question.closed"], _("this question is closed."), by=by, url=question.url)
        return
    question.closed_at = utcnow()
    question.closed_by_id = by.id
    question.close_reason = reason
    question.close_note = note
    question.duplicate_of_id = duplicate_of.id if duplicate_of else None
    if duplicate_of is not None:
        posts.link(question, duplicate_of, "duplicate")
    db.session.flush()
    events.record("question.closed", subject=question, actor=by, reason=reason, note=note)


def _canonical(reference: str, question: Question, *, by: User) -> Question:
    found = queries.canonical_question(reference, question, by)
    if found is None:
        raise Invalid({"duplicate_of": [_("Enter the link to another question, or its number.")]})
    return found


def reopen(question: Question, *, by: User) -> None:
    """Reopen a closed question. Raises AlreadyDone when somebody else has."""
    locks.lock(question)
    if question.closed_at is None:
        check_not_done(question, ["question.reopened"], _("this question is open."), by=by, url=question.url)
        return
    posts.unlink(question, "duplicate")
    question.closed_at = None
    question.closed_by_id = None
    question.duplicate_of_id = None
    question.close_reason = None
    question.close_note = ""
    db.session.flush()
    events.record("question.reopened", subject=question, actor=by)
