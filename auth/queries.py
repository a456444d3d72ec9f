"""Reads about people."""

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from auth.models import ApiToken, EmailToken, ReputationEvent, Session, User
from auth.names import display_names
from auth.tokens import digest
from core.database import paging
from core.database.db import db, utcnow
from core.database.models import OutgoingMail
from core.mail import message

YEAR = timedelta(days=365)
ACTIVE = timedelta(days=90)


def is_listed() -> ColumnElement[bool]:
    """Whose page and name everybody may see: not erased, and no registration that nobody has confirmed.

    Imported people never confirm.
    """
    is_somebody = or_(User.confirmed_at.is_not(None), User.imported_from.is_not(None))
    return and_(User.erased_at.is_(None), is_somebody)


def by_username(username: str) -> User | None:
    """The member with this handle; erased and unconfirmed accounts have no page."""
    return db.session.scalar(select(User).where(User.username == username.lower(), is_listed()))


def account_named(username: str) -> User | None:
    """The account with this handle, be it unconfirmed: for whoever runs the site."""
    return db.session.scalar(select(User).where(User.username == username.lower(), User.erased_at.is_(None)))


def profile_addresses(usernames: Iterable[str]) -> dict[str, str]:
    """Paths of the profiles of those of these handles that are members'; one query."""
    known = db.session.scalars(
        select(User.username).where(
            User.username.in_(list(usernames)), User.erased_at.is_(None), User.confirmed_at.is_not(None)
        )
    )
    return {name: f"/users/{name}" for name in known}


def by_login(name: str) -> User | None:
    """Who logs in as `name`: a handle or an address."""
    wanted = User.username == name.strip().lower()
    if "@" in name:
        try:
            wanted = User.email == message.normalize_address(name, any_host=True)
        except message.BadAddress:
            return None
    return db.session.scalar(select(User).where(wanted, User.erased_at.is_(None)))


def by_email(email: str) -> User | None:
    """The account of an address."""
    return db.session.scalar(select(User).where(User.email == email.lower()))


def looks_like(username: str) -> User | None:
    """An account whose handle, or a moderator whose name, could be mistaken for this handle."""
    return imitated(username, by=None)


def in_good_standing() -> ColumnElement[bool]:
    """SQL condition: what User.is_in_good_standing says of a row."""
    return and_(
        User.confirmed_at.is_not(None),
        User.erased_at.is_(None),
        or_(User.suspended_until.is_(None), User.suspended_until <= utcnow()),
    )


def holders(*roles: str) -> Select:
    """SELECT of the members who hold one of these roles and may use it now."""
    return select(User).where(User.role.in_(roles), in_good_standing())


def imitated(name: str, *, by: User | None) -> User | None:
    """Somebody else whose handle this name looks like, or whose name if they moderate."""
    skeleton, mine = display_names.skeleton(name), by.id if by else 0
    namesake = db.session.scalar(select(User).where(User.username_key == skeleton, User.id != mine))
    if namesake is not None:
        return namesake
    staff = db.session.scalars(select(User).where(User.role != "member", User.id != mine))
    return next((user for user in staff if display_names.skeleton(user.display_name) == skeleton), None)


def members(after: paging.Place = None, size: int = 40) -> paging.Page:
    """Members by reputation."""
    return paging.keyset(
        select(User).where(is_listed()),
        [User.reputation, User.id],
        after=after,
        size=size,
        changed=paging.by_time(User.created_at, User.id),
    )


def reputation_history(user: User, after: paging.Place = None) -> paging.Page:
    """The ledger of one member, newest first."""
    return paging.keyset(
        select(ReputationEvent).where(ReputationEvent.user_id == user.id, ReputationEvent.points != 0),
        [ReputationEvent.id],
        after=after,
        size=30,
        changed=paging.at_any(ReputationEvent.created_at),
    )


def ledger(user: User) -> list[ReputationEvent]:
    """The whole ledger of one member, in order."""
    return list(
        db.session.scalars(
            select(ReputationEvent).where(ReputationEvent.user_id == user.id).order_by(ReputationEvent.id)
        )
    )


def mail_to(user: User) -> list[OutgoingMail]:
    """What was or will be mailed to a member's address."""
    return list(
        db.session.scalars(
            select(OutgoingMail).where(OutgoingMail.recipient == user.email).order_by(OutgoingMail.id)
        )
    )


def reputation_by_day(user: User) -> list[tuple]:
    """(day, points of that day) of the last year in order, for the chart; first all that came before."""
    today = utcnow().date()
    since = today - YEAR
    days = db.session.execute(
        select(ReputationEvent.day, db.func.sum(ReputationEvent.points))
        .where(ReputationEvent.user_id == user.id, ReputationEvent.day > since)
        .group_by(ReputationEvent.day)
        .order_by(ReputationEvent.day)
    ).all()
    before = user.reputation - sum(points for _, points in days)
    return [(since, before), *days, (today, 0)] if before > 1 else days


def email_token(token: str, purpose: str) -> EmailToken | None:
    """A live mailed link."""
    row = db.session.scalar(
        select(EmailToken)
        .where(EmailToken.token_hash == digest(token), EmailToken.purpose == purpose)
        .execution_options(populate_existing=True)
    )
    return row if row is not None and row.expires_at > utcnow() else None


def sessions_of(user: User) -> list[Session]:
    """Where a member is logged in."""
    return list(
        db.session.scalars(select(Session).where(Session.user_id == user.id).order_by(Session.seen_at.desc()))
    )


def api_tokens_of(user: User) -> list[ApiToken]:
    """A member's API tokens."""
    return list(
        db.session.scalars(select(ApiToken).where(ApiToken.user_id == user.id).order_by(ApiToken.id.desc()))
    )


def active_members(enough: int) -> int:
    """How many confirmed members earned reputation here and logged in lately; `enough` when it is more."""
    some = (
        select(User.id)
        .where(
            User.reputation > 1,
            User.last_seen_at >= utcnow() - ACTIVE,
            User.confirmed_at.is_not(None),
            User.erased_at.is_(None),
        )
        .order_by(User.reputation.desc(), User.id.desc())
        .limit(enough)
        .subquery()
    )
    return db.session.scalar(select(func.count()).select_from(some))


def is_active(user: type[User] = User) -> ColumnElement[bool]:
    """SQL condition: neither erased nor suspended."""
    return and_(
        user.erased_at.is_(None), or_(user.suspended_until.is_(None), user.suspended_until <= utcnow())
    )


def reachable_members(user_ids: Iterable[int]) -> list[User]:
    """Those of these members who can use their account now and have a confirmed email address."""
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
