"""News of bulletins for the mails of alerts; alerts of erased members end."""

from sqlalchemy import delete

from alerts import actions
from alerts.models import Subscription
from bulletins.queries import alert_facts
from core.database.db import db
from core.jobs import events


@events.register_handler("bulletin.published")
def note_published(batch: list[events.Event]) -> None:
    """Record a new public bulletin as news for alerts."""
    for event in batch:
        for facts in alert_facts([event.subject_id]):
            actions.note_published(facts.id, is_exploited=facts.is_exploited)
        db.session.commit()


@events.register_handler("bulletin.risk_raised")
def note_risk(batch: list[events.Event]) -> None:
    """Record a changed risk of a public bulletin as news for alerts."""
    for event in batch:
        for facts in alert_facts([event.subject_id]):
            actions.note_risk(event.id, facts.id, event.data["reasons"])
        db.session.commit()


@events.register_handler("user.erased")
def forget(batch: list[events.Event]) -> None:
    """An erased member's alerts end."""
    db.session.execute(
        delete(Subscription).where(Subscription.user_id.in_([event.subject_id for event in batch]))
    )
    db.session.commit()
