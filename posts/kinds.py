"""The register of kinds: content rooms say here what their kind of post is called and does.

Rooms below (votes, flags, search, history) serve every kind without knowing any.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from auth.models import User
from core.registry import Registry
from posts.text_limits import TextLimits

if TYPE_CHECKING:
    from posts.models import Post
    from posts.revisions.history import State


def _nothing(post: "Post", *, by: User) -> None:
    return None


def _nobody(post: "Post") -> list[int]:
    return []


def _no_facts(post: "Post") -> dict:
    return {}


def _text_alone(state: "State") -> dict[str, str]:
    return {"body": state.body}


def _nothing_more(post: "Post") -> None:
    return None


@dataclass(frozen=True)
class Kind:
    """One kind of post. `path(post)` is its page; the hooks run inside delete() and undelete().

    `concerned(post)` are the ids of those whose reputation the hooks may change.
    A kind that `outlives_author` stays, without a name, when its author has their words removed.
    The slug of a kind that `keeps_slug` is its room's to give, not made of the title.
    Only moderators edit a `curated` kind, whatever reputation others have.
    `edit_schema` is the shape of a changed text, for kinds whose edits others may suggest.
    `facts(post)` is what an edit may change beside title, text and tags, as JSON; `form_values(state)` is a
    posts.history.State as the fields of its form; `restore(post, state, …)` makes an old state the present
    one (else posts.actions does). `on_revised(post)` runs in each change of text or facts.
    `limits` bind edits of what was written here; posts/text_limits.py says why schemas do not.
    """

    name: str
    label: str
    path: Callable
    votable: bool = True
    searchable: bool = True
    outlives_author: bool = False
    curated: bool = False
    keeps_slug: bool = False
    edit_schema: type | None = None
    limits: TextLimits = TextLimits()
    on_delete: Callable = _nothing
    on_restore: Callable = _nothing
    concerned: Callable = _nobody
    facts: Callable = _no_facts
    form_values: Callable = _text_alone
    restore: Callable | None = None
    on_revised: Callable = _nothing_more


_kinds: Registry[str, Kind] = Registry("post_kinds")  # by name


def register_kind(kind: Kind) -> None:
    """Add a kind of post; called from a package's init_app()."""
    _kinds.add(kind.name, kind)


def of(post: "Post") -> Kind:
    """The kind of a post (or of a row with a `kind`)."""
    return _kinds[post.kind]


def named(name: str) -> Kind:
    """The kind of this name."""
    return _kinds[name]


def url(post: "Post") -> str:
    """Path of the page that shows `post`."""
    return of(post).path(post)


def names() -> list[str]:
    """Names of all kinds."""
    return sorted(_kinds)


def searchable() -> list[str]:
    """Names of the kinds the index holds."""
    return [kind.name for kind in _kinds.values() if kind.searchable]


def curated() -> list[str]:
    """Names of the kinds that only moderators write."""
    return [kind.name for kind in _kinds.values() if kind.curated]
