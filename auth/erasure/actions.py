"""Erase an account: personal data at once, content through the event `user.erased`. Nothing here commits."""

from flask_babel import gettext as _
from sqlalchemy import delete, or_, select

from auth import actions, queries
from auth.address_changes.models import AddressChange
from auth.models import ApiToken, EmailToken, User
from auth.security_log import actions as security_log
from auth.unsent.models import UnsentForm
from core.database.db import db, utcnow
from core.database.models import OutgoingMail
from core.jobs import events
from core.mail import mail
from core.web.forms import Invalid

ERASED_NAME = "former member"
NOTICE_KEY_PREFIX = "account-deleted:"  # of the mail to the former address


def erase(user: User, *, by: User, keep_words: bool) -> None:
    """Remove the personal data of an account; raises Invalid for the last administrator.

    The row stays, because the ledger refers to it, and so does the key of the username: no other account may
    take it. Handlers of `user.erased` process posts and votes; its `keep_words` says whether posts stay.
    """
    if user.is_appointed_admin:
        _require_another_administrator(user)
    if user.email:
        db.session.execute(delete(OutgoingMail).where(OutgoingMail.recipient == user.email))
        _notify(user, user.email)
    security_log.record("account_erased", user=user, actor=by)
    actions.close_sessions(user, by=by)
    for model in (ApiToken, EmailToken, AddressChange, UnsentForm):
        db.session.execute(delete(model).where(model.user_id == user.id))
    user.username = f"{ERASED_NAME.replace(' ', '-')}~{user.id}"
    user.display_name = ERASED_NAME
    user.role = "member"
    user.email = user.password_hash = user.confirmed_at = user.last_seen_at = user.suspended_until = None
    user.location = user.website = user.about = user.about_html = user.suspension_reason = ""
    user.erased_at = utcnow()
    events.record("user.erased", subject=user, actor=by, keep_words=keep_words)


def _notify(user: User, email: str) -> None:
    """Mail the former address about the deletion if it was confirmed; the mail contains no link."""
    if user.confirmed_at is not None:
        mail.queue(
            email,
            "account_deleted",
            subject=_("Your account was deleted"),
            user=user,
            key=f"{NOTICE_KEY_PREFIX}{user.id}",
        )


def delete_sent_notices() -> None:
    """Delete these mails once sent or failed, so that no former address stays stored."""
    db.session.execute(
        delete(OutgoingMail).where(
            OutgoingMail.key.startswith(NOTICE_KEY_PREFIX, autoescape=True),
            or_(OutgoingMail.sent_at.is_not(None), OutgoingMail.failed_at.is_not(None)),
        )
    )


def _require_another_administrator(user: User) -> None:
    """Raise Invalid for the last administrator; locks all administrators, so that no two leave at once."""
    ids = list(
        db.session.scalars(
            select(User.id).where(User.role == "administrator").order_by(User.id).with_for_update()
        )
    )
    other = queries.with_role("administrator").where(User.id != user.id).limit(1)
    if user.id in ids and db.session.scalar(other) is None:
        raise Invalid(
            {
                "_": [
                    _(
                        "You are the last administrator. Appoint another one first, with "
                        "“flask user promote NAME administrator”."
                    )
                ]
            }
        )
