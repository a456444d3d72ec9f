"""Accounts, sessions, API tokens, mailed links, and the reputation ledger."""

from datetime import date, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from flask_login import AnonymousUserMixin, UserMixin
from sqlalchemy import JSON, Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from auth.privileges import Privilege, threshold
from core.database.db import UTCDateTime, db, utcnow
from core.database.versions import Versioned
from core.markup.markup import MARKUP_VERSION
from core.web.site import path_to

STAFF_ROLES = ("moderator", "administrator")
ROLES = ("member", *STAFF_ROLES)


class User(UserMixin, Versioned, db.Model):
    """An account. `username` is unique; `display_name` is free text."""

    __tablename__ = "users"
    __table_args__ = (
        UniqueConstraint("username"),
        UniqueConstraint("username_key"),
        UniqueConstraint("email"),
        UniqueConstraint("imported_from", "external_id"),
        Index("ix_users_reputation_id", "reputation", "id"),
        Index("ix_users_created_at", "created_at"),
        Index(
            "ix_users_staff",
            "role",
            sqlite_where=db.text("role <> 'member'"),
            postgresql_where=db.text("role <> 'member'"),
        ),
        Index(
            "ix_users_unconfirmed",
            "created_at",
            sqlite_where=db.text("confirmed_at IS NULL"),
            postgresql_where=db.text("confirmed_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(40))
    username_key: Mapped[str] = mapped_column(String(80))
    email: Mapped[str | None] = mapped_column(String(254))
    display_name: Mapped[str] = mapped_column(String(80))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(16), default="member")
    reputation: Mapped[int] = mapped_column(default=1)
    imported_reputation: Mapped[int] = mapped_column(default=0)
    imported_badges: Mapped[dict] = mapped_column(JSON, default=dict, server_default="{}")
    location: Mapped[str] = mapped_column(String(100), default="")
    website: Mapped[str] = mapped_column(String(200), default="")
    revision_count: Mapped[int] = mapped_column(default=1)  # of the profile
    about: Mapped[str] = mapped_column(Text, default="")
    about_html: Mapped[str] = mapped_column(Text, default="")
    markup_version: Mapped[int] = mapped_column(default=MARKUP_VERSION, server_default="1")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    last_seen_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    suspended_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    suspension_reason: Mapped[str] = mapped_column(String(500), default="")
    erased_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    imported_from: Mapped[str | None] = mapped_column(String(100))
    external_id: Mapped[str | None] = mapped_column(String(60))
    failed_logins: Mapped[int] = mapped_column(default=0, server_default="0")  # in a row
    device_generation: Mapped[int] = mapped_column(default=0, server_default="0")

    if TYPE_CHECKING:
        session: "Session | None"
        read_with_session: dict[str, Any]
    else:
        session = None  # the Session of this request, set when it is loaded
        read_with_session = MappingProxyType({})  # what packages let it bring (auth.sessions)

    @property
    def is_moderator(self) -> bool:
        """Whether the user has a moderator's rights: the role (or administrator) and good standing."""
        return self.is_staff and self.is_in_good_standing

    @property
    def is_admin(self) -> bool:
        """Whether the user has an administrator's rights: the role and good standing."""
        return self.is_appointed_admin and self.is_in_good_standing

    @property
    def is_staff(self) -> bool:
        """Whether the role is a staff role, in good standing or not; never sufficient to authorize."""
        return self.role in STAFF_ROLES

    @property
    def is_appointed_admin(self) -> bool:
        """Whether the role is administrator, in good standing or not; never sufficient to authorize."""
        return self.role == "administrator"

    @property
    def is_in_good_standing(self) -> bool:
        """Whether the account is confirmed, not suspended and not erased; required for all rights."""
        return self.confirmed_at is not None and self.erased_at is None and not self.is_suspended

    @property
    def is_suspended(self) -> bool:
        """Whether the account is read-only at present."""
        return self.suspended_until is not None and self.suspended_until > utcnow()

    @property
    def is_active(self) -> bool:  # pyright: ignore[reportIncompatibleMethodOverride]  (stub: Literal[True])
        """Whether login is possible (Flask-Login)."""
        return self.erased_at is None

    @property
    def is_pending(self) -> bool:
        """Whether this is an unconfirmed registration, which is not public."""
        return self.confirmed_at is None and self.imported_from is None and self.erased_at is None

    @property
    def privilege_points(self) -> int:
        """Reputation that counts for privileges: without imported points, at least 1."""
        return max(1, self.reputation - max(0, self.imported_reputation))

    def can(self, privilege: Privilege) -> bool:
        """Whether the user has `privilege`, by reputation or as a moderator."""
        if not self.is_in_good_standing:
            return False
        return self.is_moderator or self.privilege_points >= threshold(privilege)

    @property
    def own_words(self) -> tuple[str, ...]:
        """Words that must not make up the password: username, display name, address."""
        return self.username, self.display_name, self.email or ""

    @property
    def profile_url(self) -> str:
        """Path of the profile page."""
        return path_to("auth.profile", username=self.username)


class Visitor(AnonymousUserMixin):
    """A user who is not logged in: no rights, no reputation."""

    id = None
    username = None
    role = "visitor"
    session = None
    read_with_session: ClassVar[dict[str, Any]] = {}
    reputation = privilege_points = 0
    is_moderator = is_admin = is_staff = is_appointed_admin = is_in_good_standing = is_suspended = False

    def can(self, privilege: Privilege) -> bool:
        """Whether the user has `privilege`: never."""
        return False


class Session(db.Model):
    """A login on one device. The cookie holds the token, this table only its hash.

    `proved_at` is when the password was last given in this session (auth/freshness_views.py).
    """

    __tablename__ = "sessions"
    __table_args__ = (UniqueConstraint("token_hash"), Index("ix_sessions_user_id", "user_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    user_agent: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    proved_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    user: Mapped[User] = relationship()


class ApiToken(db.Model):
    """A Bearer token of a member; shown once, stored as a hash."""

    __tablename__ = "api_tokens"
    __table_args__ = (UniqueConstraint("token_hash"), Index("ix_api_tokens_user_id", "user_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(80))
    scope: Mapped[str] = mapped_column(String(10))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    user: Mapped[User] = relationship()


class EmailToken(db.Model):
    """A mailed one-time link; `purpose` is confirm, reset, claim or secure (auth/links.py).

    A link that confirms a registration stores its username, password hash and browser, so that it activates
    only the registration that it was mailed for.
    """

    __tablename__ = "email_tokens"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        Index("ix_email_tokens_user_id_purpose", "user_id", "purpose"),
        Index("ix_email_tokens_expires_at", "expires_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    purpose: Mapped[str] = mapped_column(String(10))
    email: Mapped[str] = mapped_column(String(254))
    username: Mapped[str | None] = mapped_column(String(40))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    browser_hash: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    user: Mapped[User] = relationship()


class UsernameReservation(db.Model):
    """A username reserved for an unconfirmed registration; `email_hash` identifies its address."""

    __tablename__ = "held_names"

    username_key: Mapped[str] = mapped_column(String(80), primary_key=True)
    email_hash: Mapped[str] = mapped_column(String(64))
    held_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)


class ReputationEvent(db.Model):
    """One applied change of a reputation; append-only.

    `cause` identifies the change and is unique, so that a retry writes nothing.
    `day` is the UTC day whose cap it counts toward; a reversal has the day of what it reverses.
    """

    __tablename__ = "reputation_events"
    __table_args__ = (
        UniqueConstraint("cause"),
        Index("ix_reputation_events_user_id_day_points", "user_id", "day", "points"),
        Index("ix_reputation_events_user_id_id", "user_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(30))
    points: Mapped[int]
    source: Mapped[int | None]
    actor_id: Mapped[int | None]
    cause: Mapped[str] = mapped_column(String(120))
    day: Mapped[date] = mapped_column(Date)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
