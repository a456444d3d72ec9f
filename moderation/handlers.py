"""Tells flaggers the outcome, and writes decisions made in other rooms into the log."""

from sqlalchemy import select

from core import events, mail
from core.db import db
from moderation.models import Decision, Flag


@events.on("flag.resolved")
def tell_flagger(batch: list[events.Event]) -> None:
    """One mail per resolved flag."""
    for event in batch:
        flag = db.session.get(Flag, event.subject_id)
        if flag is not None and flag.user.email and flag.user.confirmed_at:
            mail.queue(flag.user.email, "flag_resolved", subject="Your flag was looked at",
                       key=f"flag-resolved-{event.id}", flag=flag)


@events.on("question.closed", "question.reopened")
def log_closing(batch: list[events.Event]) -> None:
    """Closing is decided in the forum and logged here, once per event."""
    for event in batch:
        if db.session.scalar(select(Decision.id).where(Decision.event_id == event.id)) is None:
            db.session.add(Decision(action=event.name.split(".")[1], actor_id=event.actor_id,
                                    post_id=event.subject_id, reason=event.data.get("reason", ""),
                                    note=event.data.get("note", ""), event_id=event.id,
                                    created_at=event.created_at))
    db.session.flush()
