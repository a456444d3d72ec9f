"""What a cached page depends on, and the events that changed it since the page was rendered.

A page names what it shows ("thread:9", "questions") by depends_on(); an event stores what it changes in its
own transaction (core.jobs.invalidation). A page that names nothing depends on every event, and an event that
names nothing changes every page, so a forgotten name costs time but never shows an old page. The names are
what HTTP caches call surrogate keys.

A page is compared with the events by the ids that its own transaction saw. PostgreSQL commits transactions in
another order than they took their ids: ids below the highest that were missing may still appear, so they are
part of a page's Snapshot. Processes need no common state but the events.
"""

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import g
from sqlalchemy import func, select

from core.database.models import Event

MAX_UNCOMMITTED_EVENTS = 200  # that may get an id between the id of an event and its commit
MAX_NAMES = 20_000  # of the change log of one process
EVERYTHING = "*"
_newest = select(Event.id).order_by(Event.id.desc()).limit(MAX_UNCOMMITTED_EVENTS).subquery()
# The newest event's id, that of the one MAX_UNCOMMITTED_EVENTS before it, and how many lie between: they
# change with every event that becomes visible.
CONTENT_VERSION = select(func.max(_newest.c.id), func.min(_newest.c.id), func.count())
NEWEST_EVENTS = select(Event.id, Event.invalidates).order_by(Event.id.desc()).limit(MAX_UNCOMMITTED_EVENTS)
Version = tuple[Any, ...]  # a row of CONTENT_VERSION


@dataclass(frozen=True)
class Snapshot:
    """The events that a transaction saw: all up to `newest` but the `missing` ones."""

    newest: int = 0
    missing: frozenset[int] = frozenset()

    @classmethod
    def of(cls, ids: Iterable[int]) -> "Snapshot":
        """The snapshot in which `ids` were the newest events."""
        found = set(ids)
        if not found:
            return cls()
        return cls(max(found), frozenset(range(min(found), max(found))) - found)


@dataclass(frozen=True)
class Dependencies:
    """The names that a page depends on. `lists` may be as old as the setting REDOUBT_LIST_SECONDS."""

    names: frozenset[str] = frozenset({EVERYTHING})
    lists: frozenset[str] = frozenset()


class ChangeLog:
    """The latest event that changed each name, as far as this process has read the events."""

    def __init__(self) -> None:
        self.latest: tuple[Version | None, Snapshot] = (None, Snapshot())  # read together
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Forget everything: another database is in its place."""
        with self._lock:
            self.latest = (None, Snapshot())
            self._seen: set[int] = set()
            self._first: int | None = None  # pages of older snapshots cannot be compared
            self._newest = 0
            self._changed: dict[str, int] = {}  # id of the latest event by name
            self._late: dict[int, frozenset[str]] = {}  # names of events that appeared below the newest

    def add(self, rows: Iterable[tuple[int, str | None]]) -> Snapshot:
        """Add the rows of NEWEST_EVENTS; returns their snapshot."""
        events = dict(rows)
        version = (max(events, default=None), min(events, default=None), len(events))
        snapshot = Snapshot.of(events)
        with self._lock:
            if self._first is None:
                self._first = snapshot.newest
            else:
                self._add(events)
            oldest = min(events, default=0)
            self._seen = {event_id for event_id in self._seen | events.keys() if event_id >= oldest}
            self._late = {event_id: names for event_id, names in self._late.items() if event_id >= oldest}
            self._newest = max(self._newest, snapshot.newest)
            self._shrink()
            self.latest = (version, snapshot)
        return snapshot

    def _add(self, events: dict[int, str | None]) -> None:
        oldest = min(self._seen, default=0)
        if len(events) == MAX_UNCOMMITTED_EVENTS and min(events) > self._newest + 1:
            self._changed[EVERYTHING] = min(events)  # events between were not read
        for event_id in events.keys() - self._seen:
            if event_id < oldest:
                continue
            text = events[event_id]
            names = frozenset({EVERYTHING} if text is None else text.split())
            for name in names:
                self._changed[name] = max(event_id, self._changed.get(name, 0))
            if event_id < self._newest:
                self._late[event_id] = names

    def _shrink(self) -> None:
        if len(self._changed) <= MAX_NAMES:
            return
        self._first = sorted(self._changed.values())[len(self._changed) // 2]
        self._changed = {name: newest for name, newest in self._changed.items() if newest > self._first}

    def is_current(
        self, snapshot: Snapshot, dependencies: Dependencies, age_seconds: float, list_seconds: float
    ) -> bool:
        """Whether nothing that a page depends on changed since its snapshot."""
        if self._first is None or snapshot.newest < self._first:
            return False
        if EVERYTHING in dependencies.names:
            return self._newest <= snapshot.newest and snapshot.missing.isdisjoint(self._late)
        if self._has_changed({EVERYTHING, *dependencies.names}, snapshot):
            return False
        return age_seconds < list_seconds or not self._has_changed(dependencies.lists, snapshot)

    def _has_changed(self, names: Iterable[str], snapshot: Snapshot) -> bool:
        if any(self._changed.get(name, 0) > snapshot.newest for name in names):
            return True
        return any(not self._late[i].isdisjoint(names) for i in snapshot.missing & self._late.keys())


def depends_on(*names: str, lists: Iterable[str] = ()) -> None:
    """Name what the page of this request shows; several calls add up.

    `lists` are names whose change may show REDOUBT_LIST_SECONDS later: what is hidden or deleted changes
    everything, at once.
    """
    known = g.get("page_dependencies", Dependencies(frozenset()))
    g.page_dependencies = Dependencies(known.names.union(names), known.lists.union(lists))
