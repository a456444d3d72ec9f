"""Background work: uploads are read one after the other; old results are deleted."""

from datetime import timedelta

from sqlalchemy import and_, delete, or_, select

from auth.models import User
from core.database.db import changed_rows, db, utcnow
from core.jobs.worker import LONG, register_daily_task, register_round_job
from inventory import actions
from inventory.uploads import actions as upload_actions
from inventory.uploads.models import COLUMNS, OPEN_STATES, InventoryUpload
from products.models import OwnedRelease

RESULT_RETENTION = timedelta(days=30)
COLUMNS_RETENTION = timedelta(days=1)  # files whose columns nobody has chosen


@register_round_job(LONG)
def read_uploads() -> int:
    """Read the next upload that waits."""
    return upload_actions.run_next()


@register_daily_task(hour=3, minute=25)
def delete_old_uploads() -> None:
    """Delete old results, and files whose columns nobody has chosen."""
    now = utcnow()
    changed_rows(
        delete(InventoryUpload).where(
            or_(
                and_(
                    InventoryUpload.status.not_in(OPEN_STATES),
                    InventoryUpload.created_at < now - RESULT_RETENTION,
                ),
                and_(InventoryUpload.status == COLUMNS, InventoryUpload.created_at < now - COLUMNS_RETENTION),
            )
        )
    )
    db.session.commit()


@register_daily_task(hour=3, minute=30)
def adopt_entries() -> None:
    """Move entries that an earlier version of the site wrote without an inventory into default ones."""
    owners = list(
        db.session.scalars(
            select(User).where(
                User.id.in_(select(OwnedRelease.user_id).where(OwnedRelease.inventory_id.is_(None)))
            )
        )
    )
    for user in owners:
        actions.default_inventory(user)
        db.session.commit()
