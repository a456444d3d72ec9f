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
from core.database.db import changed_rows, db, utcnow
from core.limits.rate_limits import limit
from core.mail import mail
from core.web.forms import Invalid

PENDING_LIFETIME = timedelta(days=3)
UNDO_LIFETIME = timedelta(days=7)
MAX_REQUESTS = 5  # of one account within REQUESTS_WINDOW_SECONDS
REQUESTS_WINDOW_SECONDS = 3600


def request_change(user: User, email: str) -> None:
    """Mail a confirmation link to the new address and a notice to the old one, which stays until then.

    Replaces an earlier pending change. Does not reveal whether another account has the address: its owner
    gets a notice instead of the link. Raises TooMany.
    """
    limit("address-change", user.id, MAX_REQUESTS, REQUESTS_WINDOW_SECONDS)
    actions.limit_mail("address", email)
    links.lock_account(user.id)
    _end_pending(user)
    owner = accounts.by_email(email)
    now = utcnow()
    confirm_token = tokens.new()
    cancel_token = tokens.new()
    security_log.record("email_change_asked", user=user)
    db.session.add(
        AddressChange(
            user_id=user.id,
            old_email=user.email,
            new_email=email,
            asked_at=now,
            expires_at=now + PENDING_LIFETIME,
            confirm_hash=tokens.digest(confirm_token),
            cancel_hash=tokens.digest(cancel_token),
        )
    )
    if owner is None or owner.is_pending:
        mail.queue(
            email,
            "address_confirm",
            subject=_("Confirm your email address"),
            user=user,
            token=confirm_token,
            has_secret=True,
        )
    else:
        mail.queue(email, "address_in_use", subject=_("This is already your email address"), user=owner)
    if user.email:
        mail.queue(
            user.email,
            "address_asked",
            subject=_("Change of your email address requested"),
            user=user,
            email=email,
            token=cancel_token,
            has_secret=True,
        )


def cancel(user: User) -> None:
    """Cancel the pending change of address, at the member's request."""
    links.lock_account(user.id)
    if _end_pending(user):
        security_log.record("email_change_cancelled", user=user)


def _end_pending(user: User) -> int:
    return changed_rows(
        delete(AddressChange).where(AddressChange.user_id == user.id, AddressChange.done_at.is_(None))
    )


def confirm(token: str) -> bool:
    """Apply the change that a link to the new address confirms; the old one can undo it for UNDO_LIFETIME.

    Revokes links that were mailed to the old address. False when the link is invalid or expired, or another
    account has the address.
    """
    change = queries.to_confirm(token)
    if change is None or (user := links.lock_account(change.user_id)) is None:
        return False
    change = queries.to_confirm(token)
    if change is None or not registration_actions.release_address(change.new_email):
        return False
    links.revoke_all(user)
    undo_token = tokens.new()
    now = utcnow()
    change.done_at = now
    change.expires_at = now + UNDO_LIFETIME
    change.undo_hash = tokens.digest(undo_token)
    if change.old_email:
        mail.queue(
            change.old_email,
            "email_changed",
            subject=_("Your email address was changed"),
            user=user,
            email=change.new_email,
            token=undo_token,
            has_secret=True,
        )
    user.email = change.new_email
    security_log.record("email_changed", user=user, actor=None)
    return True


def revert(token: str) -> str | None:
    """Cancel or undo a change that the owner of the old address did not request, and secure the account.

    Later changes are removed too. Returns the token of a link that sets a new password; None when the link is
    invalid or expired. Raises Invalid when another account now has the old address.
    """
    change = queries.to_revert(token)
    if change is None or (user := links.lock_account(change.user_id)) is None:
        return None
    if (change := queries.to_revert(token)) is None:
        return None
    old_email = change.old_email
    if old_email is None:  # no link is mailed without an address
        return None
    is_pending = change.done_at is None
    if not is_pending and user.email != old_email:
        if not registration_actions.release_address(old_email):
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
    """Secure an account whose owner lost access, and mail a link to set a password.

    `email` replaces the account's address; `by` is the administrator who requested it, None for a mailed link
    and the shell. Raises Invalid when another account has `email`.
    """
    if email and email != user.email:
        if not registration_actions.release_address(email):
            raise Invalid({"email": [_("Another account already uses this address.")]})
        user.email = email
        security_log.record("email_changed", user=user, actor=by)
    actions.secure_account(user, forget_password=True, end_undo=end_undo, by=by)
    if user.email:
        actions.send_link(user, links.RESET, "reset", _("Reset your password"))
