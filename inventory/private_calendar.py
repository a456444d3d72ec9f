"""What stands in a member's private calendar: every room adds the days it knows."""

from collections.abc import Callable, Iterable, Iterator

from auth.models import User
from core.formats.calendars import Day

Part = Callable[[User], Iterable[Day]]
_parts: list[Part] = []


def part(tell: Part) -> Part:
    """Decorator: the days that the function tells of a member."""
    _parts.append(tell)
    return tell


def days(user: User) -> Iterator[Day]:
    """All of them."""
    for tell in _parts:
        yield from tell(user)
