"""A member's inbox, watches and preferences, for the export of their account."""

from sqlalchemy import select

from auth.erasure.export_account import columns, register_export_part
from auth.models import User
from core.database.db import db
from notifications import queries
from notifications.models import Notification, Watch


@register_export_part("notifications")
def _notifications(user: User) -> list[dict]:
    rows = db.session.scalars(
        select(Notification).where(Notification.user_id == user.id).order_by(Notification.id)
    )
    return [columns(row, exclude={"actor_id"}) for row in rows]


@register_export_part("watches")
def _watches(user: User) -> list[dict]:
    return [
        columns(row)
        for row in db.session.scalars(select(Watch).where(Watch.user_id == user.id).order_by(Watch.id))
    ]


@register_export_part("notification_choices")
def _choices(user: User) -> dict:
    return queries.deliveries(user)
