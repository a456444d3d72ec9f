"""Mailed one-time links, stored as hashes. Nothing here commits.

An older link of the same purpose stays valid until it expires: otherwise anybody could invalidate a member's
link by requesting another one.
"""

from datetime import timedelta

from sqlalchemy import delete, insert, literal, select

from auth import queries, tokens
from auth.models import EmailToken, User
from core.database.db import changed_rows, db, utcnow

CONFIRM = "confirm"
RESET = "reset"
CLAIM = "claim"
SECURE = "secure"
LIFETIMES = {
    CONFIRM: timedelta(days=3),
    RESET: timedelta(hours=2),
    CLAIM: timedelta(days=14),
    SECURE: timedelta(days=7),
}


def issue(user_id: int, purpose: str, email: str, **registration: str | None) -> str:
    """Create a link for an account, to be mailed to `email`; returns its token.

    `registration` is what a confirmation activates: username, password_hash, browser_hash. For the id 0 (no
    account) the same statement writes no row, so that timing does not tell whether an account exists.
    """
    token = tokens.new()
    now = utcnow()
    values = {
        "token_hash": tokens.digest(token),
        "purpose": purpose,
        "email": email,
        "created_at": now,
        "expires_at": now + LIFETIMES[purpose],
        **registration,
    }
    types = EmailToken.__table__.c
    db.session.execute(
        insert(EmailToken).from_select(
            ["user_id", *values],
            select(User.id, *(literal(value, types[name].type) for name, value in values.items())).where(
                User.id == user_id
            ),
        )
    )
    return token


def lock_account(user_id: int) -> User | None:
    """Lock the row of an account until this transaction ends and reload it; None when it is gone.

    Every change of credentials takes this lock, so that they run one after the other.
    """
    return db.session.scalar(
        select(User).where(User.id == user_id).with_for_update().execution_options(populate_existing=True)
    )


def consume(token: str, purpose: str) -> tuple[EmailToken, User] | None:
    """Use up a valid link: (its row, the locked account). None when it is invalid, expired or used."""
    row = queries.email_token(token, purpose)
    if row is None or (user := lock_account(row.user_id)) is None:
        return None
    was_unused = changed_rows(delete(EmailToken).where(EmailToken.id == row.id))
    return (row, user) if was_unused else None


def revoke_all(user: User) -> None:
    """Invalidate every link that was mailed for an account."""
    db.session.execute(
        delete(EmailToken).where(EmailToken.user_id == user.id).execution_options(synchronize_session=False)
    )
