"""What the room hears: erased members leave no list behind."""

from core.jobs import events
from inventory import actions


@events.register_handler("user.erased")
def forget(batch: list[events.Event]) -> None:
    """What an erased member ran is nobody's business any more."""
    actions.forget(e.subject_id for e in batch)
