"""Keyset pages: "after this row" instead of OFFSET, so page 5,000 costs what page 1 costs."""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Select, and_, literal, or_
from sqlalchemy.orm import undefer
from sqlalchemy.sql.elements import ColumnElement

from core.database.db import MAX_ID, db

PAGE_SIZE, MAX_PAGE_SIZE, MAX_CURSOR_CHARACTERS = 20, 100, 400


class InvalidCursor(Exception):
    """A cursor that no page of this list gave."""


@dataclass(frozen=True)
class PageRequest:
    """What a program asks of a list: the cursor it goes on at, how many rows, and only what changed since.

    It is strict: BadCursor is raised where a page for people would begin anew.
    """

    after: str | None = None
    limit: int | None = None
    since: datetime | None = None


PageStart = (
    str | PageRequest | None
)  # where a list goes on: a cursor that may be damaged, or all that a program asks


@dataclass(frozen=True)
class ChangeFilter:
    """How a list knows since when a row changed: `condition(since)`.

    `keys` sort such a list by the time of change, oldest first: for tables so large that an index must find
    the rows that changed. None keeps the list's own order.
    """

    condition: Callable[[datetime], ColumnElement[bool]]
    keys: Sequence | None = None


@dataclass(frozen=True)
class Page:
    """Rows of one page and the cursor of the next one (None on the last)."""

    items: list
    next: str | None

    def __iter__(self):
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


def changed_at_any(*columns) -> ChangeFilter:
    """A row changed when one of these times is the given one or later."""
    return ChangeFilter(lambda since: or_(*(column >= since for column in columns)))


def changed_by_time(column, key) -> ChangeFilter:
    """A row changed at the time in `column`, which has an index; `key` tells rows of one time apart."""
    return ChangeFilter(lambda since: column >= since, [column, key])


def request_parts(place: PageStart, size: int) -> tuple[str | None, int, datetime | None]:
    """Cursor, number of rows and earliest time of change for a list that has `size` rows a page."""
    if isinstance(place, PageRequest):
        return place.after, place.limit or size, place.since
    return place, size, None


def cursor_values(place: PageStart, types: Sequence[type]) -> list[Any] | None:
    """The values of the cursor; None at the beginning. Raises BadCursor where a program sent another one."""
    values = decode_cursor(place.after if isinstance(place, PageRequest) else place, types)
    if values is None and isinstance(place, PageRequest) and place.after is not None:
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
    """Run `statement` sorted by `keys` (ORM attributes of its entity, the last one unique).

    `after` is a cursor from an earlier page; a damaged one, or one of another sort, gives the first page. As
    a Window it may also say how many rows, and since when they changed, which `changed` knows. Raises
    BadCursor for a damaged cursor in a Window.
    """
    _cursor, size, since = request_parts(after, size)
    if since is not None:
        if changed is None:
            raise NotImplementedError(f"this list does not know when its rows changed: {statement}")
        statement = statement.where(changed.condition(since))
        if changed.keys:
            keys, descending = changed.keys, False
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


def page_in_memory(
    rows: Sequence,
    key: Callable[[Any], list],
    place: PageStart,
    *,
    size: int,
    types: Sequence[type],
    changed: Callable[[Any], datetime],
) -> Page:
    """A page of rows that are all in memory (a list with a small bound), by `key` of the given types.

    `changed` says when a row changed. Raises BadCursor like keyset().
    """
    values = cursor_values(place, types)
    _cursor, size, since = request_parts(place, size)
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
    """Lexicographic "after"; the leading range lets the index start at the right place.

    Values are bound by hand: SQLAlchemy refuses to compare a column with a bare True.
    """
    values = [literal(value, key.type) for key, value in zip(keys, values, strict=True)]
    clauses = []
    for index, (key, value) in enumerate(zip(keys, values, strict=True)):
        past = key < value if descending else key > value
        clauses.append(and_(*(k == v for k, v in zip(keys[:index], values, strict=False)), past))
    first = keys[0] <= values[0] if descending else keys[0] >= values[0]
    return and_(first, or_(*clauses))


def encode_cursor(values: list) -> str:
    """Values of a row's sort keys → an opaque URL-safe cursor."""
    plain = [{"t": v.isoformat()} if isinstance(v, date) else v for v in values]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")


def decode_cursor(cursor: str | None, types: Sequence[type]) -> list[Any] | None:
    """The inverse of encode() for values of these types; None for no cursor or any other."""
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
    if any(type(v) is str and not v.isprintable() for v in values):  # no database stores these
        return None
    return None if any(type(v) is int and abs(v) > MAX_ID for v in values) else values


def _parse_time(text: str) -> date | datetime:
    if len(text) == len("2026-01-31"):
        return date.fromisoformat(text)
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone")
    return moment.astimezone(UTC)
