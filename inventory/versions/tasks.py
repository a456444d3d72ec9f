"""Daily tasks of installed versions."""

from core.database.db import db
from core.jobs.worker import register_daily_task
from inventory.versions import actions


@register_daily_task(hour=3, minute=50)
def keep_versions() -> None:
    """Store the releases of entries that lack them, and delete versions that nobody has any more."""
    actions.complete_entries()
    db.session.commit()
    actions.forget_unused()
    db.session.commit()
