"""The registry of editable models: the fields of their forms, and the field values at any version.

conflict_pages.py and tests/editing.py use it; packages register their models in init_app().
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from auth.models import User
from core.database.db import db
from core.database.versions import Versioned
from core.registry import Registry
from posts import kinds, queries
from posts.models import Post
from posts.revisions import fact_revisions, history

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
    """Author, time (UTC) and summary of the current version."""

    author: User | None
    at: datetime | None
    summary: str = ""


@dataclass(frozen=True)
class Editable:
    """How a model is edited.

    `load(thing)` reloads it with everything that the others need; `values_at(thing, number)` returns the form
    values of a version, None when they are not stored; `path(thing)` is the path of its page.
    """

    fields: tuple[Field, ...]
    load: Callable[[Any], Any]
    values_at: Callable[[Any, int], Values | None]
    path: Callable[[Any], str]
    last_edit: Callable[[Any], LastEdit | None]


_editables: Registry[type, Editable] = Registry("editables")  # by model


def register_editable(model: type, editable: Editable) -> None:
    """Register how a model is edited; called from a package's init_app()."""
    _editables.add(model, editable)


def of(thing: Versioned) -> Editable:
    """How `thing` is edited; KeyError when it is not registered."""
    return _editables[type(thing)]


def all_models() -> list[type]:
    """Every model that can be edited."""
    return list(_editables)


def for_posts(*fields: Field) -> Editable:
    """An Editable for a kind of post, with values from its revisions."""
    return Editable(fields, _reload, _post_values_at, lambda post: post.url, _last_revision)


def for_fact_revisions(
    fields: tuple[Field, ...],
    *,
    load: Callable[[Any], Any],
    current_values: Callable[[Any], Values],
    path: Callable[[Any], str],
) -> Editable:
    """An Editable for a model with fact_revisions; `current_values(thing)` are the values of its form."""

    def values_at(thing: Any, number: int) -> Values | None:
        if number == thing.revision_count:
            return current_values(thing)
        revision = fact_revisions.get(thing, number)
        return revision.facts if revision is not None and revision.redacted_at is None else None

    def last_edit(thing: Any) -> LastEdit | None:
        revision = fact_revisions.get(thing, thing.revision_count)
        return revision and LastEdit(revision.author, revision.created_at, revision.summary)

    return Editable(fields, load, values_at, path, last_edit)


def _reload(post: Post) -> Post:
    return db.session.get_one(type(post), post.id, populate_existing=True)


def _post_values_at(post: Post, number: int) -> Values | None:
    state = history.at_number(post, number)
    return state and kinds.of(post).form_values(state)


def _last_revision(post: Post) -> LastEdit | None:
    revision = queries.revision(post, post.revision_count)
    return revision and LastEdit(revision.author, revision.created_at, revision.summary)
