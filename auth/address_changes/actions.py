"""Writes of address changes. Nothing here commits."""

from datetime import timedelta

from flask_babel import gettext as _
from sqlalchemy import delete

from auth import actions, links, tokens
from auth import queries as accounts
from auth.address_changes import queries
from auth.address_changes.models import AddressChange
from auth.models import User
from auth.registration import actions as registration_actions
from auth.security_log import actions as security_log
from core.database.db import db, utcnow
from core.limits.rate_limits import limit
from core.mail import mail
from core.web.forms import Invalid

PENDING, UNDO = timedelta(days=3), timedelta(days=7)
MAX_REQUESTS = (5, 3600)  # of one account in an hour


def ask(user: User, email: str) -> None:
    """Ask the new address to confirm itself, and tell the old one; until it does, the old one stays.

    An earlier change that is pending ends. Whether another account has the address is not said: its owner
    gets a mail instead of the link. Raises TooMany.
    """
    limit("address-change", user.id, *MAX_REQUESTS)
    actions.limit_mails("address", email)
    links.hold_account(user.id)
    _end_pending(user)
    holder, now = accounts.by_email(email), utcnow()
    confirm, cancel = tokens.new(), tokens.new()
    security_log.record("email_change_asked", user=user)
    db.session.add(
        AddressChange(
            user_id=user.id,
            old_email=user.email,
            new_email=email,
            asked_at=now,
            expires_at=now + PENDING,
            confirm_hash=tokens.digest(confirm),
            cancel_hash=tokens.digest(cancel),
        )
    )
    if holder is None or holder.is_pending:
        mail.queue(
            email,
            "address_confirm",
            subject=_("Confirm your email address"),
            user=user,
            token=confirm,
            has_secret=True,
        )
    else:
        mail.queue(email, "address_in_use", subject=_("This is already your email address"), user=holder)
    if user.email:
        mail.queue(
            user.email,
            "address_asked",
            subject=_("Change of your email address requested"),
            user=user,
            email=email,
            token=cancel,
            has_secret=True,
        )


def cancel(user: User) -> None:
    """The member wants to keep the address."""
    links.hold_account(user.id)
    if _end_pending(user):
        security_log.record("email_change_cancelled", user=user)


def _end_pending(user: User) -> int:
    return db.session.execute(
        delete(AddressChange)
        .where(AddressChange.user_id == user.id, AddressChange.done_at.is_(None))
        .execution_options(synchronize_session=False)
    ).rowcount


def confirm(token: str) -> bool:
    """The new address confirms itself; links mailed to the old one end, and it can undo this for 7 days.

    False when the link is dead, or another account has taken that address meanwhile.
    """
    change = queries.to_confirm(token)
    if change is None or (user := links.hold_account(change.user_id)) is None:
        return False
    change = queries.to_confirm(token)
    if change is None or not registration_actions.free_address(change.new_email):
        return False
    links.end_all(user)
    undo, now = tokens.new(), utcnow()
    change.done_at, change.expires_at, change.undo_hash = now, now + UNDO, tokens.digest(undo)
    if change.old_email:
        mail.queue(
            change.old_email,
            "email_changed",
            subject=_("Your email address was changed"),
            user=user,
            email=change.new_email,
            token=undo,
            has_secret=True,
        )
    user.email = change.new_email
    security_log.record("email_changed", user=user, actor=None)
    return True


def take_back(token: str) -> str | None:
    """The old address says that it was somebody else: cancel or undo the change, and secure the account.

    All later changes go with it. Returns the token of a link that sets a new password; None when the link is
    dead. Invalid when another account has the old address by now.
    """
    change = queries.to_take_back(token)
    if change is None or (user := links.hold_account(change.user_id)) is None:
        return None
    if (change := queries.to_take_back(token)) is None:
        return None
    old_email, is_pending = change.old_email, change.done_at is None
    if change.done_at is not None and user.email != old_email:
        if not registration_actions.free_address(old_email):
            raise Invalid({"_": [_("Another account now uses this address. Contact an administrator.")]})
        user.email = old_email
    db.session.execute(
        delete(AddressChange)
        .where(AddressChange.user_id == user.id, AddressChange.id >= change.id)
        .execution_options(synchronize_session=False)
    )
    security_log.record(
        "email_change_cancelled" if is_pending else "email_change_undone", user=user, actor=None
    )
    actions.secure_account(user, forget_password=True)
    return links.issue(user.id, links.RESET, old_email)


def recover(user: User, *, email: str | None = None, end_undo: bool = False, by: User | None = None) -> None:
    """Secure an account that its member has lost, and mail them a link to set a password.

    `email` is their address where another one stands in the account; `by` the administrator who asks, None
    for a mailed link and the shell. Invalid when an account has that address.
    """
    if email and email != user.email:
        if not registration_actions.free_address(email):
            raise Invalid({"email": [_("Another account already uses this address.")]})
        user.email = email
        security_log.record("email_changed", user=user, actor=by)
    actions.secure_account(user, forget_password=True, end_undo=end_undo, by=by)
    if user.email:
        actions.send_link(user, links.RESET, "reset", _("Reset your password"))
