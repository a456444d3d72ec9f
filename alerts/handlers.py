"""Event handlers: record news of bulletins for alerts, and delete alerts of erased members."""

from sqlalchemy import delete

from alerts import actions
from alerts.models import Subscription
from bulletins.queries import AlertFacts, alert_facts
from core.database.db import db
from core.jobs import events


def _public_facts(event: events.Event) -> list[AlertFacts]:
    """The facts of the event's bulletin, or none when it is not public."""
    return alert_facts([event.subject_id]) if event.subject_id is not None else []


@events.register_handler("bulletin.published")
def note_published(batch: list[events.Event]) -> None:
    """Record a new public bulletin as news for alerts."""
    for event in batch:
        for facts in _public_facts(event):
            actions.note_published(facts.id, is_exploited=facts.is_exploited)
        db.session.commit()


@events.register_handler("bulletin.risk_raised")
def note_risk(batch: list[events.Event]) -> None:
    """Record a changed risk of a public bulletin as news for alerts."""
    for event in batch:
        for facts in _public_facts(event):
            actions.note_risk(event.id, facts.id, event.data["reasons"])
        db.session.commit()


@events.register_handler("bulletin.retracted")
def note_retracted(batch: list[events.Event]) -> None:
    """Record that a bulletin was withdrawn, for those who were alerted to it."""
    for event in batch:
        for facts in _public_facts(event):
            actions.note_retracted(event.id, facts.id)
        db.session.commit()


@events.register_handler("user.erased")
def forget(batch: list[events.Event]) -> None:
    """Delete the alerts of erased members."""
    db.session.execute(
        delete(Subscription).where(Subscription.user_id.in_([event.subject_id for event in batch]))
    )
    db.session.commit()
