"""Conflicts between users: who made the same decision before."""

from collections.abc import Iterable
from typing import Any, Protocol

from sqlalchemy import func, select

from auth.models import User, Visitor
from core.database.db import db
from core.database.models import Event
from core.web.conflicts import AlreadyDone

MAX_EVENTS = 10_000  # newest events that are searched


class Subject(Protocol):
    """Anything an event can be about."""

    id: Any


def last_act(subject: Subject, names: Iterable[str]) -> Event | None:
    """The newest event with one of these names about `subject`, among the last MAX_EVENTS of the site."""
    kind = getattr(subject, "kind", None) or type(subject).__name__.lower()
    oldest = db.session.scalar(select(func.max(Event.id))) or 0
    return db.session.scalar(
        select(Event)
        .where(
            Event.id > oldest - MAX_EVENTS,
            Event.subject_id == subject.id,
            Event.subject_kind == kind,
            Event.name.in_(list(names)),
        )
        .order_by(Event.id.desc())
        .limit(1)
    )


def check_not_done(
    subject: Subject, names: Iterable[str], what: str, *, by: User | Visitor | None, url: str
) -> None:
    """Raise AlreadyDone when the last of these events was caused by a user other than `by`.

    Repeating one's own act is no conflict, and neither is an act that has no event. `what` is a sentence
    about what was done, `url` the page that shows it.
    """
    event = last_act(subject, names)
    if event is not None and (by is None or event.actor_id != by.id):
        raise AlreadyDone(what, who=name_of(event.actor_id), at=event.created_at, url=url)


def name_of(user_id: int | None) -> str:
    """The display name of an account; "" when there is none."""
    user = db.session.get(User, user_id) if user_id else None
    return user.display_name or user.username if user is not None else ""
