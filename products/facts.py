"""Convert facts (dates, booleans, names) from input, to JSON and to text."""

import re
from datetime import date, datetime

from products.lifecycle.phases import Ends

MIN_DATE = date(1950, 1, 1)
MAX_DATE = date(2199, 12, 31)
BOOLEAN_WORDS = {"yes": True, "true": True, "no": False, "false": False}
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}$")


def to_date(value: object) -> date | None:
    """Convert a date, datetime or `YYYY-MM-DD`; None for empty values. Raises ValueError."""
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, str) and _ISO.match(value.strip()):
        value = date.fromisoformat(value.strip())
    if not isinstance(value, date) or not MIN_DATE <= value <= MAX_DATE:
        raise ValueError(f"{str(value)[:40]!r} is not a date from 1950 to 2199, as YYYY-MM-DD")
    return value


def to_ends(value: object) -> Ends | None:
    """Convert a date or a boolean (whether it is over); None for empty values. Raises ValueError."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in BOOLEAN_WORDS:
        return BOOLEAN_WORDS[value.strip().lower()]
    try:
        return to_date(value)
    except ValueError:
        raise ValueError(f"{str(value)[:40]!r} is neither a date (YYYY-MM-DD) nor yes or no") from None


def to_json(value: object) -> object:
    """A fact as a JSON value: dates as text, names as sorted lines, a rendered text as its source."""
    if isinstance(value, list):
        return sorted(getattr(item, "line", item) for item in value)
    if isinstance(value, date):
        return value.isoformat()
    return getattr(value, "source", value)


def to_text(value: Ends | str | None) -> str:
    """A fact as the text of a form field."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)
