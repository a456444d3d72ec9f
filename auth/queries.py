"""Reads of accounts, sessions, tokens and the ledger."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from sqlalchemy import BindParameter, ColumnElement, Select, and_, func, or_, select

from auth.models import ApiToken, EmailToken, ReputationEvent, Session, User
from auth.names.skeletons import skeleton
from auth.tokens import digest
from core.database import paging
from core.database.db import db, utcnow
from core.database.models import OutgoingMail
from core.mail import message
from core.web.site import path_to

CHART_PERIOD = timedelta(days=365)
ACTIVITY_PERIOD = timedelta(days=90)


def is_listed() -> ColumnElement[bool]:
    """SQL condition: accounts with a public profile, which are confirmed or imported, and not erased."""
    is_established = or_(User.confirmed_at.is_not(None), User.imported_from.is_not(None))
    return and_(User.erased_at.is_(None), is_established)


def by_username(username: str) -> User | None:
    """The member with this username and a public profile; None for unconfirmed and erased accounts."""
    return db.session.scalar(select(User).where(User.username == username.lower(), is_listed()))


def account_by_username(username: str) -> User | None:
    """The account with this username, confirmed or not; for administrators and the shell."""
    return db.session.scalar(select(User).where(User.username == username.lower(), User.erased_at.is_(None)))


def profile_paths(usernames: Iterable[str]) -> dict[str, str]:
    """{username: path of the profile} for those of these names that exist; one query."""
    known = db.session.scalars(
        select(User.username).where(
            User.username.in_(list(usernames)), User.erased_at.is_(None), User.confirmed_at.is_not(None)
        )
    )
    return {name: path_to("auth.profile", username=name) for name in known}


def by_login(name: str) -> User | None:
    """The account that logs in with `name`, a username or an email address."""
    wanted = User.username == name.strip().lower()
    if "@" in name:
        try:
            wanted = User.email == message.normalize_address(name, any_host=True)
        except message.BadAddress:
            return None
    return db.session.scalar(select(User).where(wanted, User.erased_at.is_(None)))


def by_email(email: str) -> User | None:
    """The account with this email address, confirmed or not."""
    return db.session.scalar(select(User).where(User.email == email.lower()))


def in_good_standing(now: datetime | BindParameter | None = None) -> ColumnElement[bool]:
    """SQL condition: User.is_in_good_standing, at present or at `now`, which may be a parameter."""
    return and_(User.confirmed_at.is_not(None), is_active(User, now))


def with_role(*roles: str) -> Select:
    """SELECT of the members in good standing with one of these roles."""
    return select(User).where(User.role.in_(roles), in_good_standing())


def similar_account(name: str, *, other_than: User | None = None) -> User | None:
    """An account, but `other_than`, whose username (or, of staff, display name) looks like `name`."""
    key = skeleton(name)
    own_id = other_than.id if other_than else 0
    found = db.session.scalar(select(User).where(User.username_key == key, User.id != own_id))
    if found is not None:
        return found
    staff = db.session.scalars(select(User).where(User.role != "member", User.id != own_id))
    return next((user for user in staff if skeleton(user.display_name) == key), None)


def members(after: paging.PageStart = None, size: int = 40) -> paging.Page:
    """One page of members, highest reputation first."""
    return paging.keyset(
        select(User).where(is_listed()),
        [User.reputation, User.id],
        after=after,
        size=size,
        changed=paging.changed_by_time(User.created_at, User.id),
    )


def reputation_history(user: User, after: paging.PageStart = None) -> paging.Page:
    """One page of a member's ledger, newest first, without entries of 0 points."""
    return paging.keyset(
        select(ReputationEvent).where(ReputationEvent.user_id == user.id, ReputationEvent.points != 0),
        [ReputationEvent.id],
        after=after,
        size=30,
        changed=paging.changed_at_any(ReputationEvent.created_at),
    )


def ledger(user: User) -> list[ReputationEvent]:
    """The whole ledger of a member, oldest first."""
    return list(
        db.session.scalars(
            select(ReputationEvent).where(ReputationEvent.user_id == user.id).order_by(ReputationEvent.id)
        )
    )


def mail_to(user: User) -> list[OutgoingMail]:
    """Queued and sent mails to a member's address."""
    return list(
        db.session.scalars(
            select(OutgoingMail).where(OutgoingMail.recipient == user.email).order_by(OutgoingMail.id)
        )
    )


def reputation_by_day(user: User) -> list[tuple[date, int]]:
    """(UTC day, points) of the last year for the chart, oldest first; the first entry sums up all before."""
    today = utcnow().date()
    since = today - CHART_PERIOD
    rows = db.session.execute(
        select(ReputationEvent.day, func.sum(ReputationEvent.points))
        .where(ReputationEvent.user_id == user.id, ReputationEvent.day > since)
        .group_by(ReputationEvent.day)
        .order_by(ReputationEvent.day)
    )
    days = [(day, points) for day, points in rows]
    before = user.reputation - sum(points for _, points in days)
    return [(since, before), *days, (today, 0)] if before > 1 else days


def email_token(token: str, purpose: str) -> EmailToken | None:
    """The row of a valid mailed link; None when it is invalid or expired."""
    row = db.session.scalar(
        select(EmailToken)
        .where(EmailToken.token_hash == digest(token), EmailToken.purpose == purpose)
        .execution_options(populate_existing=True)
    )
    return row if row is not None and row.expires_at > utcnow() else None


def sessions_of(user: User) -> list[Session]:
    """A member's sessions, last used first."""
    return list(
        db.session.scalars(select(Session).where(Session.user_id == user.id).order_by(Session.seen_at.desc()))
    )


def api_tokens_of(user: User) -> list[ApiToken]:
    """A member's API tokens, newest first."""
    return list(
        db.session.scalars(select(ApiToken).where(ApiToken.user_id == user.id).order_by(ApiToken.id.desc()))
    )


def active_members(max_count: int) -> int:
    """The number of confirmed members with earned reputation who were active in ACTIVITY_PERIOD.

    Counts up to `max_count`.
    """
    active = (
        select(User.id)
        .where(
            User.reputation > 1,
            User.last_seen_at >= utcnow() - ACTIVITY_PERIOD,
            User.confirmed_at.is_not(None),
            User.erased_at.is_(None),
        )
        .order_by(User.reputation.desc(), User.id.desc())
        .limit(max_count)
        .subquery()
    )
    return db.session.scalar(select(func.count()).select_from(active)) or 0


def is_active(entity: type[User] = User, now: datetime | BindParameter | None = None) -> ColumnElement[bool]:
    """SQL condition: neither erased nor suspended, at present or at `now`, which may be a parameter."""
    is_over = entity.suspended_until <= (utcnow() if now is None else now)
    return and_(entity.erased_at.is_(None), or_(entity.suspended_until.is_(None), is_over))


def reachable_members(user_ids: Iterable[int]) -> list[User]:
    """Those of these members who are active and have a confirmed address, ordered by id."""
    return list(
        db.session.scalars(
            select(User)
            .where(
                User.id.in_(list(user_ids)),
                is_active(),
                User.confirmed_at.is_not(None),
                User.email.is_not(None),
            )
            .order_by(User.id)
        )
    )
