"""Who did something last: for the one who wants to do it a second time."""

from collections.abc import Iterable

from sqlalchemy import func, select

from auth.models import User
from core.database.db import db
from core.database.models import Event
from core.web.conflicts import AlreadyDone

MAX_EVENTS = 10_000  # how far back the log of events is read


def last_act(subject: Subject, names: Iterable[str]) -> Event | None:
    """The newest of the events with these names about `subject`, if it is among the newest of the site."""
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


def check_not_done(subject: Subject, names: Iterable[str], what: str, *, by: User | None, url: str) -> None:
    """Raise AlreadyDone when somebody else did it: who sends the same twice has done it once.

    What nobody did (a question that was never closed is open) is no conflict.
    """
    event = last_act(subject, names)
    if event is not None and (by is None or event.actor_id != by.id):
        raise AlreadyDone(what, who=name_of(event.actor_id), at=event.created_at, url=url)


def name_of(user_id: int | None) -> str:
    """What a member is called; empty when nobody is known."""
    user = db.session.get(User, user_id) if user_id else None
    return user.display_name or user.username if user is not None else ""
