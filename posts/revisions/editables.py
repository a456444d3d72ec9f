"""The register of what can be edited: which fields its form has, and what they said at any version.

A conflict (conflict_pages.py) is shown from it, and tests/editing.py walks over it. Packages above
register theirs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.database.db import db
from core.database.versions import Versioned
from core.registry import Registry
from posts import kinds, queries
from posts.models import Post
from posts.revisions import facts, history

Values = dict[str, str]


@dataclass(frozen=True)
class Field:
    """One field of a form: `kind` is line, text, words or lines (sets of them), choice or flag."""

    name: str
    label: Any
    kind: str = "line"
    choices: tuple = ()
    is_required: bool = False


@dataclass(frozen=True)
class LastEdit:
    """Who made the present version, when and why."""

    author: Any
    at: datetime | None
    summary: str = ""


@dataclass(frozen=True)
class Editable:
    """How a model is edited.

    `load(thing)` reads it anew with all that the others need; `values_at(thing, number)` are its form's
    values at a version, None when they were not kept; `path(thing)` is its page.
    """

    fields: tuple[Field, ...]
    load: Callable[[Any], Any]
    values_at: Callable[[Any, int], Values | None]
    path: Callable[[Any], str]
    last_edit: Callable[[Any], LastEdit | None]


_editables: Registry[type, Editable] = Registry("editables")  # by model


def register_editable(model: type, editable: Editable) -> None:
    """Say how a model is edited; called from a package's init_app()."""
    _editables.add(model, editable)


def of(thing: Versioned) -> Editable:
    """How `thing` is edited; KeyError when it is not registered."""
    return _editables[type(thing)]


def all_models() -> list[type]:
    """Every model that can be edited."""
    return list(_editables)


def for_posts(*fields: Field) -> Editable:
    """How a kind of post is edited: its form's values come from its revisions."""
    return Editable(fields, _anew, _post_values_at, lambda post: post.url, _last_revision)


def for_things(fields: tuple[Field, ...], *, load: Callable, now: Callable, path: Callable) -> Editable:
    """How a thing with fact_revisions is edited; `now(thing)` are its form's values."""

    def values_at(thing: Any, number: int) -> Values | None:
        if number == thing.revision_count:
            return now(thing)
        kept = facts.get(thing, number)
        return kept.facts if kept is not None and kept.redacted_at is None else None

    def last_edit(thing: Any) -> LastEdit | None:
        kept = facts.get(thing, thing.revision_count)
        return kept and LastEdit(kept.author, kept.created_at, kept.summary)

    return Editable(fields, load, values_at, path, last_edit)


def _anew(post: Post) -> Post:
    return db.session.get(type(post), post.id, populate_existing=True)


def _post_values_at(post: Post, number: int) -> Values | None:
    state = history.at(post, number)
    return state and kinds.of(post).form_values(state)


def _last_revision(post: Post) -> LastEdit | None:
    revision = queries.revision(post, post.revision_count)
    return revision and LastEdit(revision.author, revision.created_at, revision.summary)
