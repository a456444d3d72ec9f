"""Event handlers: publish scheduled bulletins, and match bulletins to changed products."""

from collections.abc import Iterable

from bulletins import actions, match_actions
from bulletins.models import Bulletin
from bulletins.originals import actions as originals
from core.database.db import db
from core.jobs import events


@events.register_handler("bulletin.due")
def publish_due(batch: list[events.Event]) -> None:
    """Publish bulletins that are due; the event of a replaced schedule has no effect."""
    for event in batch:
        bulletin = db.session.get(Bulletin, event.subject_id)
        if bulletin is not None:
            actions.publish_due(bulletin)
    db.session.commit()


@events.register_handler("revision.redacted")
def forget_originals(batch: list[events.Event]) -> None:
    """Delete the issuer's document of a bulletin whose text was redacted."""
    for event in batch:
        if event.subject_id is not None:
            originals.forget(event.subject_id)
    db.session.commit()


@events.register_handler("product.created", "product.changed", "product.imported")
def match_products(batch: list[events.Event]) -> None:
    """Match bulletins to products that are new or were renamed."""
    rematch([event.subject_id for event in batch if event.subject_id is not None])


def rematch(product_ids: Iterable[int] | None = None) -> int:
    """Match bulletins to these products (None: all) again, in short transactions; returns changed rows."""
    changed = 0
    for changes in match_actions.find_changes(product_ids):
        changed += match_actions.apply(changes)
        db.session.commit()
    return changed
