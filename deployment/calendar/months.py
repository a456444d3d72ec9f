"""Months and their patch days, by the rule in REDOUBT_PATCH_DAY."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime

from flask import current_app, url_for
from flask_babel import format_date

from core.database.db import utcnow
from core.monthly import Monthly

MONTH_PATTERN = re.compile(r"(\d{4})-(0[1-9]|1[0-2])$", re.A)
FIRST_YEAR = 1990
LAST_YEAR = 2199


@dataclass(frozen=True, order=True)
class Month:
    """A month of FIRST_YEAR to LAST_YEAR; str() is its form in URLs and Bulletin.release_month."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> "Month | None":
        """Parse `2026-11`; None for anything else."""
        match = MONTH_PATTERN.match(text)
        month = cls(int(match[1]), int(match[2])) if match else None
        return month if month and FIRST_YEAR <= month.year <= LAST_YEAR else None

    @classmethod
    def of(cls, day: date) -> "Month":
        """The month of a day."""
        return cls(day.year, day.month)

    def __str__(self) -> str:
        return f"{self.year:04}-{self.number:02}"

    def plus(self, months: int) -> "Month | None":
        """The month that many months later, or None beyond FIRST_YEAR and LAST_YEAR."""
        year, number = divmod(self.year * 12 + self.number - 1 + months, 12)
        return Month(year, number + 1) if FIRST_YEAR <= year <= LAST_YEAR else None

    @property
    def path(self) -> str:
        """Path of its page."""
        return url_for("deployment.month", month=self)

    @property
    def name(self) -> str:
        """Its name: November 2026."""
        return format_date(date(self.year, self.number, 1), "LLLL yyyy", rebase=False)

    @property
    def short_name(self) -> str:
        """Its short name: Nov."""
        return format_date(date(self.year, self.number, 1), "LLL", rebase=False)

    @property
    def tag(self) -> str:
        """The tag of the questions about its patches."""
        return f"patches-{self}"

    @property
    def last_day(self) -> date:
        """Its last day."""
        return date(self.year, self.number, monthrange(self.year, self.number)[1])

    @property
    def patch_day(self) -> date:
        """The date of its patch day in the time zone of the rule."""
        return rule().day(self.year, self.number)

    @property
    def patch_time(self) -> datetime:
        """The time of its patch day (UTC)."""
        return patch_day(self.year, self.number)


@dataclass(frozen=True)
class NextPatchDay:
    """The next patch day: its time (UTC), its date and the days until then."""

    at: datetime
    day: date
    days_left: int

    @property
    def month(self) -> Month:
        """Its month."""
        return Month.of(self.day)


def rule() -> Monthly:
    """The rule in REDOUBT_PATCH_DAY."""
    return current_app.config["REDOUBT_PATCH_DAY"]


def patch_day(year: int, month: int) -> datetime:
    """The time of a month's patch day (UTC)."""
    return rule().on(year, month)


def next_patch_day(now: datetime | None = None) -> NextPatchDay:
    """The first patch day after `now` (UTC); date and days are those of the rule's time zone."""
    now = now or utcnow()
    at = rule().next(now)
    return NextPatchDay(at, at.astimezone(rule().zone).date(), rule().days_until(at, now))


def this_month() -> Month:
    """The current month in the time zone of the rule."""
    return Month.of(utcnow().astimezone(rule().zone).date())
