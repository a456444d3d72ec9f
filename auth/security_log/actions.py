"""The one way into the security log. Nothing here commits: an event is written with its act or not at all."""

import re
from datetime import timedelta
from types import EllipsisType

from flask import current_app
from sqlalchemy import delete, select

from auth.models import User
from auth.security_log.kinds import KINDS
from auth.security_log.models import SecurityEvent, SecurityOrigin
from core import logs, origins
from core.db import db, utcnow

PLAIN = re.compile(r"[\w.:/<>-]{1,80}", re.ASCII)  # a route, a scope, a role: never a sentence or an address
HOUR = timedelta(hours=1)
MAX_DELETED_ROWS = 10_000  # by one statement of the retention task


def record(kind: str, *, user: User | int | None = None, actor: User | int | EllipsisType | None = ...,
           **facts: int | str | None) -> SecurityEvent | None:
    """Write one event: a kind of KINDS, the account it concerns, who did it.

    Without `actor` that is the member themselves, and nobody who is known in the shell or a task.

    `facts` are numbers or single words (a route, a scope, a role). Anything else is dropped, so that no typed
    text, address or secret gets here by mistake. Returns the row; None when the hour has enough of this kind.
    Raises KeyError for a kind that is not in KINDS.
    """
    limit, origin = KINDS[kind].max_an_hour, origins.current()
    if actor is ...:
        actor = user if origin.means in (origins.PAGE, origins.API) else None
    user_id, actor_id = _id(user), _id(actor)
    if limit is not None and _is_full(kind, user_id, limit):
        return None
    plain = {name: value for name, value in facts.items()
             if isinstance(value, int) or isinstance(value, str) and PLAIN.fullmatch(value)}
    row = SecurityEvent(kind=kind, user_id=user_id, actor_id=actor_id, means=origin.means, facts=plain,
                        created_at=utcnow())
    if origin.address and current_app.config["REDOUBT_SECURITY_LOG_ADDRESS_DAYS"]:
        row.origin = SecurityOrigin(address=origin.address[:45], program=origin.program)
    db.session.add(row)
    logs.note_security({"event": kind, "user": user_id, "actor": actor_id, "means": origin.means, **plain})
    return row


def _id(user: User | int | None) -> int | None:
    return user if user is None or isinstance(user, int) else user.id


def _is_full(kind: str, user_id: int | None, limit: int) -> bool:
    """Whether this hour has `limit` events of a kind for an account; the count stops there."""
    db.session.flush()
    same = SecurityEvent.user_id == user_id if user_id is not None else SecurityEvent.user_id.is_(None)
    found = db.session.scalars(
        select(SecurityEvent.id).where(SecurityEvent.kind == kind, same,
                                       SecurityEvent.created_at > utcnow() - HOUR).limit(limit)).all()
    return len(found) >= limit


def forget_old() -> int:
    """Delete events and addresses older than the settings say, a batch of each; returns how many rows."""
    gone = 0
    for model, setting in ((SecurityOrigin, "REDOUBT_SECURITY_LOG_ADDRESS_DAYS"),
                           (SecurityEvent, "REDOUBT_SECURITY_LOG_DAYS")):
        oldest = utcnow() - timedelta(days=current_app.config[setting])
        key = SecurityEvent.id if model is SecurityEvent else SecurityOrigin.event_id
        old = select(key).where(SecurityEvent.created_at < oldest)
        if model is SecurityOrigin:
            old = old.join(SecurityEvent, SecurityEvent.id == SecurityOrigin.event_id)
        old = old.order_by(SecurityEvent.created_at, SecurityEvent.id).limit(MAX_DELETED_ROWS)
        gone += db.session.execute(delete(model).where(key.in_(old.scalar_subquery())).execution_options(
            synchronize_session=False)).rowcount
    return gone
