"""How often somebody may guess a password: limits by time, and a hundred failures in a row at most.

NIST SP 800-63B (5.2.2) allows at most 100 consecutive failed attempts on one account. Of these the last ten
are for browsers that the member has used before (sessions.known_device), so that whoever guesses from
elsewhere locks out no owner. Only a correct password or a reset link starts the count anew.
"""

from sqlalchemy import update

from auth.links import RESET
from auth.models import User
from auth.security_log import actions as security_log
from core.database.db import db
from core.limits.rate_limits import clear_attempts, clear_attempts_below, limit

MAX_FAILED_LOGINS = 100
MAX_FAILED_LOGINS_ELSEWHERE = 90


def limit_tries(name: str, *, device: str | None, host: str | None) -> None:
    """Ten tries in five minutes from a device the member has used; fifty an hour from all others.

    Raises TooMany.
    """
    if device:
        limit("login-device", device, 10, 300)
    else:
        limit("login", name, 50, 3600)
        limit("login-pair", f"{name}|{host}", 10, 300)
        limit("login-host", host, 100, 3600)


def count_try(user: User | None, *, is_known_device: bool) -> int | None:
    """Count a try before its password is looked at, as if it had failed; returns the failures in a row.

    None when no try is left, or there is no account: the password must not be accepted. The statement is
    the same for both, and tries at one moment are counted one by one.
    """
    most = MAX_FAILED_LOGINS if is_known_device else MAX_FAILED_LOGINS_ELSEWHERE
    return db.session.scalar(
        update(User)
        .where(User.id == (user.id if user else 0), User.failed_logins < most)
        .values(failed_logins=User.failed_logins + 1)
        .returning(User.failed_logins)
        .execution_options(synchronize_session=False)
    )


def is_last(failures: int | None) -> bool:
    """Whether this try was the last one: the owner should know."""
    return failures in (MAX_FAILED_LOGINS_ELSEWHERE, MAX_FAILED_LOGINS)


def start_anew(user: User, *, failures: int) -> None:
    """The password was right: the earlier `failures` do not count any more."""
    if failures >= MAX_FAILED_LOGINS_ELSEWHERE:
        security_log.record("lockout_lifted", user=user, actor=None)
    db.session.execute(
        update(User)
        .where(User.id == user.id)
        .values(failed_logins=0)
        .execution_options(synchronize_session=False)
    )


def lift_lock_out(user: User) -> None:
    """Another proof was given (a mailed link, an administrator): every limit on this account ends.

    `user` is held and read anew (links.hold_account).
    """
    start_anew(user, failures=user.failed_logins)
    clear_attempts("login", user.username)
    clear_attempts(f"mail-{RESET}", user.email)
    clear_attempts("re-authenticate", user.id)
    clear_attempts_below("login-pair", f"{user.username}|")
