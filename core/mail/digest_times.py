"""The hour of the day at which what was gathered is mailed."""

from datetime import datetime, time, timedelta

DIGEST_AT = time(7)  # UTC


def next_digest(now: datetime) -> datetime:
    """The moment of the next digest after `now`."""
    today = datetime.combine(now.date(), DIGEST_AT, now.tzinfo)
    return today if now < today else today + timedelta(days=1)


def last_digest(now: datetime) -> datetime:
    """The moment of the last digest up to `now`."""
    return next_digest(now) - timedelta(days=1)
