"""The registry of kinds of posts: content packages register their kinds here.

Lower packages (votes, flags, search, history) work with every kind through this registry.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from marshmallow import Schema

from auth.models import User
from core.registry import Registry
from posts.text_limits import TextLimits

if TYPE_CHECKING:
    from posts.models import Post, Revision
    from posts.revisions.history import State


def _no_hook(post: "Post", *, by: User) -> None:
    """Do nothing."""


def _no_users(post: "Post") -> list[int]:
    return []


def _no_facts(post: "Post") -> dict:
    return {}


def _body_only(state: "State") -> dict[str, str]:
    return {"body": state.body}


def _no_revision_hook(post: "Post") -> None:
    """Do nothing."""


@dataclass(frozen=True)
class Kind:
    """One kind of post.

    `path(post)` is the path of its page, `edit_path(post)` that of the form that edits it.
    `on_delete` and `on_restore` run inside delete() and undelete(); `concerned(post)` are the ids of users
    whose reputation they may change.
    `outlives_author`: stays, without a name, when the author's account is deleted with its posts.
    `keeps_slug`: its package sets the slug; otherwise it is made from the title.
    `curated`: only moderators may write and edit it.
    `edit_schema` validates an edit; None for kinds whose edits cannot be suggested.
    `facts(post)` is the JSON of what an edit may change beside title, text and tags; `form_values(state)`
    returns the form fields of a posts.revisions.history.State; `restore(post, state, …)` restores a state
    instead of posts.actions.restore(). `on_revised(post)` runs after each change of text or facts.
    `limits` apply to edits of posts that were not imported (posts/text_limits.py).
    """

    name: str
    label: str
    path: Callable[[Any], str]
    edit_path: Callable[[Any], str]
    votable: bool = True
    searchable: bool = True
    outlives_author: bool = False
    curated: bool = False
    keeps_slug: bool = False
    edit_schema: type[Schema] | None = None
    limits: TextLimits = field(default_factory=TextLimits)
    on_delete: Callable[..., object] = _no_hook
    on_restore: Callable[..., object] = _no_hook
    concerned: Callable[[Any], Iterable[int | None]] = _no_users
    facts: Callable[[Any], dict] = _no_facts
    form_values: Callable[["State"], dict[str, str]] = _body_only
    restore: Callable[..., "Revision | None"] | None = None
    on_revised: Callable[[Any], object] = _no_revision_hook


_kinds: Registry[str, Kind] = Registry("post_kinds")  # by name


def register_kind(kind: Kind) -> None:
    """Add a kind of post; called from a package's init_app()."""
    _kinds.add(kind.name, kind)


def of(post: Any) -> Kind:
    """The kind of a post, or of a row with the column `kind`."""
    return _kinds[post.kind]


def named(name: str) -> Kind:
    """The kind with this name; KeyError when there is none."""
    return _kinds[name]


def url(post: "Post") -> str:
    """Path of the page that shows `post`."""
    return of(post).path(post)


def names() -> list[str]:
    """Names of all kinds."""
    return sorted(_kinds)


def searchable() -> list[str]:
    """Names of the kinds that are in the search index."""
    return [kind.name for kind in _kinds.values() if kind.searchable]


def curated() -> list[str]:
    """Names of the kinds that only moderators write."""
    return [kind.name for kind in _kinds.values() if kind.curated]
