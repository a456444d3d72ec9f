"""What members say of installing a bulletin's updates, whom that helped, and what calendars were told."""

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from auth.models import User
from bulletins.models import Bulletin
from core.database.db import UTCDateTime, db, utcnow
from core.web.site import path_to
from products.models import Release

RINGS = ("lab", "pilot", "broad")
OK, ISSUE, FAILED, ROLLED_BACK = "ok", "issue", "failed", "rolled_back"
OUTCOMES = (OK, ISSUE, FAILED, ROLLED_BACK)
FAILING = (FAILED, ROLLED_BACK)
LONGEST_NOTE, LONGEST_TARGET, LONGEST_KEY = 600, 100, 110


class DeploymentReport(db.Model):
    """How an installation went, in a member's last words: one for each bulletin and `target_key`.

    The key is a release of the catalogue, a free text in small letters, or nothing. A removed report
    counts nowhere; the one its author removed comes back when they report again.
    """

    __tablename__ = "deployment_reports"
    __table_args__ = (
        UniqueConstraint("user_id", "bulletin_id", "target_key"),
        Index("ix_deployment_reports_bulletin_id_updated_at_id", "bulletin_id", "updated_at", "id"),
        Index("ix_deployment_reports_bulletin_id_target_key", "bulletin_id", "target_key", "outcome"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    bulletin_id: Mapped[int] = mapped_column(ForeignKey("bulletins.id", ondelete="CASCADE"))
    target_key: Mapped[str] = mapped_column(String(LONGEST_KEY))
    release_id: Mapped[int | None] = mapped_column(ForeignKey("releases.id", ondelete="SET NULL"))
    target: Mapped[str] = mapped_column(String(LONGEST_TARGET), default="")
    ring: Mapped[str] = mapped_column(String(5))
    outcome: Mapped[str] = mapped_column(String(11))
    note: Mapped[str] = mapped_column(String(LONGEST_NOTE), default="")
    helpful_count: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    removed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    removed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))

    user: Mapped[User | None] = relationship(foreign_keys=[user_id], lazy="raise_on_sql")
    bulletin: Mapped[Bulletin] = relationship(lazy="raise_on_sql")
    release: Mapped[Release | None] = relationship(lazy="raise_on_sql")

    @property
    def path(self) -> str:
        """Where it stands; its bulletin is loaded."""
        return f"{path_to('deployment.reports', reference=self.bulletin.reference)}#report-{self.id}"

    @property
    def is_failing(self) -> bool:
        """Whether the update did not stay installed."""
        return self.outcome in FAILING

    @property
    def is_hidden_by_moderator(self) -> bool:
        """Whether somebody else removed it; its author cannot bring it back."""
        return self.removed_at is not None and self.removed_by_id != self.user_id


class DeploymentTally(db.Model):
    """How many reports of each outcome there are for one bulletin and target, set by actions.recount()."""

    __tablename__ = "deployment_tallies"
    __table_args__ = (UniqueConstraint("bulletin_id", "target_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    bulletin_id: Mapped[int] = mapped_column(ForeignKey("bulletins.id", ondelete="CASCADE"))
    target_key: Mapped[str] = mapped_column(String(LONGEST_KEY))
    release_id: Mapped[int | None] = mapped_column(ForeignKey("releases.id", ondelete="SET NULL"))
    target: Mapped[str] = mapped_column(String(LONGEST_TARGET), default="")
    ok: Mapped[int] = mapped_column(default=0)
    issue: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    rolled_back: Mapped[int] = mapped_column(default=0)

    release: Mapped[Release | None] = relationship(lazy="raise_on_sql")

    @property
    def counts(self) -> dict[str, int]:
        """Reports by outcome."""
        return {outcome: getattr(self, outcome) for outcome in OUTCOMES}


class HelpfulMark(db.Model):
    """A reader says that a report helped. `turns` counts how often its credit was given and taken back.

    `author_id` and `day` are of the first time: the ledger is replayed from these rows.
    """

    __tablename__ = "helpful_marks"
    __table_args__ = (
        UniqueConstraint("user_id", "report_id"),
        Index("ix_helpful_marks_report_id", "report_id"),
        Index("ix_helpful_marks_user_id_author_id", "user_id", "author_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("deployment_reports.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    author_id: Mapped[int]
    is_on: Mapped[bool] = mapped_column(default=True)
    turns: Mapped[int] = mapped_column(default=0)
    day: Mapped[date] = mapped_column(Date)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)

    report: Mapped[DeploymentReport] = relationship(lazy="raise_on_sql")


class CalendarMark(db.Model):
    """The day that calendars were told for something (`patch-2026-11`, `kev-7`); each new day counts up."""

    __tablename__ = "calendar_marks"
    __table_args__ = (UniqueConstraint("uid"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(40))
    day: Mapped[date] = mapped_column(Date)
    sequence: Mapped[int] = mapped_column(default=0)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
