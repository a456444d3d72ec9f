"""Who people are: accounts, their sessions and tokens, and the ledger of their reputation."""

from datetime import date, datetime

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
    """An account. `username` is the unique handle, `display_name` is free."""

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

    session = None  # the Session of this request, set when it is loaded

    @property
    def is_moderator(self) -> bool:
        """The rights of a moderator: the role (administrators have it too) and good standing."""
        return self.is_staff and self.is_in_good_standing

    @property
    def is_admin(self) -> bool:
        """The rights of an administrator: the role and good standing."""
        return self.is_appointed_admin and self.is_in_good_standing

    @property
    def is_staff(self) -> bool:
        """Appointed to moderate, whether the rights may be used now or not: never a reason to let in."""
        return self.role in STAFF_ROLES

    @property
    def is_appointed_admin(self) -> bool:
        """Appointed to run the site, whether the rights may be used now or not."""
        return self.role == "administrator"

    @property
    def is_in_good_standing(self) -> bool:
        """Confirmed, not suspended, not erased: only then a role or reputation gives rights."""
        return self.confirmed_at is not None and self.erased_at is None and not self.is_suspended

    @property
    def is_suspended(self) -> bool:
        """Whether this account may only read for now."""
        return self.suspended_until is not None and self.suspended_until > utcnow()

    @property
    def is_active(self) -> bool:
        """Whether the account may be logged in to at all."""
        return self.erased_at is None

    @property
    def is_pending(self) -> bool:
        """Whether this is a registration that nobody has confirmed: it is shown to nobody."""
        return self.confirmed_at is None and self.imported_from is None and self.erased_at is None

    @property
    def privilege_points(self) -> int:
        """Reputation earned here; what came from another site opens no doors, not even a debt there."""
        return max(1, self.reputation - max(0, self.imported_reputation))

    def can(self, privilege: Privilege) -> bool:
        """Whether this member has earned (or was appointed to) `privilege`."""
        if not self.is_in_good_standing:
            return False
        return self.is_moderator or self.privilege_points >= threshold(privilege)

    @property
    def own_words(self) -> tuple[str, ...]:
        """What an attacker would try first as this account's password."""
        return self.username, self.display_name, self.email or ""

    @property
    def profile_url(self) -> str:
        """Path of the profile page."""
        return path_to("auth.profile", username=self.username)


class Visitor(AnonymousUserMixin):
    """Nobody is logged in: the same questions can be asked, the answers are no."""

    id = None
    username = None
    role = "visitor"
    session = None
    reputation = privilege_points = 0
    is_moderator = is_admin = is_staff = is_appointed_admin = is_in_good_standing = is_suspended = False

    def can(self, privilege: Privilege) -> bool:
        """Visitors read."""
        return False


class Session(db.Model):
    """A log-in on one device. The cookie holds the token, this table only its hash.

    `proved_at` is when the password was given last in this session (auth/freshness_views.py).
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
    """A Bearer token of a member; shown once, kept as a hash."""

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
    """A link sent by mail, good once: confirm, reset, claim, secure.

    A link that confirms a registration carries what was registered with it: the username, the password
    and the browser. So it activates only the registration that it was mailed for.
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


class HeldName(db.Model):
    """A username that somebody registered a short time ago, and (as a hash) for which address."""

    __tablename__ = "held_names"

    username_key: Mapped[str] = mapped_column(String(80), primary_key=True)
    email_hash: Mapped[str] = mapped_column(String(64))
    held_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)


class ReputationEvent(db.Model):
    """One applied change of somebody's reputation; rows are only ever added.

    `cause` names the one change that made it and is unique, so a retry writes nothing.
    `day` is the UTC day whose cap it counts toward: a reversal carries the day it reverses.
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
