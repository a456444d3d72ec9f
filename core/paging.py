"""Keyset pages: "after this row" instead of OFFSET, so page 5,000 costs what page 1 costs."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Select, and_, literal, or_
from sqlalchemy.sql.elements import ColumnElement

from core.db import MAX_ID, db

PAGE_SIZE = 20


@dataclass(frozen=True)
class Page:
    """Rows of one page and the cursor of the next one (None on the last)."""

    items: list
    next: str | None

    def __iter__(self):
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


def keyset(statement: Select, keys: Sequence, *, after: str | None = None,
           size: int = PAGE_SIZE, descending: bool = True) -> Page:
    """Run `statement` sorted by `keys` (ORM attributes of its entity, the last one unique).

    `after` is a cursor from an earlier page; a damaged one, or one of another sort, gives the
    first page.
    """
    values = decode(after, [key.type.python_type for key in keys])
    if values is not None:
        statement = statement.where(_beyond(keys, values, descending))
    order = [key.desc() if descending else key.asc() for key in keys]
    rows = list(db.session.scalars(statement.order_by(*order).limit(size + 1)).unique())
    following = None
    if len(rows) > size:
        rows = rows[:size]
        following = encode([getattr(rows[-1], key.key) for key in keys])
    return Page(rows, following)


def _beyond(keys: Sequence, values: list, descending: bool) -> ColumnElement[bool]:
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


def encode(values: list) -> str:
    """Values of a row's sort keys → an opaque URL-safe cursor."""
    plain = [{"t": v.isoformat()} if isinstance(v, date) else v for v in values]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")


def decode(cursor: str | None, types: Sequence[type]) -> list[Any] | None:
    """The inverse of encode() for values of these types; None for no cursor or any other."""
    if not cursor or len(cursor) > 400:
        return None
    try:
        plain = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(plain, list):
            return None
        values = [_moment(v["t"]) if isinstance(v, dict) else v for v in plain]
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None
    if [type(value) for value in values] != list(types):
        return None
    if any(type(v) is str and not v.isprintable() for v in values):  # no database stores these
        return None
    return None if any(type(v) is int and abs(v) > MAX_ID for v in values) else values


def _moment(text: str) -> date | datetime:
    if len(text) == len("2026-01-31"):
        return date.fromisoformat(text)
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone")
    return moment.astimezone(UTC)
