"""When alerts are due: what belongs together is gathered first, then goes at once, daily, or monthly."""

from datetime import datetime, time, timedelta

from alerts.models import AT_ONCE, PATCH_DAY
from core.mail.digest_times import last_digest, next_digest
from core.monthly import Monthly

QUIET = timedelta(seconds=30)  # an import of a month is over when nothing new came for so long
LONGEST = timedelta(minutes=30)  # but nothing waits longer for the rest


def cutoff(cadence: str, now: datetime, newest: datetime, patch_day: Monthly, *, urgent: bool) -> datetime:
    """News up to this moment may go to subscriptions of that cadence now; `newest` is when the last came."""
    if cadence == AT_ONCE:
        return now if newest <= now - QUIET else now - LONGEST
    return last_patch_morning(now, patch_day) if cadence == PATCH_DAY and not urgent else last_digest(now)


def last_patch_morning(now: datetime, patch_day: Monthly) -> datetime:
    """The last morning after a patch day."""
    here = now.astimezone(patch_day.zone)
    months = [(here.year, here.month - back) for back in (0, 1, 2)]
    mornings = (
        next_digest(patch_day.on(year - (month < 1), month + 12 * (month < 1))) for year, month in months
    )
    return next(morning for morning in mornings if morning <= now)


def tomorrow(now: datetime, patch_day: Monthly) -> datetime:
    """The midnight that ends this day, by the clocks of the patch day."""
    day = now.astimezone(patch_day.zone).date() + timedelta(days=1)
    return datetime.combine(day, time(), patch_day.zone).astimezone(now.tzinfo)
