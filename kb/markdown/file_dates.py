"""The dates of creation and last change in the front matter of a page."""

import re
from datetime import UTC, date, datetime

CREATED = (
    "date",
    "created",
    "created_at",
    "date_created",
    "creation_date",
    "published",
    "published_at",
    "publishdate",
    "publish_date",
    "date_published",
    "pubdate",
    "pub_date",
)
CHANGED = (
    "lastmod",
    "last_modified",
    "last_modified_at",
    "lastmodified",
    "modified",
    "date_modified",
    "modified_date",
    "updated",
    "updated_at",
    "update_date",
    "date_updated",
    "last_update",
    "last_updated",
    "lastupdated",
    "lastupdate",
    "ms.date",
)
FORMATS = (
    "%Y/%m/%d",
    "%d.%m.%Y",
    "%B %d, %Y",
    "%b %d, %Y",
    "%d %B %Y",
    "%d %b %Y",
    "%d-%b-%Y",
    "%B %d %Y",
    "%Y-%m",
    "%B %Y",
    "%Y/%m/%d %H:%M:%S",
    "%Y-%m-%d %H:%M:%S %z",
    "%a, %d %b %Y %H:%M:%S %z",
    "%a %b %d %H:%M:%S %Y %z",
    "%Y.%m.%d",
    "%Y%m%d",
)
FIRST_YEAR = 1970


def read_dates(facts: dict, now: datetime) -> tuple[datetime | None, datetime | None, list[str]]:
    """(creation, last change, invalid dates): the earliest and the latest date in `facts`, in UTC."""
    known = {re.sub(r"[\s-]+", "_", str(key).lower()): value for key, value in facts.items()}
    bad: list[str] = []

    def read(names: tuple[str, ...], within: tuple[str, ...]) -> list[datetime]:
        found = []
        for name in names:
            value = known.get(name)
            if isinstance(value, dict):
                value = next((value[key] for key in within if value.get(key)), None)
            if value in (None, "", False, True) or isinstance(value, list):
                continue
            found_at = parse(value)
            if found_at is None or found_at > now or found_at.year < FIRST_YEAR:
                bad.append(f"{name}: {value}"[:200])
            else:
                found.append(found_at)
        return found

    created = read(CREATED, ("created", "date", "published"))
    changed = read(CHANGED, ("date", "updated"))
    if isinstance(known.get("date"), dict):
        changed += read(("date",), ("updated", "lastmod"))
    first = min(created or changed, default=None)
    last = max([*created, *changed], default=None)
    return first, last if first and last and last > first else None, bad


def parse(value: object) -> datetime | None:
    """The value of a field as a time in UTC; None when it is no date."""
    if isinstance(value, datetime):
        return _in_utc(value)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    text = " ".join(str(value).split()).strip("\"'")
    text = re.sub(r"(?<=\d)(?:st|nd|rd|th)\b", "", text)
    try:
        return _in_utc(datetime.fromisoformat(re.sub(r" (?=[+-]\d\d:?\d\d$|Z$)", "", text)))
    except (ValueError, OverflowError):
        pass
    if numbers := re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", text):  # month first, as in Microsoft Docs
        month, day, year = (int(number) for number in numbers.groups())
        if month > 12:
            month, day = day, month
        try:
            return datetime(year, month, day, tzinfo=UTC)
        except ValueError:
            return None
    for date_format in FORMATS:
        try:
            return _in_utc(datetime.strptime(text, date_format))
        except (ValueError, OverflowError):
            continue
    return None


def _in_utc(value: datetime) -> datetime | None:
    try:
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
