"""Daily tasks of installed versions."""

from core.database.db import db
from core.jobs.worker import register_daily_task
from inventory.versions import actions


def complete_all_names() -> None:
    """Store keys that rules newer than a version give to it, in short transactions."""
    last: int | None = 0
    while last is not None:
        last = actions.complete_names(last)
        db.session.commit()
        db.session.expunge_all()


@register_daily_task(hour=3, minute=50)
def keep_versions() -> None:
    """Store the releases of entries that lack them, and delete versions that nobody has any more."""
    complete_all_names()
    actions.complete_entries()
    db.session.commit()
    actions.forget_unused()
    db.session.commit()
