"""Event handlers of the inventory."""

from core.jobs import events
from inventory import actions


@events.register_handler("user.erased")
def forget(batch: list[events.Event]) -> None:
    """Delete the inventories of erased members."""
    actions.delete_inventories(event.subject_id for event in batch if event.subject_id is not None)
