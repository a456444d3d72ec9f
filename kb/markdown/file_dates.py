"""When a page was written and last changed, as its front matter says."""

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
    """(written, last changed, dates that cannot be): the earliest and the latest that `facts` state."""
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
            moment = parse(value)
            if moment is None or moment > now or moment.year < FIRST_YEAR:
                bad.append(f"{name}: {value}"[:200])
            else:
                found.append(moment)
        return found

    created = read(CREATED, ("created", "date", "published"))
    changed = read(CHANGED, ("date", "updated"))
    if isinstance(known.get("date"), dict):
        changed += read(("date",), ("updated", "lastmod"))
    first = min(created or changed, default=None)
    last = max([*created, *changed], default=None)
    return first, last if first and last and last > first else None, bad


def parse(value: object) -> datetime | None:
    """A date in UTC from what front matter holds; None when it is none."""
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
    if numbers := re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", text):  # month first, as Docs writes it
        month, day, year = (int(number) for number in numbers.groups())
        month, day = (day, month) if month > 12 else (month, day)
        try:
            return datetime(year, month, day, tzinfo=UTC)
        except ValueError:
            return None
    for form in FORMATS:
        try:
            return _in_utc(datetime.strptime(text, form))
        except (ValueError, OverflowError):
            continue
    return None


def _in_utc(moment: datetime) -> datetime | None:
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
