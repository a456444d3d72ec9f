"""Registries: how packages add entries to lower packages. docs/architecture.md lists all of them.

A `register_…` function adds an entry, at import (as a decorator) or in a package's init_app(). Each app has
its own copy of every registry, made at the first read.
"""

from collections.abc import Hashable, Iterator, Mapping
from typing import TypeVar

from flask import Flask, current_app

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Registry(Mapping[K, V]):
    """The entries of the current app by key, in the order in which they were registered."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._declared: dict[K, V] = {}

    def add(self, key: K, value: V) -> None:
        """Register `value`, replacing one with the same key. Not after an app was created."""
        self._declared[key] = value

    def of(self, app: Flask) -> dict[K, V]:
        """The entries of `app`; use it where no application context is active."""
        registries = app.extensions.setdefault("registries", {})
        if self.name not in registries:
            registries[self.name] = dict(self._declared)
        return registries[self.name]

    def __getitem__(self, key: K) -> V:
        return self.of(current_app)[key]

    def __iter__(self) -> Iterator[K]:
        return iter(self.of(current_app))

    def __len__(self) -> int:
        return len(self.of(current_app))
