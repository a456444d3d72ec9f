"""Event handlers of installed versions."""

from core.database.db import db
from core.jobs import events
from inventory.versions import actions


@events.register_handler("user.erased")
def forget_members(batch: list[events.Event]) -> None:
    """Delete what erased members had installed."""
    actions.forget_members(event.subject_id for event in batch if event.subject_id is not None)
    db.session.commit()
