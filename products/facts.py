"""Facts as they are written: a date, or yes or no, and lines; from outside and back to JSON."""

import re
from datetime import date, datetime

from products.lifecycle.phases import Ends

FIRST, LAST = date(1950, 1, 1), date(2199, 12, 31)
WORDS = {"yes": True, "true": True, "no": False, "false": False}
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}$")


def to_date(value: object) -> date | None:
    """A day from a date, a moment or `YYYY-MM-DD`; None from nothing. Raises ValueError."""
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, str) and _ISO.match(value.strip()):
        value = date.fromisoformat(value.strip())
    if not isinstance(value, date) or not FIRST <= value <= LAST:
        raise ValueError(f"{str(value)[:40]!r} is not a date from 1950 to 2199, as YYYY-MM-DD")
    return value


def to_ends(value: object) -> Ends | None:
    """A date, or whether it is over; None from nothing. Raises ValueError."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in WORDS:
        return WORDS[value.strip().lower()]
    try:
        return to_date(value)
    except ValueError:
        raise ValueError(f"{str(value)[:40]!r} is neither a date (YYYY-MM-DD) nor yes or no") from None


def plain(value: object) -> object:
    """A fact as JSON keeps it: dates as text, names as their sorted lines, a text as its source."""
    if isinstance(value, list):
        return sorted(getattr(item, "line", item) for item in value)
    if isinstance(value, date):
        return value.isoformat()
    return getattr(value, "source", value)


def written(value: Ends | str | None) -> str:
    """A fact as a form shows it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)
