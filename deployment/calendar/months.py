"""Months and the days on which patches come in them, by the rule that the site is set to."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime

from flask import current_app, url_for
from flask_babel import format_date

from core.database.db import utcnow
from core.monthly import Monthly

WRITTEN = re.compile(r"(\d{4})-(0[1-9]|1[0-2])$", re.A)
FIRST_YEAR, LAST_YEAR = 1990, 2199


@dataclass(frozen=True, order=True)
class Month:
    """A month of FIRST_YEAR to LAST_YEAR; as text it is what addresses and Bulletin.release_month have."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> "Month | None":
        """`2026-11`, or None for anything else."""
        match = WRITTEN.match(text)
        month = cls(int(match[1]), int(match[2])) if match else None
        return month if month and FIRST_YEAR <= month.year <= LAST_YEAR else None

    @classmethod
    def of(cls, day: date) -> "Month":
        """The month of a day."""
        return cls(day.year, day.month)

    def __str__(self) -> str:
        return f"{self.year:04}-{self.number:02}"

    def plus(self, months: int) -> "Month | None":
        """So many months later, or None beyond the years we know."""
        year, number = divmod(self.year * 12 + self.number - 1 + months, 12)
        return Month(year, number + 1) if FIRST_YEAR <= year <= LAST_YEAR else None

    @property
    def path(self) -> str:
        """Its page."""
        return url_for("deployment.month", month=self)

    @property
    def name(self) -> str:
        """In words: November 2026."""
        return format_date(date(self.year, self.number, 1), "LLLL yyyy", rebase=False)

    @property
    def short_name(self) -> str:
        """In a chart: Nov."""
        return format_date(date(self.year, self.number, 1), "LLL", rebase=False)

    @property
    def tag(self) -> str:
        """The tag of the questions about its patches."""
        return f"patches-{self}"

    @property
    def last_day(self) -> date:
        """The day with which it ends."""
        return date(self.year, self.number, monthrange(self.year, self.number)[1])

    @property
    def patch_day(self) -> date:
        """The date of its patch day, where the rule's clocks are."""
        return rule().day(self.year, self.number)

    @property
    def patch_instant(self) -> datetime:
        """The moment of its patch day, in UTC."""
        return patch_day(self.year, self.number)


@dataclass(frozen=True)
class NextPatchDay:
    """When the next patches come."""

    at: datetime
    day: date
    days_left: int

    @property
    def month(self) -> Month:
        """The month of it."""
        return Month.of(self.day)


def rule() -> Monthly:
    """What REDOUBT_PATCH_DAY says."""
    return current_app.config["REDOUBT_PATCH_DAY"]


def patch_day(year: int, month: int) -> datetime:
    """The instant of a month's patch day, in UTC."""
    return rule().on(year, month)


def next_patch_day(now: datetime | None = None) -> NextPatchDay:
    """The first patch day after `now`; its days are counted where the rule's clocks are."""
    now = now or utcnow()
    at = rule().next(now)
    return NextPatchDay(at, at.astimezone(rule().zone).date(), rule().days_until(at, now))


def this_month() -> Month:
    """The month that the calendars of the rule's zone show."""
    return Month.of(utcnow().astimezone(rule().zone).date())
