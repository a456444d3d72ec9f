"""Registrations until their address is proved: whoever proves the address gets it. Nothing here commits."""

from datetime import timedelta

from flask_babel import gettext as _
from sqlalchemy import delete, select

from auth import actions, links, queries, tokens
from auth.address_changes.models import AddressChange
from auth.models import EmailToken, HeldName, User
from auth.names import usernames
from auth.security_log import actions as security_log
from core.database.db import db, utcnow
from core.database.models import OutgoingMail
from core.jobs import events
from core.mail import mail
from core.web.forms import Invalid

NAME_HELD = links.LIFETIMES[links.CONFIRM]  # after a registration, for the address that was given
KEEP_UNCONFIRMED = timedelta(days=7)
BATCH_SIZE = 200
UNCONFIRMED = User.confirmed_at.is_(None), User.imported_from.is_(None), User.erased_at.is_(None)


def register(username: str, email: str, password_hash: str, *, browser: str) -> None:
    """Make an account that its address must confirm; Invalid when the name is taken, or raises TooMany.

    The name is held for this address while the link works. Where an account has the address, a mail tells
    its owner; where only an unconfirmed registration has it, this one is as good: its link carries its own
    name and password. The same statements run in each case, so neither the answer nor its time tells which.
    """
    actions.limit_mails(links.CONFIRM, email)
    _hold_name(username, email)
    holder = queries.by_email(email)
    attempt = db.session.begin_nested()
    account = actions.make_user(
        username if holder is None else tokens.new()[:40],
        email=email if holder is None else None,
        display_name=username,
        password_hash=password_hash,
    )
    security_log.record("registered", user=account)
    db.session.flush()
    if holder is None:
        attempt.commit()
    else:
        attempt.rollback()
        account = holder
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


def _hold_name(username: str, email: str) -> None:
    """Hold a name for an address; an unconfirmed registration of it that nobody holds any more goes."""
    taken = Invalid({"username": [_("This username is taken or too similar to another one.")]})
    key, mine, now = usernames.key(username), tokens.digest(email), utcnow()
    other = queries.looks_like(username)
    if other is not None and not other.is_pending:
        raise taken
    held = db.session.get(HeldName, key, populate_existing=True)
    if held is not None and held.email_hash != mine and held.held_at > now - NAME_HELD:
        raise taken
    if other is not None and other.email != email:
        if other.created_at > now - NAME_HELD:
            raise taken
        discard(other)
    if held is None:
        db.session.add(HeldName(username_key=key, email_hash=mine, held_at=now))
    else:
        held.email_hash, held.held_at = mine, now
    db.session.flush()


def confirm(link: EmailToken, user: User) -> bool:
    """An address confirms the registration that its link was mailed for; nothing else made before survives.

    False when another account has the address by now; Invalid when one has the name.
    """
    if user.confirmed_at is not None:
        return user.email == link.email
    if link.username and link.username != user.username:
        other = queries.looks_like(link.username)
        if other is not None and other.id != user.id:
            raise Invalid(
                {
                    "username": [
                        _("This username has been taken since. Create your account again with another one.")
                    ]
                }
            )
        user.username, user.username_key = link.username, usernames.key(link.username)
    if user.email != link.email and not free_address(link.email):
        return False
    user.email = link.email
    password_hash = link.password_hash or user.password_hash
    prove_address(user)
    user.password_hash = password_hash
    return True


def prove_address(user: User) -> None:
    """Whoever has the mailbox of an account has opened a link there.

    Was the account unconfirmed, it begins anew: nothing that was made before by whoever registered it stays,
    its password least of all.
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
        db.session.execute(delete(HeldName).where(HeldName.username_key == user.username_key))
    if user.confirmed_at is None:
        user.confirmed_at = utcnow()
        security_log.record("confirmed", user=user)
        events.record("user.confirmed", subject=user)


def free_address(email: str) -> bool:
    """Whether an address can become an account's: an unconfirmed registration of it gives way."""
    holder = queries.by_email(email)
    if holder is not None and holder.is_pending:
        return discard(holder)
    return holder is None


def discard(user: User) -> bool:
    """Remove an unconfirmed registration with all that hangs on it; whether it was still unconfirmed."""
    gone = db.session.execute(
        delete(User).where(User.id == user.id, *UNCONFIRMED).execution_options(synchronize_session=False)
    ).rowcount
    if gone:
        security_log.record("account_purged", user=user, actor=None)
        db.session.expunge(user)
    return bool(gone)


def purge() -> int:
    """Remove a batch of registrations that nobody confirmed for KEEP_UNCONFIRMED; returns how many.

    One whose address was mailed a link that still works (a second registration) waits for that.
    """
    old, now = utcnow() - KEEP_UNCONFIRMED, utcnow()
    is_waiting = (
        select(EmailToken.id).where(EmailToken.user_id == User.id, EmailToken.expires_at > now).exists()
    )
    rows = db.session.scalars(
        select(User)
        .where(*UNCONFIRMED, User.created_at < old, ~is_waiting)
        .order_by(User.created_at)
        .limit(BATCH_SIZE)
    )
    return sum(discard(user) for user in rows.all())


def forget_expired() -> None:
    """Drop links and address changes that are too old to work, and names that are not held any more."""
    now = utcnow()
    db.session.execute(delete(AddressChange).where(AddressChange.expires_at < now))
    db.session.execute(delete(EmailToken).where(EmailToken.expires_at < now))
    db.session.execute(delete(HeldName).where(HeldName.held_at < now - NAME_HELD))
