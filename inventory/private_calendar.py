"""The days of a member's private calendar: packages register the days they know."""

from collections.abc import Callable, Iterable, Iterator

from auth.models import User
from core.formats.calendars import Day
from core.registry import Registry

Part = Callable[[User], Iterable[Day]]
_parts: Registry[Part, str] = Registry("private_calendar")  # name by part


def register_calendar_part(part: Part) -> Part:
    """Decorator: add the days that the function returns for a member."""
    _parts.add(part, part.__qualname__)
    return part


def days(user: User) -> Iterator[Day]:
    """All days of a member, package by package."""
    for part in _parts:
        yield from part(user)
