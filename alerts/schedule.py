"""When alerts are due: soon after an import has finished, daily, or monthly."""

from datetime import datetime, time, timedelta

from alerts.models import AT_ONCE, PATCH_DAY
from core.mail.digest_times import last_digest, next_digest
from core.monthly import Monthly

QUIET_PERIOD = timedelta(seconds=30)  # without news: an import of many bulletins is over
MAX_DELAY = timedelta(minutes=30)  # of news during a longer import


def cutoff(cadence: str, now: datetime, newest: datetime, patch_day: Monthly, *, urgent: bool) -> datetime:
    """The time up to which news may be mailed at `now` to subscriptions of a cadence.

    `newest` is the time of the newest news; all times are UTC.
    """
    if cadence == AT_ONCE:
        return now if newest <= now - QUIET_PERIOD else now - MAX_DELAY
    return last_patch_digest(now, patch_day) if cadence == PATCH_DAY and not urgent else last_digest(now)


def last_patch_digest(now: datetime, patch_day: Monthly) -> datetime:
    """The time of the last digest that follows a patch day."""
    local = now.astimezone(patch_day.zone)
    months = [(local.year, local.month - back) for back in (0, 1, 2)]
    digests = (
        next_digest(patch_day.on(year - (month < 1), month + 12 * (month < 1))) for year, month in months
    )
    return next(digest for digest in digests if digest <= now)


def tomorrow(now: datetime, patch_day: Monthly) -> datetime:
    """The next midnight in the time zone of the patch day."""
    day = now.astimezone(patch_day.zone).date() + timedelta(days=1)
    return datetime.combine(day, time(), patch_day.zone).astimezone(now.tzinfo)
