"""Links that are mailed and work once. The database keeps a hash of each; nothing here commits.

An older link of the same purpose goes on working until it expires: else whoever asks for a link in
somebody's name would end the one that this person is about to open.
"""

from datetime import timedelta

from sqlalchemy import delete, insert, literal, select

from auth import queries, tokens
from auth.models import EmailToken, User
from core.database.db import db, utcnow

CONFIRM, RESET, CLAIM, SECURE = "confirm", "reset", "claim", "secure"
LIFETIMES = {
    CONFIRM: timedelta(days=3),
    RESET: timedelta(hours=2),
    CLAIM: timedelta(days=14),
    SECURE: timedelta(days=7),
}


def issue(user_id: int, purpose: str, email: str, **registration: str | None) -> str:
    """A new link for an account, mailed to `email`; returns its token.

    `registration` is what a confirmation activates: username, password_hash, browser_hash. For an account
    that is not there (id 0) the same statement writes no row, so that nobody can tell by the time.
    """
    token, now = tokens.new(), utcnow()
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


def hold_account(user_id: int) -> User | None:
    """The account as it is now; nobody else changes its ways in until this transaction ends."""
    return db.session.scalar(
        select(User).where(User.id == user_id).with_for_update().execution_options(populate_existing=True)
    )


def take(token: str, purpose: str) -> tuple[EmailToken, User] | None:
    """Consume a live link: (what it was, the account, held). None when it is dead, or another was faster."""
    row = queries.email_token(token, purpose)
    if row is None or (user := hold_account(row.user_id)) is None:
        return None
    taken = db.session.execute(
        delete(EmailToken).where(EmailToken.id == row.id).execution_options(synchronize_session=False)
    ).rowcount
    return (row, user) if taken else None


def end_all(user: User) -> None:
    """End every link that was mailed for an account."""
    db.session.execute(
        delete(EmailToken).where(EmailToken.user_id == user.id).execution_options(synchronize_session=False)
    )
