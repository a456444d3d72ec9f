"""Whole pages with marks, shared by all readers who see the same rows; each is filled in for its reader.

A shared page is valid as long as a visitor's cached page (dependencies.py): until an event changes one of the
names that it depends on. When it is rendered again, its fragments (fragments.py) are taken from their cache.
"""

import sys
import threading
import time
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, g
from flask_babel import get_locale

from core.cache import fragments, marks
from core.cache.dependencies import Dependencies, Snapshot
from core.cache.memory_cache import MemoryCache
from core.cache.page_cache import SHARED_TTL_SECONDS, change_log, seen_events
from core.web.theme import theme

SHARED_PAGE_BYTES = 16_000_000  # of one process
OVERHEAD_BYTES = 10_000  # of the facts of a page, about
_render_locks = [threading.Lock() for _ in range(64)]


@dataclass(frozen=True)
class Template:
    """What a shared page is made of: a template, its variables, and the things that its marks name by id.

    `facts` is for the view; it is kept with the page.
    """

    name: str
    context: Mapping[str, Any]
    things: Mapping[int, Any]
    facts: Any


@dataclass(frozen=True)
class SharedPage:
    """A rendered page with marks. `rendered_at` is in seconds since 1970, UTC."""

    snapshot: Snapshot
    dependencies: Dependencies
    rendered_at: float
    segments: marks.Segments
    facts: Any
    size: int

    def fill(self) -> str:
        """The page for the reader of this request."""
        return marks.fill(self.segments, marks.reader())


def find(
    key: Hashable, make: Callable[[], Template | None], *, is_kept_whole: bool = False
) -> SharedPage | Template | None:
    """The shared page with this key in the language and theme of the request, made by make() if necessary.

    make() reads the rows and calls depends_on(). It must not depend on who asks, but for what `key` says.
    Returns None, which is not cached, when it does. `is_kept_whole` says that the page cache keeps what this
    reader gets: then a page that nobody shares yet is not rendered for all readers, which costs twice as much
    as for one, and its template is returned.
    """
    language = str(get_locale())
    whole_key = (key, language, theme())
    follow_events()
    page = _current(whole_key)
    if page is None and is_kept_whole and current_app.extensions["shared_pages"].get(whole_key) is None:
        return make()
    if page is None:
        with _render_locks[hash(whole_key) % len(_render_locks)]:
            page = _current(whole_key) or _make(whole_key, language, make)
    if page is not None:
        g.page_dependencies = page.dependencies
    return page


def follow_events() -> None:
    """Let the change log of this process follow the events that this request's server has."""
    cache = current_app.extensions["response_cache"]
    if cache.sqlite_version is None or cache.follow_events() is None:
        seen_events()


def _current(key: Hashable) -> SharedPage | None:
    page: SharedPage | None = current_app.extensions["shared_pages"].get(key)
    if page is None:
        return None
    age_seconds = max(0, time.time() - page.rendered_at)
    list_seconds = current_app.config["REDOUBT_LIST_SECONDS"]
    is_current = change_log().is_current(page.snapshot, page.dependencies, age_seconds, list_seconds)
    return page if is_current else None


def _make(key: Hashable, language: str, make: Callable[[], Template | None]) -> SharedPage | None:
    snapshot = seen_events()
    rendered_at = time.time()
    template = make()
    if template is None:
        return None
    context = {"site_name": current_app.config["REDOUBT_SITE_NAME"], "theme": theme(), **template.context}
    text = fragments.render(template.name, context, language)
    segments = marks.split(text, template.things)
    page = SharedPage(
        snapshot,
        g.get("page_dependencies", Dependencies()),
        rendered_at,
        segments,
        template.facts,
        sum(sys.getsizeof(each) for each in segments) + OVERHEAD_BYTES,
    )
    current_app.extensions["shared_pages"].set(key, page)
    return page


def init_app(app: Flask) -> None:
    """Keep shared pages in the memory of this process."""
    app.extensions["shared_pages"] = MemoryCache[SharedPage](SHARED_PAGE_BYTES, SHARED_TTL_SECONDS)
