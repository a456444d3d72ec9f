"""Reads of uploads: each shows only to the member who uploaded it."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import undefer

from auth.models import User, Visitor
from bulletins.uploads.models import Upload
from core.database.db import db, utcnow

LIFETIME = timedelta(hours=6)


def uploads(user: User) -> Sequence[Upload]:
    """The uploads of a member, the newest first, without their content."""
    return db.session.scalars(
        select(Upload)
        .where(Upload.user_id == user.id, Upload.created_at > utcnow() - LIFETIME)
        .order_by(Upload.id.desc())
    ).all()


def get_upload(upload_id: int, user: User | Visitor) -> Upload | None:
    """The upload with this id, if the member uploaded it and it is not too old; with its content."""
    if not isinstance(user, User):
        return None
    return db.session.scalar(
        select(Upload)
        .where(
            Upload.id == upload_id,
            Upload.user_id == user.id,
            Upload.created_at > utcnow() - LIFETIME,
        )
        .options(undefer(Upload.data))
    )


def confirmed_id() -> int | None:
    """The id of a confirmed upload that no process is importing, or None."""
    now = utcnow()
    return db.session.scalar(
        select(Upload.id)
        .where(
            Upload.confirmed_at.is_not(None),
            Upload.finished_at.is_(None),
            or_(Upload.claimed_until.is_(None), Upload.claimed_until < now),
        )
        .order_by(Upload.confirmed_at, Upload.id)
        .limit(1)
    )
