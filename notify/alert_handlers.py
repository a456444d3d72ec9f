"""Hears of bulletins, for the mails of alerts and the inboxes of who watches; and of who left."""

from collections.abc import Callable

from flask import url_for
from sqlalchemy import delete

from bulletins.models import Bulletin
from bulletins.queries import AlertFacts, alert_facts
from core import events
from core.db import db
from notify import actions, alert_actions, audience
from notify.alert_models import Subscription


def _each(batch: list[events.Event], tell: Callable[[events.Event, AlertFacts], None]) -> None:
    """tell(event, facts) for every event whose bulletin is public now; an event at a time is kept."""
    for event in batch:
        for facts in alert_facts([event.subject_id]):
            tell(event, facts)
        db.session.commit()


@events.on("bulletin.published")
def note_published(batch: list[events.Event]) -> None:
    """A bulletin appeared: news for alerts, and a line a day for who watches a product it affects."""
    _each(batch, _published)


def _published(event, facts: AlertFacts) -> None:
    alert_actions.note_published(facts.id, is_exploited=facts.is_exploited)
    for product_id in sorted(facts.product_ids):
        actions.tell(audience.of_product(product_id, event.created_at), event=event, product_id=product_id,
                     cause=f"bulletins:{product_id}:{event.created_at:%Y-%m-%d}")


@events.on("bulletin.risk_raised")
def note_risk(batch: list[events.Event]) -> None:
    """A bulletin is another risk than before: news for alerts, and for who watches it or its products."""
    _each(batch, _raised)


def _raised(event, facts: AlertFacts) -> None:
    reasons = event.data["reasons"]
    alert_actions.note_risk(event.id, facts.id, reasons)
    actions.tell(audience.of_raised_risk(facts.id, facts.product_ids, event.created_at), event=event,
                 cause=f"raised:{event.id}", post_id=facts.id, thread_id=facts.id, data={"reasons": reasons})


@events.on("bulletin.shield_changed")
def note_mitigations(batch: list[events.Event]) -> None:
    """A mitigation was added to a bulletin that has no fix: news for who watches it."""
    _each(batch, _protected)


def _protected(event, facts: AlertFacts) -> None:
    if event.data.get("is_added") and not facts.has_fix:
        actions.tell(audience.of_bulletin(facts.id, event.created_at), event=event,
                     cause=f"shield:{event.id}", post_id=facts.id, thread_id=facts.id,
                     actor_id=event.actor_id)


@events.on("bulletin.withdrawn")
def note_withdrawn(batch: list[events.Event]) -> None:
    """A bulletin is a draft again: who watches it is told its reference, for nothing else of it is public."""
    for event in batch:
        bulletin = db.session.get(Bulletin, event.subject_id, populate_existing=True)
        if bulletin is not None and not bulletin.is_public:
            heard = audience.of_bulletin(bulletin.id, event.created_at)
            heard.pop(bulletin.author_id, None)  # the author is told who did it (moderation_handlers.py)
            actions.tell(heard, event=event, cause=f"withdrawn:{event.id}", thread_id=bulletin.id,
                         actor_id=event.actor_id,
                         data={"reference": bulletin.reference, "url": url_for("bulletins.bulletins")})
        db.session.commit()


@events.on("user.erased")
def forget(batch: list[events.Event]) -> None:
    """An erased member's alerts end."""
    db.session.execute(delete(Subscription).where(
        Subscription.user_id.in_([event.subject_id for event in batch])))
    db.session.commit()
