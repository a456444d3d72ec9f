"""The time of the day at which daily digests are sent."""

from datetime import datetime, time, timedelta

DIGEST_AT = time(7)  # UTC


def next_digest(now: datetime) -> datetime:
    """The time of the first digest after `now` (aware, UTC)."""
    today = datetime.combine(now.date(), DIGEST_AT, now.tzinfo)
    return today if now < today else today + timedelta(days=1)


def last_digest(now: datetime) -> datetime:
    """The time of the last digest up to `now` (aware, UTC)."""
    return next_digest(now) - timedelta(days=1)
