"""What a member was told, watches and chose, for the file of their data."""

from sqlalchemy import select

from auth.erasure.export_account import columns, part
from core.database.db import db
from notifications import queries
from notifications.models import Notification, Watch


@part("notifications")
def _notifications(user) -> list[dict]:
    rows = db.session.scalars(select(Notification).where(Notification.user_id == user.id)
                              .order_by(Notification.id))
    return [columns(row, but={"actor_id"}) for row in rows]


@part("watches")
def _watches(user) -> list[dict]:
    return [columns(row) for row in db.session.scalars(select(Watch).where(Watch.user_id == user.id)
                                                       .order_by(Watch.id))]


@part("notification_choices")
def _choices(user) -> dict:
    return queries.deliveries(user)
