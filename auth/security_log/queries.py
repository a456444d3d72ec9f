"""Reads of the security log: all of it for administrators, one's own part for a member."""

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
    """Which events: of one kind, of one member, from a day to a day (UTC, both included); None: all."""

    kind: str | None = None
    user: User | None = None
    first_day: date | None = None
    last_day: date | None = None


def events(wanted: Filter, after: str | None = None) -> paging.Page:
    """The events that a filter lets through, newest first. For administrators."""
    statement = _whole()
    if wanted.kind:
        statement = statement.where(SecurityEvent.kind == wanted.kind)
    if wanted.user:
        statement = statement.where(_of(wanted.user))
    if wanted.first_day:
        statement = statement.where(SecurityEvent.created_at >= _midnight(wanted.first_day))
    if wanted.last_day:
        statement = statement.where(SecurityEvent.created_at < _midnight(wanted.last_day) + timedelta(days=1))
    return _page(statement, after)


def own(user: User, after: str | None = None) -> paging.Page:
    """What happened to one's own account, newest first."""
    return _page(_whole().where(_of(user)), after)


def all_of(user: User) -> list[SecurityEvent]:
    """The newest MAX_EXPORTED_ROWS events of a member, for the export of their data."""
    return paging.keyset(
        _whole().where(_of(user)), [SecurityEvent.created_at, SecurityEvent.id], size=MAX_EXPORTED_ROWS
    ).items


def _whole() -> Select:
    return select(SecurityEvent).options(
        joinedload(SecurityEvent.user), joinedload(SecurityEvent.actor), joinedload(SecurityEvent.origin)
    )


def _of(user: User) -> ColumnElement[bool]:
    """Events of this account; a database may give the number of a removed account to a later one."""
    return (SecurityEvent.user_id == user.id) & (SecurityEvent.created_at >= user.created_at)


def _page(statement: Select, after: str | None) -> paging.Page:
    return paging.keyset(statement, [SecurityEvent.created_at, SecurityEvent.id], after=after, size=PAGE_SIZE)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)
