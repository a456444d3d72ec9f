"""Reads of the security log: all events for administrators, a member's own for the member."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import joinedload

from auth.models import User
from auth.security_log.models import SecurityEvent
from core.database import paging

PAGE_SIZE = 50
MAX_EXPORTED_ROWS = 10_000


@dataclass(frozen=True)
class Filter:
    """A filter by kind, member and period (UTC days, both included); None does not filter."""

    kind: str | None = None
    user: User | None = None
    first_day: date | None = None
    last_day: date | None = None


def events(chosen: Filter, after: str | None = None) -> paging.Page:
    """One page of the events that match a filter, newest first; for administrators."""
    statement = _whole()
    if chosen.kind:
        statement = statement.where(SecurityEvent.kind == chosen.kind)
    if chosen.user:
        statement = statement.where(_of(chosen.user))
    if chosen.first_day:
        statement = statement.where(SecurityEvent.created_at >= _midnight(chosen.first_day))
    if chosen.last_day:
        statement = statement.where(SecurityEvent.created_at < _midnight(chosen.last_day) + timedelta(days=1))
    return _page(statement, after)


def own(user: User, after: str | None = None) -> paging.Page:
    """One page of the events of a member's own account, newest first."""
    return _page(_whole().where(_of(user)), after)


def all_of(user: User) -> list[SecurityEvent]:
    """The newest MAX_EXPORTED_ROWS events of a member, for the data export."""
    return paging.keyset(
        _whole().where(_of(user)), [SecurityEvent.created_at, SecurityEvent.id], size=MAX_EXPORTED_ROWS
    ).items


def _whole() -> Select:
    return select(SecurityEvent).options(
        joinedload(SecurityEvent.user), joinedload(SecurityEvent.actor), joinedload(SecurityEvent.origin)
    )


def _of(user: User) -> ColumnElement[bool]:
    """SQL condition: events of this account, not of a removed one whose id was reused."""
    return (SecurityEvent.user_id == user.id) & (SecurityEvent.created_at >= user.created_at)


def _page(statement: Select, after: str | None) -> paging.Page:
    return paging.keyset(statement, [SecurityEvent.created_at, SecurityEvent.id], after=after, size=PAGE_SIZE)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)
