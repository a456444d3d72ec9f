"""The reputation ledger: reputation is the sum of applied deltas, each with its cause.

Only the daily cap limits a delta (docs/decisions/0006). A reversal is the exact negative of what was applied,
on the day of what it reverses, so that no sequence of votes and withdrawals gains points.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import Any

from flask_babel import gettext as _
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
VERIFY_BATCH_ROWS = 100_000  # ledger rows that verify() holds in memory
STREAM_OPTIONS = {"yield_per": 1000}  # execution options of large reads


@dataclass(frozen=True)
class Entitlement:
    """A ledger entry that a recorded change should have caused, for verify().

    `reverses` is the cause that this one undoes. `order` sorts the capped entitlements of one user in the
    order in which they happened, because each uses up the cap of the day; others need no order.
    """

    cause: str
    user_id: int
    kind: str
    points: int
    day: date
    order: int = 0
    reverses: str | None = None


def _total() -> Update:
    """The statement of recount(), built once because it runs with every change of a reputation."""
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
    """Decorator: `source(first, last)` replays a package's records of users with ids in that range.

    It may also return entitlements of other users, but must not miss any of these.
    """
    _sources.append(source)
    return source


def lock(user_ids: Iterable[int | None]) -> None:
    """Lock the rows of all users whose reputation a change affects, in one call (posts/locks.py)."""
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
    """Append the points of `kind` to a user's ledger; returns the applied delta, 0 without a user.

    `cause` must be unique. The caller holds lock(). `day` is the UTC day of the cap, by default today;
    `points` overrides POINTS.
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
    """Append many awards without a cap, for imports."""
    db.session.add_all(awards)
    db.session.flush()
    recount(award.user_id for award in awards)


def reverse(cause: str, *, by_cause: str, actor_id: int | None = None) -> int:
    """Append the negative of what `cause` applied; returns the delta, 0 when nothing was applied."""
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
    """The points that count toward the cap of `day` (UTC): gains from votes less their reversals."""
    points = db.session.scalar(
        select(func.sum(ReputationEvent.points)).where(
            ReputationEvent.user_id == user_id, ReputationEvent.day == day, ReputationEvent.kind.in_(CAPPED)
        )
    )
    return points or 0


def _append(user_id: int, kind: str, points: int, **columns: Any) -> None:
    if points == 0 and kind not in ("registered", "imported") and kind not in CAPPED:
        return
    db.session.add(ReputationEvent(user_id=user_id, kind=kind, points=points, **columns))
    db.session.flush()
    recount([user_id])


def recount(user_ids: Iterable[int]) -> None:
    """Set `users.reputation` of these users to the sum of their ledger, at least 1."""
    for user_id in sorted(set(user_ids)):
        db.session.execute(RECOUNT, {"user": user_id})
        user = db.session.identity_map.get(db.session.identity_key(User, user_id))
        if user is not None:
            db.session.expire(user, ["reputation", "imported_reputation"])


@register_source
def _registrations(first: int, last: int) -> Iterator[Entitlement]:
    for user_id, created_at in db.session.execute(
        select(User.id, User.created_at)
        .where(User.id.between(first, last))
        .execution_options(**STREAM_OPTIONS)
    ):
        yield Entitlement(f"registration:{user_id}", user_id, "registered", 1, created_at.date())


def expected(first: int, last: int) -> dict[str, tuple[int, str, int]]:
    """Replay the records of all sources about these users: {cause: (user id, kind, applied points)}."""
    capped_points: dict[tuple[int, date], int] = defaultdict(int)
    applied: dict[str, tuple[int, str, int, date]] = {}
    entitlements = chain.from_iterable(source(first, last) for source in _sources)
    for item in sorted(entitlements, key=lambda e: e.order):
        if item.reverses is not None:
            if item.reverses not in applied:
                continue
            user_id, kind, points, day = applied[item.reverses]
            points = -points
        elif not first <= item.user_id <= last:
            continue
        else:
            user_id = item.user_id
            kind = item.kind
            points = item.points
            day = item.day
            if kind in CAPPED and points > 0:
                points = max(0, min(points, DAILY_CAP - capped_points[user_id, day]))
        if kind in CAPPED:
            capped_points[user_id, day] += points
        applied[item.cause] = (user_id, kind, points, day)
    return {cause: (user, kind, points) for cause, (user, kind, points, _) in applied.items()}


def verify() -> list[str]:
    """Compare totals, ledger and replay; returns one sentence per difference.

    Works on ranges of users, which are independent. While others write, call it within
    core.database.db.snapshot().
    """
    return list(chain.from_iterable(_differences(first, last) for first, last in _user_ranges()))


def _user_ranges() -> Iterator[tuple[int, int]]:
    """Ranges that cover all user ids, each with about VERIFY_BATCH_ROWS ledger rows or one user."""
    first = 0
    rows = 0
    sizes = (
        select(ReputationEvent.user_id, func.count())
        .group_by(ReputationEvent.user_id)
        .order_by(ReputationEvent.user_id)
    )
    for user_id, count in db.session.execute(sizes).all():
        if rows and rows + count > VERIFY_BATCH_ROWS:
            yield first, user_id - 1
            first = user_id
            rows = 0
        rows += count
    yield first, MAX_ID


def _differences(first: int, last: int) -> Iterator[str]:
    want = expected(first, last)
    sums: dict[int, int] = defaultdict(int)
    ledger = (
        select(ReputationEvent.user_id, ReputationEvent.cause, ReputationEvent.kind, ReputationEvent.points)
        .where(ReputationEvent.user_id.between(first, last))
        .order_by(ReputationEvent.id)
    )
    for user_id, cause, kind, points in db.session.execute(ledger.execution_options(**STREAM_OPTIONS)):
        sums[user_id] += points
        if kind == "imported":
            continue
        should = want.pop(cause, None)
        if should != (user_id, kind, points):
            yield _(
                "%(cause)s: ledger has %(points)s %(kind)s for user %(user)s, expected %(expected)s",
                cause=cause,
                points=f"{points:+d}",
                kind=kind,
                user=user_id,
                expected=should,
            )
    for cause, should in want.items():
        if should[2] != 0:
            yield _("%(cause)s: missing from the ledger: %(expected)s", cause=cause, expected=should)
    shown = select(User.id, User.reputation).where(User.id.between(first, last)).order_by(User.id)
    for user_id, reputation in db.session.execute(shown.execution_options(**STREAM_OPTIONS)):
        if reputation != max(1, sums[user_id]):
            yield _(
                "user %(user)s: shows %(shown)s, ledger total is %(total)s",
                user=user_id,
                shown=reputation,
                total=sums[user_id],
            )
