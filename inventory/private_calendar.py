"""The private calendar of a member; packages register sources of entries."""

from collections.abc import Callable, Iterable, Iterator

from auth.models import User
from core.formats.calendars import Day
from core.registry import Registry

Part = Callable[[User], Iterable[Day]]
_parts: Registry[Part, str] = Registry("private_calendar")  # name by part


def register_calendar_part(part: Part) -> Part:
    """Decorator: register a function that returns calendar entries of a member."""
    _parts.add(part, part.__qualname__)
    return part


def days(user: User) -> Iterator[Day]:
    """Yield all calendar entries of a member."""
    for part in _parts:
        yield from part(user)
