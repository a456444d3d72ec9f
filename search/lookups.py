"""Pages that are not in the index and are the one answer to a query that is just their name."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.registry import Registry
from search.analysis import terms
from search.parser import Query


@dataclass(frozen=True)
class Page:
    """A page that a name stands for; `text` is shown below its title, and `thing` goes to register_item()."""

    thing: Any
    title: str
    url: str
    text: str


_lookups: Registry[str, Callable[[str], Page | None]] = Registry("search_lookups")  # by kind


def register_lookup(kind: str, find: Callable[[str], Page | None]) -> None:
    """Call `find(name)` with every query that is one name: it returns a public page, or None.

    Such a page is the first result. To be called from a package's init_app().
    """
    _lookups.add(kind, find)


def look_up(query: Query) -> tuple[str, Page] | None:
    """(kind, page) for a query that is nothing but the name of a page."""
    if query.only or query.without or query.excluded or query.before or query.after:
        return None
    found = terms(query.text)
    name = found[0] if len(found) == 1 else query.text.strip().strip('"')
    for kind, find in _lookups.items():
        page = find(name)
        if page is not None:
            return kind, page
    return None
