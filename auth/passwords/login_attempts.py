"""Limits on password guessing: by time, and by consecutive failures.

NIST SP 800-63B (5.2.2) allows at most 100 consecutive failed attempts on one account. The last ten are
reserved for known devices (sessions.known_device), so that attackers cannot lock out the owner. A correct
password or a reset link resets the count.
"""

from sqlalchemy import update

from auth.links import RESET
from auth.models import User
from auth.security_log import actions as security_log
from core.database.db import db
from core.limits.rate_limits import forget, forget_below, limit

MAX_FAILED_LOGINS = 100
MAX_FAILED_LOGINS_UNKNOWN_DEVICE = 90


def limit_attempts(name: str, *, device: str | None, host: str | None) -> None:
    """Count a login attempt: ten in five minutes per known device, fifty an hour from all other devices.

    `device` is the id of a known device, else None; `host` the client's address. Raises TooMany.
    """
    if device:
        limit("login-device", device, 10, 300)
    else:
        limit("login", name, 50, 3600)
        limit("login-pair", f"{name}|{host}", 10, 300)
        limit("login-host", host, 100, 3600)


def count_attempt(user: User | None, *, is_known_device: bool) -> int | None:
    """Count an attempt as failed before the password is verified; returns the consecutive failures.

    None when no attempt is left or there is no account: the password must not be accepted. One atomic
    statement in both cases, so that concurrent attempts are all counted and timing reveals nothing.
    """
    max_failures = MAX_FAILED_LOGINS if is_known_device else MAX_FAILED_LOGINS_UNKNOWN_DEVICE
    return db.session.scalar(
        update(User)
        .where(User.id == (user.id if user else 0), User.failed_logins < max_failures)
        .values(failed_logins=User.failed_logins + 1)
        .returning(User.failed_logins)
        .execution_options(synchronize_session=False)
    )


def is_lockout(failures: int | None) -> bool:
    """Whether this failure locks the login: from unknown devices, or from all."""
    return failures in (MAX_FAILED_LOGINS_UNKNOWN_DEVICE, MAX_FAILED_LOGINS)


def reset_failures(user: User, *, failures: int) -> None:
    """Reset the count of consecutive failures after a correct password; `failures` is its value."""
    if failures >= MAX_FAILED_LOGINS_UNKNOWN_DEVICE:
        security_log.record("lockout_lifted", user=user, actor=None)
    db.session.execute(
        update(User)
        .where(User.id == user.id)
        .values(failed_logins=0)
        .execution_options(synchronize_session=False)
    )


def clear_limits(user: User) -> None:
    """End every limit on this account, after proof by a mailed link or an administrator.

    The caller holds the lock of the account (links.lock_account).
    """
    reset_failures(user, failures=user.failed_logins)
    forget("login", user.username)
    forget(f"mail-{RESET}", user.email)
    forget("re-authenticate", user.id)
    forget_below("login-pair", f"{user.username}|")
