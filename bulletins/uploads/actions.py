"""Writes of uploads: store, confirm, discard, expire. Nothing here commits."""

import hashlib
import re

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import delete, func, or_, select, update

from auth.actions import register_on_secure
from auth.models import User
from bulletins.uploads.models import MAX_NAME_CHARACTERS, Upload
from bulletins.uploads.queries import LIFETIME
from core.database.db import changed_rows, db, utcnow
from core.jobs import claims
from core.limits.rate_limits import limit
from core.markup.characters import visible_line
from core.web.forms import Invalid

MAX_UPLOAD_BYTES = 8 * 1024 * 1024
MAX_UPLOADS_OF_ACCOUNT = 5
MAX_UPLOADS = 100  # of all accounts, that have not been imported
MAX_UPLOADS_PER_HOUR = 60  # of one account
HOUR_SECONDS = 3600
_IS_IDLE = (Upload.confirmed_at.is_(None), Upload.finished_at.is_not(None))  # either of them


def store(name: str, data: bytes, *, by: User) -> Upload:
    """Store a file until it is confirmed, discarded or older than LIFETIME; raises Invalid, TooMany.

    Only the newest MAX_UPLOADS_OF_ACCOUNT of an account are kept; those being imported are not deleted.
    """
    limit("advisory-upload", by.id, MAX_UPLOADS_PER_HOUR, HOUR_SECONDS)
    if not data:
        raise Invalid({"file": [_("Choose a file that is not empty.")]})
    if len(data) > MAX_UPLOAD_BYTES:
        raise Invalid(
            {
                "file": [
                    _(
                        "The file is larger than %(n)s MB. Split it, or use flask bulletin import on the "
                        "server.",
                        n=MAX_UPLOAD_BYTES // 1024**2,
                    )
                ]
            }
        )
    delete_expired()
    newest = (
        select(Upload.id)
        .where(Upload.user_id == by.id)
        .order_by(Upload.id.desc())
        .limit(MAX_UPLOADS_OF_ACCOUNT - 1)
    )
    db.session.execute(
        delete(Upload)
        .where(Upload.user_id == by.id, Upload.id.not_in(list(db.session.scalars(newest))), or_(*_IS_IDLE))
        .execution_options(synchronize_session=False)
    )
    if db.session.scalars(select(func.count(Upload.id)).where(Upload.size > 0)).one() >= MAX_UPLOADS:
        raise Invalid({"file": [_("Too many uploads are waiting. Try again in an hour.")]})
    upload = Upload(
        user_id=by.id,
        name=_plain(name),
        size=len(data),
        digest=hashlib.sha256(data).hexdigest(),
        data=data,
    )
    db.session.add(upload)
    db.session.flush()
    return upload


def _plain(name: str) -> str:
    """The last part of a file name, as one line."""
    last = re.split(r"[/\\]", visible_line(name[:1_000]))[-1].strip()
    return last[:MAX_NAME_CHARACTERS] or "upload"


def confirm(upload: Upload) -> None:
    """Let the worker import it; the second time changes nothing."""
    changed_rows(
        update(Upload)
        .where(Upload.id == upload.id, Upload.confirmed_at.is_(None))
        .values(confirmed_at=utcnow())
    )
    db.session.refresh(upload)


def discard(upload: Upload) -> None:
    """Delete it with its content; raises Invalid while it is being imported."""
    if not changed_rows(delete(Upload).where(Upload.id == upload.id, or_(*_IS_IDLE))):
        raise Invalid({"_": [_("This file is being imported. Its content is deleted at the end.")]})
    db.session.expunge(upload)


def claim(upload_id: int) -> Upload | None:
    """Claim a confirmed upload for this process; None when another one has it. Its caller commits."""
    now = utcnow()
    is_mine = changed_rows(
        update(Upload)
        .where(
            Upload.id == upload_id,
            Upload.finished_at.is_(None),
            or_(Upload.claimed_until.is_(None), Upload.claimed_until < now),
        )
        .values(
            claimed_by=current_app.extensions["event_worker"],
            claimed_until=now + claims.CLAIM_DURATION,
        )
    )
    return db.session.get(Upload, upload_id, populate_existing=True) if is_mine else None


def finish(upload_id: int, report: dict) -> None:
    """Store the result of an import, and delete the content."""
    changed_rows(
        update(Upload)
        .where(Upload.id == upload_id)
        .values(finished_at=utcnow(), claimed_by=None, claimed_until=None, report=report, data=b"", size=0)
    )


def delete_expired() -> None:
    """Delete uploads older than LIFETIME."""
    db.session.execute(
        delete(Upload)
        .where(Upload.created_at < utcnow() - LIFETIME, or_(*_IS_IDLE))
        .execution_options(synchronize_session=False)
    )


@register_on_secure
def delete_all(user: User) -> None:
    """Delete the uploads of an account: an intruder may have uploaded them."""
    db.session.execute(
        delete(Upload).where(Upload.user_id == user.id).execution_options(synchronize_session=False)
    )
