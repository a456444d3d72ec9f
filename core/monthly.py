"""A moment that comes once a month, such as the second Tuesday at 10:00 in Los Angeles. Pure."""

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
WRITTEN = re.compile(r"([1-4]|-1)(MO|TU|WE|TH|FR|SA|SU) (([01]\d|2[0-3]):[0-5]\d) ([\w+/-]+)$", re.A)
WISH = (
    "must be a weekday as in iCalendar (2TU: second Tuesday, -1FR: last Friday), a time and a time "
    "zone, such as 2TU 10:00 America/Los_Angeles"
)


@dataclass(frozen=True)
class Monthly:
    """A weekday of the month (`ordinal` 1 to 4, or -1 for the last) and the time on the clocks of a zone."""

    ordinal: int
    weekday: int
    clock: time
    zone: ZoneInfo

    @classmethod
    def parse(cls, text: str) -> "Monthly":
        """`2TU 10:00 America/Los_Angeles`; raises ValueError with what to write instead."""
        match = WRITTEN.match(text.strip())
        if match is None:
            raise ValueError(WISH)
        ordinal, weekday, clock, _hour, zone = match.groups()
        try:
            place = ZoneInfo(zone)
        except (KeyError, OSError, ValueError):
            raise ValueError(f"there is no time zone {zone!r}; {WISH}") from None
        return cls(int(ordinal), WEEKDAYS.index(weekday), time.fromisoformat(clock), place)

    def __str__(self) -> str:
        return f"{self.ordinal}{WEEKDAYS[self.weekday]} {self.clock:%H:%M} {self.zone.key}"

    def day(self, year: int, month: int) -> date:
        """The date there."""
        days = [week[self.weekday] for week in calendar.monthcalendar(year, month) if week[self.weekday]]
        return date(year, month, days[self.ordinal - 1 if self.ordinal > 0 else -1])

    def on(self, year: int, month: int) -> datetime:
        """The instant in UTC. A time that clocks skip is counted as if they had not been put forward."""
        return datetime.combine(self.day(year, month), self.clock, self.zone).astimezone(UTC)

    def next(self, now: datetime) -> datetime:
        """The first instant after `now`, in UTC."""
        here = now.astimezone(self.zone)
        instant = self.on(here.year, here.month)
        return instant if instant > now else self.on(here.year + here.month // 12, here.month % 12 + 1)

    def days_until(self, instant: datetime, now: datetime) -> int:
        """How many midnights of the zone lie between."""
        return (instant.astimezone(self.zone).date() - now.astimezone(self.zone).date()).days
