"""Registries: how packages plug into lower ones. docs/architecture.md has the table of all of them.

A `register_…` function adds an entry, at import (as a decorator) or in a package's init_app(). Each app has
its own copy of every registry, made when it is first read.
"""

from collections.abc import Hashable, Iterator, Mapping
from typing import TypeVar

from flask import Flask, current_app

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Registry(Mapping[K, V]):
    """The entries of the current app by key, in the order in which they were registered."""

    def __init__(self, name: str):
        self.name = name
        self._declared: dict[K, V] = {}

    def add(self, key: K, value: V) -> None:
        """Register `value`; a second one with the same key takes its place. Not while an app serves."""
        self._declared[key] = value

    def of(self, app: Flask) -> dict[K, V]:
        """The entries of `app`: needed where no application context is active."""
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
