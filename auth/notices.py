"""Mails about security events of an account, each with a link to secure it. Nothing here commits."""

from flask_babel import gettext as _

from auth import links
from auth.models import ApiToken, User
from core.database.db import utcnow
from core.mail import mail


def notify(user: User, subject: str, text: str, *, key: str | None = None) -> None:
    """Queue a mail with `text` to the confirmed address of an account, if it has one.

    A second mail with the same `key` is not queued.
    """
    if not user.email or user.confirmed_at is None or user.erased_at is not None:
        return
    token = links.issue(user.id, links.SECURE, user.email)
    mail.queue(
        user.email,
        "account_notice",
        subject=subject,
        key=key,
        user=user,
        text=text,
        happened_at=utcnow(),
        token=token,
        has_secret=True,
    )


def password_changed(user: User) -> None:
    """Notify the owner that the password was changed."""
    notify(user, _("Your password was changed"), _("the password of your account was changed."))


def token_made(user: User, name: str, scope: str) -> None:
    """Notify the owner about a new API token."""
    may = _("read and write") if scope == "write" else _("read")
    notify(
        user,
        _("New API token"),
        _("an API token was created for your account: “%(name)s” (%(may)s).", name=name, may=may),
    )


def token_revoked(user: User, token: ApiToken) -> None:
    """Notify the owner about a revoked API token."""
    notify(
        user,
        _("An API token was revoked"),
        _("the API token “%(name)s” of your account was revoked.", name=token.name),
    )


def new_device(user: User, program: str) -> None:
    """Notify the owner about a login on an unknown device; `program` is its User-Agent."""
    notify(
        user,
        _("New device logged in"),
        _(
            "someone logged in to your account from a new device: %(program)s",
            program=program or _("unknown device"),
        ),
    )


def session_ended(user: User, program: str) -> None:
    """Notify the owner about an ended session; `program` is its User-Agent."""
    notify(
        user,
        _("A session was logged out"),
        _("a session of your account was logged out: %(program)s", program=program or _("unknown device")),
    )


def data_exported(user: User, event_id: int) -> None:
    """Notify the owner about an export of their data, once per event."""
    notify(
        user,
        _("Your data was downloaded"),
        key=f"exported:{event_id}",
        text=_("a file with all your data on the site was downloaded."),
    )


def locked_out(user: User) -> None:
    """Notify the owner that too many failed logins have locked the password login."""
    notify(
        user,
        _("Many failed log-ins"),
        _(
            "too many log-ins to your account failed. Your password is no longer accepted on new devices. "
            "Reset it to log in again: %(url)s",
            url=f"{mail.site_url()}/reset",
        ),
    )
