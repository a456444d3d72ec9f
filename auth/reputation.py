"""The ledger: reputation is the sum of applied deltas, each with the one change that caused it.

Only the daily cap clips a delta (docs/decisions/0006). A reversal is the exact negative of what
was applied, on the day of what it reverses, so no sequence of changes can pay.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Update, bindparam, func, select, update

from auth.models import ReputationEvent, User
from core.database.db import MAX_ID, db, lock_rows, utcnow

DAILY_CAP = 200
POINTS = {
    "registered": 1,
    "question_up": 10,
    "question_down": -2,
    "answer_up": 10,
    "answer_down": -2,
    "answer_downvoted": -1,
    "article_up": 10,
    "article_down": -2,
    "answer_accepted": 15,
    "accepted_an_answer": 2,
    "edit_accepted": 2,
    "report_helpful": 2,
    "article_published": 20,
    "spam_removed": -100,
    "imported": 0,
}
CAPPED = frozenset({"question_up", "answer_up", "article_up"})
AT_ONCE = 100_000  # rows of the ledger that `verify` compares at once: its memory
STREAM = {"yield_per": 1000}  # how a source reads its records


@dataclass(frozen=True)
class Entitlement:
    """What one recorded change should have done to the ledger, for `verify`.

    `reverses` names the cause that this one undoes. `order` sorts capped entitlements of one person
    as they happened, for each may have filled the day for the next; for others it means nothing.
    """

    cause: str
    user_id: int
    kind: str
    points: int
    day: date
    order: int = 0
    reverses: str | None = None


def _total() -> Update:
    """The statement of recount(), built once: it is run at every change of anybody's reputation."""
    users = User.__table__
    earned = select(func.coalesce(func.sum(ReputationEvent.points), 0)).where(
        ReputationEvent.user_id == users.c.id
    )
    total = earned.scalar_subquery()
    imported = earned.where(ReputationEvent.kind == "imported").scalar_subquery()
    return (
        update(users)
        .where(users.c.id == bindparam("user"))
        .values(reputation=db.case((total > 1, total), else_=1), imported_reputation=imported)
    )


RECOUNT = _total()
Source = Callable[[int, int], Iterable[Entitlement]]
_sources: list[Source] = []


def register_source(source: Source) -> Source:
    """Rooms above tell `verify` how to replay their own records, of the users with ids from … to ….

    It may give what concerns others too, but nothing that concerns these may be missing.
    """
    _sources.append(source)
    return source


def lock(user_ids: Iterable[int]) -> None:
    """Take the rows of these users, all that a change concerns at once: posts/locks.py says why."""
    lock_rows(User, user_ids)


def award(
    user_id: int | None,
    kind: str,
    *,
    cause: str,
    source: int | None = None,
    actor_id: int | None = None,
    day: date | None = None,
    points: int | None = None,
) -> int:
    """Apply the points of `kind` to a user once; returns the applied delta.

    The caller holds lock(). `points` overrides the table (imports, scaled reversals).
    """
    if user_id is None:
        return 0
    day = day or utcnow().date()
    delta = POINTS[kind] if points is None else points
    if kind in CAPPED and delta > 0:
        delta = max(0, min(delta, DAILY_CAP - earned(user_id, day)))
    _append(user_id, kind, delta, cause=cause, source=source, actor_id=actor_id, day=day)
    return delta


def award_all(awards: Collection[ReputationEvent]) -> None:
    """Append many awards that no cap concerns, as award() does one: for imports."""
    db.session.add_all(awards)
    db.session.flush()
    recount(award.user_id for award in awards)


def reverse(cause: str, *, by_cause: str, actor_id: int | None = None) -> int:
    """Undo exactly what `cause` applied; returns the delta. Nothing applied, nothing undone."""
    event = db.session.scalar(select(ReputationEvent).where(ReputationEvent.cause == cause))
    if event is None:
        return 0
    _append(
        event.user_id,
        event.kind,
        -event.points,
        cause=by_cause,
        source=event.source,
        actor_id=actor_id,
        day=event.day,
    )
    return -event.points


def earned(user_id: int, day: date) -> int:
    """What counts toward the cap of `day`: gains from votes less their reversals."""
    return db.session.scalar(
        select(func.coalesce(func.sum(ReputationEvent.points), 0)).where(
            ReputationEvent.user_id == user_id, ReputationEvent.day == day, ReputationEvent.kind.in_(CAPPED)
        )
    )


def _append(user_id: int, kind: str, points: int, **columns: Any) -> None:
    if points == 0 and kind not in ("registered", "imported") and kind not in CAPPED:
        return
    db.session.add(ReputationEvent(user_id=user_id, kind=kind, points=points, **columns))
    db.session.flush()
    recount([user_id])


def recount(user_ids: Iterable[int]) -> None:
    """Set `users.reputation` to max(1, sum of the ledger) for these users."""
    for user_id in sorted(set(user_ids)):
        db.session.execute(RECOUNT, {"user": user_id})
        user = db.session.identity_map.get(db.session.identity_key(User, user_id))
        if user is not None:
            db.session.expire(user, ["reputation", "imported_reputation"])


@register_source
def _registrations(first: int, last: int) -> Iterator[Entitlement]:
    for user_id, created_at in db.session.execute(
        select(User.id, User.created_at).where(User.id.between(first, last)).execution_options(**STREAM)
    ):
        yield Entitlement(f"registration:{user_id}", user_id, "registered", 1, created_at.date())


def expected(first: int, last: int) -> dict[str, tuple[int, str, int]]:
    """Replay every room's records of these users: {cause: (user id, kind, applied points)}."""
    room: dict[tuple[int, date], int] = defaultdict(int)
    applied: dict[str, tuple[int, str, int, date]] = {}
    everything = sorted((e for source in _sources for e in source(first, last)), key=lambda e: e.order)
    for item in everything:
        if item.reverses is not None:
            if item.reverses not in applied:
                continue
            user_id, kind, points, day = applied[item.reverses]
            points = -points
        elif not first <= item.user_id <= last:
            continue
        else:
            user_id, kind, points, day = item.user_id, item.kind, item.points, item.day
            if kind in CAPPED and points > 0:
                points = max(0, min(points, DAILY_CAP - room[user_id, day]))
        if kind in CAPPED:
            room[user_id, day] += points
        applied[item.cause] = (user_id, kind, points, day)
    return {cause: (user, kind, points) for cause, (user, kind, points, _) in applied.items()}


def verify() -> list[str]:
    """Compare totals, ledger and replay; returns one sentence per difference (none: clean).

    Some users after the others, for nobody's points depend on another's. Beside other writers, call it
    within core.database.db.snapshot().
    """
    return [fault for first, last in _shares() for fault in _faults(first, last)]


def _shares() -> Iterator[tuple[int, int]]:
    """All ids of users in ranges, each with about AT_ONCE rows of the ledger, or one user with more."""
    first, rows = 0, 0
    sizes = (
        select(ReputationEvent.user_id, func.count())
        .group_by(ReputationEvent.user_id)
        .order_by(ReputationEvent.user_id)
    )
    for user_id, count in db.session.execute(sizes).all():
        if rows and rows + count > AT_ONCE:
            yield first, user_id - 1
            first, rows = user_id, 0
        rows += count
    yield first, MAX_ID


def _faults(first: int, last: int) -> Iterator[str]:
    want = expected(first, last)
    sums: dict[int, int] = defaultdict(int)
    ledger = (
        select(ReputationEvent.user_id, ReputationEvent.cause, ReputationEvent.kind, ReputationEvent.points)
        .where(ReputationEvent.user_id.between(first, last))
        .order_by(ReputationEvent.id)
    )
    for user_id, cause, kind, points in db.session.execute(ledger.execution_options(**STREAM)):
        sums[user_id] += points
        if kind == "imported":
            continue
        should = want.pop(cause, None)
        if should != (user_id, kind, points):
            yield f"{cause}: ledger has {points:+d} {kind} for user {user_id}, the records say {should}"
    for cause, should in want.items():
        if should[2] != 0:
            yield f"{cause}: missing from the ledger: {should}"
    shown = select(User.id, User.reputation).where(User.id.between(first, last)).order_by(User.id)
    for user_id, reputation in db.session.execute(shown.execution_options(**STREAM)):
        if reputation != max(1, sums[user_id]):
            yield f"user {user_id}: shows {reputation}, ledger sums to {sums[user_id]}"
