"""Tables of the infrastructure: events, outgoing mail, rate limits, task runs, heartbeats, hourly metrics."""

from datetime import datetime

from sqlalchemy import JSON, Float, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.database.db import UTCDateTime, db, utcnow


class Event(db.Model):
    """An event, written in the transaction of the change that it announces.

    `invalidates` has the names (core.cache.dependencies) whose cached pages it changes, between spaces; NULL
    stands for all pages.
    """

    __tablename__ = "events"
    __table_args__ = (
        Index(
            "ix_events_waiting",
            "due_at",
            "id",
            sqlite_where=db.text("done_at IS NULL"),
            postgresql_where=db.text("done_at IS NULL"),
        ),
        Index(
            "ix_events_failed",
            "done_at",
            sqlite_where=db.text("error IS NOT NULL"),
            postgresql_where=db.text("error IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    subject_kind: Mapped[str | None] = mapped_column(String(30))
    subject_id: Mapped[int | None]
    actor_id: Mapped[int | None]
    data: Mapped[dict] = mapped_column(JSON, default=dict)
    invalidates: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    due_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    claimed_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    claimed_by: Mapped[str | None] = mapped_column(String(40))
    attempts: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    error: Mapped[str | None] = mapped_column(Text)


class OutgoingMail(db.Model):
    """An email to send once. `key` is unique: queueing the same email twice writes nothing.

    `thread` is the same for emails that belong together, `list_name` is the list to unsubscribe from. The
    text is stored until the email is sent or has failed; its SHA-256 stays. `has_secret`: the text has a link
    that opens an account, so backups omit it.
    """

    __tablename__ = "outgoing_mail"
    __table_args__ = (
        UniqueConstraint("key"),
        Index(
            "ix_outgoing_mail_waiting",
            "due_at",
            "id",
            sqlite_where=db.text("sent_at IS NULL AND failed_at IS NULL"),
            postgresql_where=db.text("sent_at IS NULL AND failed_at IS NULL"),
        ),
        Index(
            "ix_outgoing_mail_failed",
            "failed_at",
            sqlite_where=db.text("failed_at IS NOT NULL"),
            postgresql_where=db.text("failed_at IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(120))
    recipient: Mapped[str] = mapped_column(String(254))
    subject: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    html: Mapped[str | None] = mapped_column(Text)
    thread: Mapped[str | None] = mapped_column(String(120))
    list_name: Mapped[str | None] = mapped_column(String(40))
    unsubscribe_url: Mapped[str | None] = mapped_column(Text)
    has_secret: Mapped[bool] = mapped_column(default=False, server_default=db.text("false"))
    body_hash: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    due_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    attempts: Mapped[int] = mapped_column(default=0)
    claimed_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    claimed_by: Mapped[str | None] = mapped_column(String(40))
    sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    failed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    error: Mapped[str | None] = mapped_column(Text)


class Attempt(db.Model):
    """One attempt at a limited act (log-in, reset, mail), counted over all processes."""

    __tablename__ = "attempts"
    __table_args__ = (Index("ix_attempts_key_created_at", "key", "created_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(160))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)


class TaskRun(db.Model):
    """The last run of a scheduled task: the time it was due, and the worker that claimed it.

    `claimed_until` is NULL when the run has ended, and in the past when its worker died.
    """

    __tablename__ = "task_runs"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(UTCDateTime)
    claimed_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    claimed_by: Mapped[str | None] = mapped_column(String(40))
    tries: Mapped[int] = mapped_column(default=0, server_default="0")


class Heartbeat(db.Model):
    """A loop of a worker, and the end of its last round."""

    __tablename__ = "heartbeats"

    worker: Mapped[str] = mapped_column(String(40), primary_key=True)
    loop: Mapped[str] = mapped_column(String(10), primary_key=True)
    host: Mapped[str] = mapped_column(String(100))
    beaten_at: Mapped[datetime] = mapped_column(UTCDateTime)


class HourlyMetric(db.Model):
    """A metric of one hour, over all processes: a sum or a maximum."""

    __tablename__ = "figures"

    hour: Mapped[datetime] = mapped_column(UTCDateTime, primary_key=True)
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[float] = mapped_column(Float)


class StoppedAddress(db.Model):
    """An address that has no mailbox, as its server said; it gets no mail until its owner resumes it."""

    __tablename__ = "stopped_addresses"

    address: Mapped[str] = mapped_column(String(254), primary_key=True)
    stopped_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
