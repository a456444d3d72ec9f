"""Registrations until their address is confirmed by a mailed link. Nothing here commits."""

from datetime import timedelta

from flask_babel import gettext as _
from sqlalchemy import delete, select

from auth import actions, links, queries, tokens
from auth.address_changes.models import AddressChange
from auth.models import EmailToken, User, UsernameReservation
from auth.names import usernames
from auth.security_log import actions as security_log
from core.database.db import changed_rows, db, utcnow
from core.database.models import OutgoingMail
from core.jobs import events
from core.mail import mail
from core.web.forms import Invalid

RESERVATION_LIFETIME = links.LIFETIMES[links.CONFIRM]
UNCONFIRMED_LIFETIME = timedelta(days=7)
BATCH_SIZE = 200
UNCONFIRMED = User.confirmed_at.is_(None), User.imported_from.is_(None), User.erased_at.is_(None)


def register(username: str, email: str, password_hash: str, *, browser: str) -> None:
    """Create an unconfirmed account and mail its confirmation link. Raises Invalid or TooMany.

    Invalid means that the name is taken. `browser` is a secret of the browser that registers.

    The username is reserved for this address while the link is valid. If a confirmed account has the address,
    its owner gets a notice instead; if an unconfirmed one has it, the new link activates this registration's
    own name and password. The same statements run in each case, so that neither the response nor its timing
    tells which it was.
    """
    actions.limit_mail(links.CONFIRM, email)
    _reserve_username(username, email)
    owner = queries.by_email(email)
    attempt = db.session.begin_nested()
    account = actions.make_user(
        username if owner is None else tokens.new()[:40],
        email=email if owner is None else None,
        display_name=username,
        password_hash=password_hash,
    )
    security_log.record("registered", user=account)
    db.session.flush()
    if owner is None:
        attempt.commit()
    else:
        attempt.rollback()
        account = owner
    token = links.issue(
        account.id if account.is_pending else 0,
        links.CONFIRM,
        email,
        username=username,
        password_hash=password_hash,
        browser_hash=tokens.digest(browser),
    )
    template, subject = (
        ("confirm", _("Confirm your email address"))
        if account.is_pending
        else ("already", _("You already have an account"))
    )
    mail.queue(
        email, template, subject=subject, user=account, username=username, token=token, has_secret=True
    )


def _reserve_username(username: str, email: str) -> None:
    """Reserve a username for an address; an expired registration of it is discarded. Raises Invalid."""
    taken = Invalid({"username": [_("This username is taken or too similar to another one.")]})
    key = usernames.key(username)
    email_hash = tokens.digest(email)
    now = utcnow()
    other = queries.similar_account(username)
    if other is not None and not other.is_pending:
        raise taken
    reservation = db.session.get(UsernameReservation, key, populate_existing=True)
    if (
        reservation is not None
        and reservation.email_hash != email_hash
        and reservation.held_at > now - RESERVATION_LIFETIME
    ):
        raise taken
    if other is not None and other.email != email:
        if other.created_at > now - RESERVATION_LIFETIME:
            raise taken
        discard(other)
    if reservation is None:
        db.session.add(UsernameReservation(username_key=key, email_hash=email_hash, held_at=now))
    else:
        reservation.email_hash = email_hash
        reservation.held_at = now
    db.session.flush()


def confirm(link: EmailToken, user: User) -> bool:
    """Activate the registration that a consumed link was mailed for; earlier data of the account is removed.

    False when another account now has the address; raises Invalid when one has the username.
    """
    if user.confirmed_at is not None:
        return user.email == link.email
    if link.username and link.username != user.username:
        other = queries.similar_account(link.username)
        if other is not None and other.id != user.id:
            raise Invalid(
                {
                    "username": [
                        _("This username has been taken since. Create your account again with another one.")
                    ]
                }
            )
        user.username = link.username
        user.username_key = usernames.key(link.username)
    if user.email != link.email and not release_address(link.email):
        return False
    user.email = link.email
    password_hash = link.password_hash or user.password_hash
    confirm_address(user)
    user.password_hash = password_hash
    return True


def confirm_address(user: User) -> None:
    """Mark the address as confirmed, after a link mailed to it was opened.

    An unconfirmed account is reset, its password included: somebody else may have registered it.
    """
    if user.is_pending:
        actions.secure_account(user, forget_password=True, end_undo=True)
        user.display_name = user.username
        user.location = user.website = user.about = user.about_html = ""
        db.session.execute(
            delete(OutgoingMail).where(
                OutgoingMail.recipient == user.email, OutgoingMail.has_secret, OutgoingMail.sent_at.is_(None)
            )
        )
        db.session.execute(
            delete(UsernameReservation).where(UsernameReservation.username_key == user.username_key)
        )
    if user.confirmed_at is None:
        user.confirmed_at = utcnow()
        security_log.record("confirmed", user=user)
        events.record("user.confirmed", subject=user)


def release_address(email: str) -> bool:
    """Make an address available by discarding an unconfirmed registration of it; False when it is taken."""
    owner = queries.by_email(email)
    if owner is not None and owner.is_pending:
        return discard(owner)
    return owner is None


def discard(user: User) -> bool:
    """Delete an unconfirmed registration and its rows; False when it has been confirmed since."""
    if not changed_rows(delete(User).where(User.id == user.id, *UNCONFIRMED)):
        return False
    security_log.record("account_purged", user=user, actor=None)
    db.session.expunge(user)
    return True


def purge_batch() -> int:
    """Delete a batch of registrations that are unconfirmed after UNCONFIRMED_LIFETIME; returns how many.

    Not while a link to their address is valid, from a later registration.
    """
    now = utcnow()
    has_valid_link = (
        select(EmailToken.id).where(EmailToken.user_id == User.id, EmailToken.expires_at > now).exists()
    )
    rows = db.session.scalars(
        select(User)
        .where(*UNCONFIRMED, User.created_at < now - UNCONFIRMED_LIFETIME, ~has_valid_link)
        .order_by(User.created_at)
        .limit(BATCH_SIZE)
    )
    return sum(discard(user) for user in rows.all())


def delete_expired() -> None:
    """Delete expired links, address changes and username reservations."""
    now = utcnow()
    db.session.execute(delete(AddressChange).where(AddressChange.expires_at < now))
    db.session.execute(delete(EmailToken).where(EmailToken.expires_at < now))
    db.session.execute(
        delete(UsernameReservation).where(UsernameReservation.held_at < now - RESERVATION_LIFETIME)
    )
