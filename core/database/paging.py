"""Keyset pagination: "after this row" instead of OFFSET, so that page 5,000 costs as much as page 1."""

import base64
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Select, and_, literal, or_
from sqlalchemy.orm import undefer
from sqlalchemy.sql.elements import ColumnElement

from core.database.db import MAX_ID, db

PAGE_SIZE = 20
MAX_PAGE_SIZE = 100
MAX_CURSOR_CHARACTERS = 400


class InvalidCursor(Exception):
    """A cursor that is damaged or belongs to another list."""


@dataclass(frozen=True)
class PageRequest:
    """An API request for a list: the cursor, the number of rows, and the earliest time of change.

    A wrong cursor raises InvalidCursor, where an HTML page would show the first page.
    """

    after: str | None = None
    limit: int | None = None
    since: datetime | None = None


PageStart = str | PageRequest | None  # where a page starts: a cursor, which may be damaged, or an API request


@dataclass(frozen=True)
class ChangeFilter:
    """How a list is limited to rows that changed: `condition(since)` is the SQL condition.

    `keys` sort the list by the time of change, oldest first: for large tables, where an index has to find the
    changed rows. None: the list stays in its own order.
    """

    condition: Callable[[datetime], ColumnElement[bool]]
    keys: Sequence | None = None


@dataclass(frozen=True)
class Page:
    """The rows of one page and the cursor of the next page (None on the last)."""

    items: list
    next: str | None

    def __iter__(self) -> Iterator[Any]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


def changed_at_any(*columns: Any) -> ChangeFilter:
    """A row has changed when one of these time columns is at or after the given time."""
    return ChangeFilter(lambda since: or_(*(column >= since for column in columns)))


def changed_by_time(column: Any, key: Any) -> ChangeFilter:
    """A row has changed at the time in the indexed `column`; `key` orders rows of the same time."""
    return ChangeFilter(lambda since: column >= since, [column, key])


def request_parts(start: PageStart, size: int) -> tuple[str | None, int, datetime | None]:
    """The cursor, the number of rows (`size` by default) and the earliest time of change."""
    if isinstance(start, PageRequest):
        return start.after, start.limit or size, start.since
    return start, size, None


def cursor_values(start: PageStart, types: Sequence[type]) -> list[Any] | None:
    """The values in the cursor; None for the first page. Raises InvalidCursor for an API request."""
    values = decode_cursor(start.after if isinstance(start, PageRequest) else start, types)
    if values is None and isinstance(start, PageRequest) and start.after is not None:
        raise InvalidCursor
    return values


def keyset(
    statement: Select,
    keys: Sequence,
    *,
    after: PageStart = None,
    size: int = PAGE_SIZE,
    descending: bool = True,
    changed: ChangeFilter | None = None,
) -> Page:
    """A page of `statement`, sorted by `keys` (ORM attributes of its entity, the last one unique).

    `after` is a cursor from an earlier page; a damaged one, or one of another order, gives the first page. A
    PageRequest may also set the number of rows and the earliest time of change, which needs `changed`, and
    raises InvalidCursor for a damaged cursor.
    """
    _cursor, size, since = request_parts(after, size)
    if since is not None:
        if changed is None:
            raise NotImplementedError(f"this list has no filter for changed rows: {statement}")
        statement = statement.where(changed.condition(since))
        if changed.keys:
            keys = changed.keys
            descending = False
            statement = statement.options(undefer(keys[0]))
    order = ",".join(key.key for key in keys) + ("" if descending else " asc")
    values = cursor_values(after, [str, *(key.type.python_type for key in keys)])
    if values is not None and values.pop(0) != order:
        if isinstance(after, PageRequest):
            raise InvalidCursor
        values = None
    if values is not None:
        statement = statement.where(_after(keys, values, descending))
    sorting = [key.desc() if descending else key.asc() for key in keys]
    rows = list(db.session.scalars(statement.order_by(*sorting).limit(size + 1)).unique())
    following = None
    if len(rows) > size:
        rows = rows[:size]
        following = encode_cursor([order, *(getattr(rows[-1], key.key) for key in keys)])
    return Page(rows, following)


def rows_page(
    statement: Select, keys: Sequence, *, after: str | None, size: int, descending: bool, parameters: dict
) -> Page:
    """A page of the rows of a Core statement, which sorts them by `keys` and limits them to `size` + 1.

    Cursors are those of keyset().
    """
    order = ",".join(key.key for key in keys) + ("" if descending else " asc")
    values = cursor_values(after, [str, *(key.type.python_type for key in keys)])
    if values is not None and values.pop(0) == order:
        statement = statement.where(_after(keys, values, descending))
    rows: list[Any] = list(db.session.execute(statement, parameters))
    following = None
    if len(rows) > size:
        rows = rows[:size]
        following = encode_cursor([order, *(getattr(rows[-1], key.key) for key in keys)])
    return Page(rows, following)


def page_in_memory(
    rows: Sequence,
    key: Callable[[Any], list],
    start: PageStart,
    *,
    size: int,
    types: Sequence[type],
    changed: Callable[[Any], datetime],
) -> Page:
    """A page of `rows`, all of which are in memory, sorted by `key`, whose values have the given `types`.

    `changed` returns the time of change of a row. Raises InvalidCursor like keyset().
    """
    values = cursor_values(start, types)
    _cursor, size, since = request_parts(start, size)
    found = sorted(
        (
            row
            for row in rows
            if (values is None or key(row) > values) and (since is None or changed(row) >= since)
        ),
        key=key,
    )
    return Page(found[:size], encode_cursor(key(found[size - 1])) if len(found) > size else None)


def _after(keys: Sequence, values: list, descending: bool) -> ColumnElement[bool]:
    """The condition for rows after `values` in lexicographic order; its first range uses the index.

    Values are bound as literals: SQLAlchemy does not compare a column with a bare True.
    """
    values = [literal(value, key.type) for key, value in zip(keys, values, strict=True)]
    clauses = []
    for index, (key, value) in enumerate(zip(keys, values, strict=True)):
        past = key < value if descending else key > value
        clauses.append(and_(*(k == v for k, v in zip(keys[:index], values, strict=False)), past))
    first = keys[0] <= values[0] if descending else keys[0] >= values[0]
    return and_(first, or_(*clauses))


def encode_cursor(values: list) -> str:
    """An opaque, URL-safe cursor of the values of a row's sort keys."""
    plain = [{"t": v.isoformat()} if isinstance(v, date) else v for v in values]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")


def decode_cursor(cursor: str | None, types: Sequence[type]) -> list[Any] | None:
    """The inverse of encode_cursor(); None for no cursor, or one with values of other types."""
    if not cursor or len(cursor) > MAX_CURSOR_CHARACTERS:
        return None
    try:
        plain = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(plain, list):
            return None
        values = [_parse_time(v["t"]) if isinstance(v, dict) else v for v in plain]
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None
    if [type(value) for value in values] != list(types):
        return None
    if any(type(v) is str and not v.isprintable() for v in values):  # e.g. NUL, which no database stores
        return None
    return None if any(type(v) is int and abs(v) > MAX_ID for v in values) else values


def _parse_time(text: str) -> date | datetime:
    if len(text) == len("2026-01-31"):
        return date.fromisoformat(text)
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError("a time without a time zone")
    return time.astimezone(UTC)
