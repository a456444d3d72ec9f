"""What the room hears: an embargo that ends, and products that join the catalogue or change their names."""

from bulletins import actions, match_actions
from bulletins.models import Bulletin
from core.database.db import db
from core.jobs import events


@events.register_handler("bulletin.due")
def publish_due(batch: list[events.Event]) -> None:
    """Publish what is due; an event of an earlier plan finds a later instant, or none, and does nothing."""
    for event in batch:
        bulletin = db.session.get(Bulletin, event.subject_id)
        if bulletin is not None:
            actions.publish_due(bulletin)
    db.session.commit()


@events.register_handler("product.created", "product.changed", "product.imported")
def match_products(batch: list[events.Event]) -> None:
    """Find what bulletins name among products that are new or called otherwise."""
    match_actions.rematch_products({event.subject_id for event in batch})
    db.session.commit()
