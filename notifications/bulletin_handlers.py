"""Inbox lines about bulletins, for members who follow them or their products."""

from collections.abc import Callable

from flask import url_for

from bulletins.fixes import FIXED_STATE
from bulletins.models import Bulletin
from bulletins.queries import AlertFacts, alert_facts
from core.database.db import db
from core.jobs import events
from notifications import actions, recipients


def _each(batch: list[events.Event], note: Callable[[events.Event, AlertFacts], None]) -> None:
    """Call note(event, facts) for every event whose bulletin is public now; commit after each event."""
    for event in batch:
        ids = [event.subject_id] if event.subject_id is not None else []
        for facts in alert_facts(ids):
            note(event, facts)
        db.session.commit()


@events.register_handler("bulletin.published")
def note_published(batch: list[events.Event]) -> None:
    """Add one line a day for each follower of a product that a new bulletin affects."""
    _each(batch, _published)


def _published(event: events.Event, facts: AlertFacts) -> None:
    for product_id in sorted(facts.product_ids):
        actions.notify(
            recipients.of_product(product_id, event.created_at),
            event=event,
            product_id=product_id,
            cause=f"bulletins:{product_id}:{event.created_at:%Y-%m-%d}",
        )


@events.register_handler("bulletin.risk_raised")
def note_risk(batch: list[events.Event]) -> None:
    """Notify followers of a bulletin, or of its products, that its risk changed."""
    _each(batch, _raised)


def _raised(event: events.Event, facts: AlertFacts) -> None:
    actions.notify(
        recipients.of_raised_risk(facts.id, facts.product_ids, event.created_at),
        event=event,
        cause=f"raised:{event.id}",
        post_id=facts.id,
        thread_id=facts.id,
        data={"reasons": event.data["reasons"]},
    )


@events.register_handler("bulletin.retracted")
def note_retracted(batch: list[events.Event]) -> None:
    """Notify followers of a bulletin, or of its products, that its issuer withdrew it."""
    _each(batch, _retracted)


def _retracted(event: events.Event, facts: AlertFacts) -> None:
    actions.notify(
        recipients.of_raised_risk(facts.id, facts.product_ids, event.created_at),
        event=event,
        cause=f"retracted:{event.id}",
        post_id=facts.id,
        thread_id=facts.id,
        actor_id=event.actor_id,
    )


@events.register_handler("bulletin.shield_changed")
def note_mitigations(batch: list[events.Event]) -> None:
    """Notify followers of a bulletin that names no fix that a mitigation was added."""
    _each(batch, _mitigated)


def _mitigated(event: events.Event, facts: AlertFacts) -> None:
    if event.data.get("is_added") and facts.fix_state != FIXED_STATE:
        actions.notify(
            recipients.of_bulletin(facts.id, event.created_at),
            event=event,
            cause=f"shield:{event.id}",
            post_id=facts.id,
            thread_id=facts.id,
            actor_id=event.actor_id,
        )


@events.register_handler("bulletin.withdrawn")
def note_withdrawn(batch: list[events.Event]) -> None:
    """Notify followers of a bulletin that is a draft again. Only its reference is public."""
    for event in batch:
        bulletin = db.session.get(Bulletin, event.subject_id, populate_existing=True)
        if bulletin is not None and not bulletin.is_public:
            followers = recipients.of_bulletin(bulletin.id, event.created_at)
            if bulletin.author_id is not None:
                followers.pop(bulletin.author_id, None)  # moderation_handlers.py notifies the author
            actions.notify(
                followers,
                event=event,
                cause=f"withdrawn:{event.id}",
                thread_id=bulletin.id,
                actor_id=event.actor_id,
                data={"reference": bulletin.reference, "url": url_for("bulletins.bulletins")},
            )
        db.session.commit()
