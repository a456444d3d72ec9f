"""Writes of the security log. Nothing here commits: an event is written in the transaction of its action."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from types import EllipsisType

from flask import current_app
from sqlalchemy import ColumnElement, Insert, Select, delete, func, insert, literal, select

from auth.models import User
from auth.security_log.kinds import KINDS
from auth.security_log.models import SecurityEvent, SecurityOrigin
from core.database.db import changed_rows, db, utcnow
from core.observability import logs
from core.web import origins

PLAIN_WORD = re.compile(
    r"[\w.:/<>-]{1,80}", re.ASCII
)  # a route, a scope, a role: never a sentence or an address
HOUR = timedelta(hours=1)
MAX_ADDRESS_CHARACTERS = 45
DELETE_BATCH_SIZE = 10_000  # rows


def record(
    kind: str,
    *,
    user: User | int | None = None,
    actor: User | int | EllipsisType | None = ...,
    **facts: int | str | None,
) -> SecurityEvent | None:
    """Write one event of a kind of KINDS about the account `user`, caused by `actor`.

    `actor` defaults to `user` in a request, and to None (unknown) in the shell and in tasks.

    `facts` are numbers or single words (a route, a scope, a role). Anything else is dropped, so that no typed
    text, address or secret is stored by mistake. Returns the row; None when the kind's `max_an_hour` is
    reached: then the event is only in the structured log. Raises KeyError for an unknown kind.
    """
    values = _values(kind, user, actor, facts)
    max_an_hour = KINDS[kind].max_an_hour
    logs.note_security(_log_fields(values))
    if max_an_hour is None:
        row = SecurityEvent(**values)
        row.origin = SecurityOrigin(**_origin_values()) if _stores_origins() else None
        db.session.add(row)
        return row
    return _write_unless_full(values, max_an_hour)


def log_only(kind: str, *, user: User | int | None, actor: User | int | None, **facts: int | str) -> None:
    """Write the event only to the structured log, at once."""
    logs.tell_security(_log_fields(_values(kind, user, actor, facts)))


def full_until(kind: str, user_id: int | None) -> datetime | None:
    """Until when (UTC) `max_an_hour` of a kind is reached for an account; None when it is not."""
    max_an_hour = KINDS[kind].max_an_hour
    if not max_an_hour:
        return None
    oldest = db.session.scalar(
        select(SecurityEvent.created_at)
        .where(*_within_hour(kind, user_id))
        .order_by(SecurityEvent.created_at.desc())
        .offset(max_an_hour - 1)
        .limit(1)
    )
    return oldest + HOUR if oldest else None


def _values(kind: str, user: User | int | None, actor: User | int | EllipsisType | None, facts: dict) -> dict:
    """The column values of an event."""
    means = origins.current().means
    if actor is ...:
        actor = user if means in (origins.PAGE, origins.API) else None
    plain = {
        name: value
        for name, value in facts.items()
        if isinstance(value, int) or (isinstance(value, str) and PLAIN_WORD.fullmatch(value))
    }
    return {
        "kind": kind,
        "user_id": _id(user),
        "actor_id": _id(actor),
        "means": means,
        "facts": plain,
        "created_at": utcnow(),
    }


def _id(user: User | int | None) -> int | None:
    return user if user is None or isinstance(user, int) else user.id


def _log_fields(values: dict) -> dict:
    """The fields of an event in the structured log."""
    return {
        "event": values["kind"],
        "user": values["user_id"],
        "actor": values["actor_id"],
        "means": values["means"],
        **values["facts"],
    }


def _stores_origins() -> bool:
    return bool(origins.current().address and current_app.config["REDOUBT_SECURITY_LOG_ADDRESS_DAYS"])


def _origin_values() -> dict:
    origin = origins.current()
    return {"address": origin.address[:MAX_ADDRESS_CHARACTERS], "program": origin.program}


def _within_hour(kind: str, user_id: int | None) -> tuple[ColumnElement[bool], ...]:
    same = SecurityEvent.user_id == user_id if user_id is not None else SecurityEvent.user_id.is_(None)
    return SecurityEvent.kind == kind, same, SecurityEvent.created_at > utcnow() - HOUR


def _write_unless_full(values: dict, max_an_hour: int) -> SecurityEvent | None:
    """Insert an event unless the last hour has `max_an_hour` of its kind for its account.

    The same statements run in both cases, so that timing does not tell whether an account exists.
    """
    existing = (
        select(SecurityEvent.id)
        .where(*_within_hour(values["kind"], values["user_id"]))
        .limit(max_an_hour)
        .subquery()
    )
    is_below_limit = select(func.count()).select_from(existing).scalar_subquery() < max_an_hour
    row = db.session.scalar(
        _insert(
            SecurityEvent, values, select(*_literals(SecurityEvent, values)).where(is_below_limit)
        ).returning(SecurityEvent)
    )
    if _stores_origins():
        origin = _origin_values()
        db.session.execute(
            _insert(
                SecurityOrigin,
                {"event_id": None, **origin},
                select(SecurityEvent.id, *_literals(SecurityOrigin, origin)).where(
                    SecurityEvent.id == (row.id if row else 0)
                ),
            )
        )
    return row


def _insert(model: type[SecurityEvent] | type[SecurityOrigin], names: Iterable[str], rows: Select) -> Insert:
    return insert(model).from_select(list(names), rows)


def _literals(model: type[SecurityEvent] | type[SecurityOrigin], values: dict) -> list[ColumnElement]:
    return [literal(value, model.__table__.c[name].type) for name, value in values.items()]


def delete_old() -> int:
    """Delete a batch of events and of addresses older than the settings allow; returns how many rows."""
    old_origins = (
        select(SecurityOrigin.event_id)
        .join(SecurityEvent, SecurityEvent.id == SecurityOrigin.event_id)
        .where(SecurityEvent.created_at < _oldest("REDOUBT_SECURITY_LOG_ADDRESS_DAYS"))
        .order_by(SecurityEvent.created_at, SecurityEvent.id)
        .limit(DELETE_BATCH_SIZE)
    )
    old_events = (
        select(SecurityEvent.id)
        .where(SecurityEvent.created_at < _oldest("REDOUBT_SECURITY_LOG_DAYS"))
        .order_by(SecurityEvent.created_at, SecurityEvent.id)
        .limit(DELETE_BATCH_SIZE)
    )
    deleted = changed_rows(
        delete(SecurityOrigin).where(SecurityOrigin.event_id.in_(old_origins.scalar_subquery()))
    )
    return deleted + changed_rows(
        delete(SecurityEvent).where(SecurityEvent.id.in_(old_events.scalar_subquery()))
    )


def _oldest(setting: str) -> datetime:
    return utcnow() - timedelta(days=current_app.config[setting])
