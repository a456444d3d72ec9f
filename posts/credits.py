"""Reputation for approved suggested edits: 2 points each, up to MAX_POINTS_FOR_EDITS per member.

The points are withdrawn when the post is deleted and restored with it; each grant is a row that
`flask reputation verify` replays. Callers of withdraw() and restore() hold the locks of holders().
"""

from collections.abc import Iterator
from datetime import date

from sqlalchemy import func, select

from auth import reputation
from auth.models import User
from auth.reputation import POINTS, Entitlement
from core.database.db import db, utcnow
from posts.models import Post, Suggestion, SuggestionCredit

MAX_POINTS_FOR_EDITS = 1_000


def grant(suggestion: Suggestion, *, by: User) -> None:
    """Award the points for an approved suggestion to its author."""
    if suggestion.author_id is not None:
        reputation.lock([suggestion.author_id])
        _grant(suggestion.id, suggestion.post_id, suggestion.author_id, utcnow().date(), by.id)


def holders(post: Post) -> list[int]:
    """Ids of the users whose points depend on whether the post is deleted."""
    return [row.user_id for row in _last_credits(post)]


def withdraw(post: Post, *, by: User) -> None:
    """Reverse the points for suggestions to a deleted post."""
    for row in _last_credits(post):
        if row.withdrawn_at is not None:
            continue
        row.withdrawn_at = utcnow()
        for item in _entitlements(row):
            if item.reverses is not None:
                reputation.reverse(item.reverses, by_cause=item.cause, actor_id=by.id)


def restore(post: Post, *, by: User) -> None:
    """Award again what withdraw() reversed, on the original days."""
    for row in _last_credits(post):
        if row.withdrawn_at is not None:
            _grant(row.suggestion_id, post.id, row.user_id, row.day, by.id)


def _last_credits(post: Post) -> list[SuggestionCredit]:
    newest = (
        select(func.max(SuggestionCredit.id))
        .join(Suggestion)
        .where(Suggestion.post_id == post.id)
        .group_by(SuggestionCredit.suggestion_id)
    )
    return list(
        db.session.scalars(
            select(SuggestionCredit).where(SuggestionCredit.id.in_(newest)).order_by(SuggestionCredit.id)
        )
    )


def _grant(suggestion_id: int, post_id: int, user_id: int, day: date, actor_id: int) -> None:
    total = db.session.scalar(
        select(func.sum(SuggestionCredit.points)).where(
            SuggestionCredit.user_id == user_id, SuggestionCredit.withdrawn_at.is_(None)
        )
    )
    row = SuggestionCredit(
        suggestion_id=suggestion_id,
        user_id=user_id,
        day=day,
        points=max(0, min(POINTS["edit_accepted"], MAX_POINTS_FOR_EDITS - (total or 0))),
    )
    db.session.add(row)
    db.session.flush()
    for item in _entitlements(row):
        reputation.award(
            user_id,
            item.kind,
            cause=item.cause,
            source=post_id,
            actor_id=actor_id,
            day=day,
            points=item.points,
        )


def _entitlements(row: SuggestionCredit) -> Iterator[Entitlement]:
    cause = f"edit:{row.id}"
    yield Entitlement(cause, row.user_id, "edit_accepted", row.points, row.day)
    if row.withdrawn_at is not None:
        yield Entitlement(f"un{cause}", row.user_id, "edit_accepted", 0, row.day, reverses=cause)


@reputation.register_source
def _replay(first: int, last: int) -> Iterator[Entitlement]:
    given = select(SuggestionCredit).where(SuggestionCredit.user_id.between(first, last))
    for row in db.session.scalars(
        given.order_by(SuggestionCredit.id).execution_options(**reputation.STREAM_OPTIONS)
    ):
        yield from _entitlements(row)
