"""An account is erased: the person is gone at once, the rooms above follow. Nothing here commits."""

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

FORMER = "former member"
KEY = "account-deleted:"  # of the mail to the former address


def erase(user: User, *, by: User, keep_words: bool) -> None:
    """Forget who somebody was; Invalid when nobody would administer the site any more.

    The row stays without a person in it, for the ledger counts on it, and so does the skeleton of
    the handle: nobody may take the name of somebody who left. The event carries whether their words
    stay; what they wrote and voted follows it.
    """
    if user.is_appointed_admin:
        _leave_an_administrator(user)
    if user.email:
        db.session.execute(delete(OutgoingMail).where(OutgoingMail.recipient == user.email))
        _notify(user)
    security_log.record("account_erased", user=user, actor=by)
    actions.close_sessions(user, by=by)
    for secret in (ApiToken, EmailToken, AddressChange, UnsentForm):
        db.session.execute(delete(secret).where(secret.user_id == user.id))
    user.username, user.display_name, user.role = f"{FORMER.replace(' ', '-')}~{user.id}", FORMER, "member"
    user.email = user.password_hash = user.confirmed_at = user.last_seen_at = user.suspended_until = None
    user.location = user.website = user.about = user.about_html = user.suspension_reason = ""
    user.erased_at = utcnow()
    events.record("user.erased", subject=user, actor=by, keep_words=keep_words)


def _notify(user: User) -> None:
    """Mail the former address what was done, if it was proved; nothing in the mail opens anything."""
    if user.confirmed_at is not None:
        mail.queue(
            user.email,
            "account_deleted",
            subject=_("Your account was deleted"),
            user=user,
            key=f"{KEY}{user.id}",
        )


def forget_addresses() -> None:
    """Drop the rows of these mails once they were sent or given up: no former address stays."""
    db.session.execute(
        delete(OutgoingMail).where(
            OutgoingMail.key.startswith(KEY, autoescape=True),
            or_(OutgoingMail.sent_at.is_not(None), OutgoingMail.failed_at.is_not(None)),
        )
    )


def _leave_an_administrator(user: User) -> None:
    """Take all administrators' rows, so that the last two cannot leave at once."""
    ids = list(
        db.session.scalars(
            select(User.id).where(User.role == "administrator").order_by(User.id).with_for_update()
        )
    )
    others = queries.holders("administrator").where(User.id != user.id).limit(1)
    if user.id in ids and db.session.scalar(others) is None:
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
