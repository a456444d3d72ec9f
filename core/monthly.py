"""A monthly time, such as the second Tuesday at 10:00 in Los Angeles. Without Flask and database."""

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
PATTERN = re.compile(r"([1-4]|-1)(MO|TU|WE|TH|FR|SA|SU) (([01]\d|2[0-3]):[0-5]\d) ([\w+/-]+)$", re.A)
HELP_TEXT = (
    "must be a weekday as in iCalendar (2TU: second Tuesday, -1FR: last Friday), a time and a time "
    "zone, such as 2TU 10:00 America/Los_Angeles"
)


@dataclass(frozen=True)
class Monthly:
    """A weekday of the month (`ordinal` 1 to 4, or -1 for the last) and the local time in a zone."""

    ordinal: int
    weekday: int
    clock: time
    zone: ZoneInfo

    @classmethod
    def parse(cls, text: str) -> "Monthly":
        """Parse `2TU 10:00 America/Los_Angeles`; raises ValueError with HELP_TEXT."""
        match = PATTERN.match(text.strip())
        if match is None:
            raise ValueError(HELP_TEXT)
        ordinal, weekday, clock, _hour, zone = match.groups()
        try:
            zone_info = ZoneInfo(zone)
        except (KeyError, OSError, ValueError):
            raise ValueError(f"there is no time zone {zone!r}; {HELP_TEXT}") from None
        return cls(int(ordinal), WEEKDAYS.index(weekday), time.fromisoformat(clock), zone_info)

    def __str__(self) -> str:
        return f"{self.ordinal}{WEEKDAYS[self.weekday]} {self.clock:%H:%M} {self.zone.key}"

    def day(self, year: int, month: int) -> date:
        """The local date in a month."""
        days = [week[self.weekday] for week in calendar.monthcalendar(year, month) if week[self.weekday]]
        return date(year, month, days[self.ordinal - 1 if self.ordinal > 0 else -1])

    def on(self, year: int, month: int) -> datetime:
        """The time in a month, in UTC. A local time that daylight saving skips is read as standard time."""
        return datetime.combine(self.day(year, month), self.clock, self.zone).astimezone(UTC)

    def next(self, now: datetime) -> datetime:
        """The first occurrence after `now` (aware), in UTC."""
        local = now.astimezone(self.zone)
        occurrence = self.on(local.year, local.month)
        if occurrence > now:
            return occurrence
        return self.on(local.year + local.month // 12, local.month % 12 + 1)

    def days_until(self, time: datetime, now: datetime) -> int:
        """The number of midnights of the zone between `now` and `time`."""
        return (time.astimezone(self.zone).date() - now.astimezone(self.zone).date()).days
