"""What a member was told, watches and chose, for the file of their data."""

from sqlalchemy import select

from auth.erasure.export_account import columns, register_export_part
from core.database.db import db
from notifications import queries
from notifications.models import Notification, Watch


@register_export_part("notifications")
def _notifications(user) -> list[dict]:
    rows = db.session.scalars(
        select(Notification).where(Notification.user_id == user.id).order_by(Notification.id)
    )
    return [columns(row, exclude={"actor_id"}) for row in rows]


@register_export_part("watches")
def _watches(user) -> list[dict]:
    return [
        columns(row)
        for row in db.session.scalars(select(Watch).where(Watch.user_id == user.id).order_by(Watch.id))
    ]


@register_export_part("notification_choices")
def _choices(user) -> dict:
    return queries.deliveries(user)
