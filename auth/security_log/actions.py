"""The one way into the security log. Nothing here commits: an event is written with its act or not at all."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from types import EllipsisType

from flask import current_app
from sqlalchemy import ColumnElement, Insert, Select, delete, func, insert, literal, select

from auth.models import User
from auth.security_log.kinds import KINDS
from auth.security_log.models import SecurityEvent, SecurityOrigin
from core.database.db import db, utcnow
from core.observability import logs
from core.web import origins

PLAIN = re.compile(r"[\w.:/<>-]{1,80}", re.ASCII)  # a route, a scope, a role: never a sentence or an address
HOUR = timedelta(hours=1)
MAX_ADDRESS_CHARACTERS = 45
MAX_DELETED_ROWS = 10_000  # by one statement of the retention task


def record(
    kind: str,
    *,
    user: User | int | None = None,
    actor: User | int | EllipsisType | None = ...,
    **facts: int | str | None,
) -> SecurityEvent | None:
    """Write one event: a kind of KINDS, the account it concerns, who did it.

    Without `actor` that is the member themselves, and nobody who is known in the shell or a task.

    `facts` are numbers or single words (a route, a scope, a role). Anything else is dropped, so that no typed
    text, address or secret gets here by mistake. Returns the row; None when the hour has
    enough of this kind: then only the structured log has it. Raises KeyError for a kind that is not in KINDS.
    """
    values, most = _values(kind, user, actor, facts), KINDS[kind].max_an_hour
    logs.log_security_on_commit(_told(values))
    if most is None:
        row = SecurityEvent(**values)
        row.origin = SecurityOrigin(**_from_where()) if _keeps_origins() else None
        db.session.add(row)
        return row
    return _write_unless_full(values, most)


def log_only(kind: str, *, user: User | int | None, actor: User | int | None, **facts: int | str) -> None:
    """Say in the structured log at once what `record` would say; no row is written."""
    logs.log_security(_told(_values(kind, user, actor, facts)))


def full_until(kind: str, user_id: int | None) -> datetime | None:
    """Until when the hour has enough events of a kind for an account; None when it has not."""
    most = KINDS[kind].max_an_hour
    oldest = most and db.session.scalar(
        select(SecurityEvent.created_at)
        .where(*_within_hour(kind, user_id))
        .order_by(SecurityEvent.created_at.desc())
        .offset(most - 1)
        .limit(1)
    )
    return oldest + HOUR if oldest else None


def _values(kind: str, user: User | int | None, actor: User | int | EllipsisType | None, facts: dict) -> dict:
    """The columns of an event."""
    means = origins.current().means
    if actor is ...:
        actor = user if means in (origins.PAGE, origins.API) else None
    plain = {
        name: value
        for name, value in facts.items()
        if isinstance(value, int) or (isinstance(value, str) and PLAIN.fullmatch(value))
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


def _told(values: dict) -> dict:
    """An event as it stands in the structured log."""
    return {
        "event": values["kind"],
        "user": values["user_id"],
        "actor": values["actor_id"],
        "means": values["means"],
        **values["facts"],
    }


def _keeps_origins() -> bool:
    return bool(origins.current().address and current_app.config["REDOUBT_SECURITY_LOG_ADDRESS_DAYS"])


def _from_where() -> dict:
    origin = origins.current()
    return {"address": origin.address[:MAX_ADDRESS_CHARACTERS], "program": origin.program}


def _within_hour(kind: str, user_id: int | None) -> tuple[ColumnElement[bool], ...]:
    same = SecurityEvent.user_id == user_id if user_id is not None else SecurityEvent.user_id.is_(None)
    return SecurityEvent.kind == kind, same, SecurityEvent.created_at > utcnow() - HOUR


def _write_unless_full(values: dict, most: int) -> SecurityEvent | None:
    """Insert an event unless this hour has `most` of its kind for its account.

    The same statements run in both cases: whether an address is known must not show in them.
    """
    enough = (
        select(SecurityEvent.id)
        .where(*_within_hour(values["kind"], values["user_id"]))
        .limit(most)
        .subquery()
    )
    is_room = select(func.count()).select_from(enough).scalar_subquery() < most
    row = db.session.scalar(
        _insert(SecurityEvent, values, select(*_literals(SecurityEvent, values)).where(is_room)).returning(
            SecurityEvent
        )
    )
    if _keeps_origins():
        origin = _from_where()
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


def _insert(model: type, names: Iterable[str], rows: Select) -> Insert:
    return insert(model).from_select(list(names), rows)


def _literals(model: type, values: dict) -> list[ColumnElement]:
    return [literal(value, model.__table__.c[name].type) for name, value in values.items()]


def forget_old() -> int:
    """Delete events and addresses older than the settings say, a batch of each; returns how many rows."""
    gone = 0
    for model, setting in (
        (SecurityOrigin, "REDOUBT_SECURITY_LOG_ADDRESS_DAYS"),
        (SecurityEvent, "REDOUBT_SECURITY_LOG_DAYS"),
    ):
        oldest = utcnow() - timedelta(days=current_app.config[setting])
        key = SecurityEvent.id if model is SecurityEvent else SecurityOrigin.event_id
        old = select(key).where(SecurityEvent.created_at < oldest)
        if model is SecurityOrigin:
            old = old.join(SecurityEvent, SecurityEvent.id == SecurityOrigin.event_id)
        old = old.order_by(SecurityEvent.created_at, SecurityEvent.id).limit(MAX_DELETED_ROWS)
        gone += db.session.execute(
            delete(model).where(key.in_(old.scalar_subquery())).execution_options(synchronize_session=False)
        ).rowcount
    return gone
