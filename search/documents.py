"""What of the database goes into the index: public posts, tags in use, people."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload, load_only, selectin_polymorphic

from auth.models import User
from auth.queries import is_listed
from core.database.db import db, read_transaction, reading_beside
from core.markup.markup import to_text
from core.registry import Registry
from posts import kinds
from posts.models import Post, Tag
from search.fields import Document

MAX_BODY = 100_000
SLICE = 500
_extras: Registry[str, Callable[..., dict]] = Registry("search_facts")  # by kind of post


@dataclass(frozen=True)
class Family:
    """Things of a room above that are found like posts; `name` is one of fields.FAMILIES and their kind.

    `statement` selects those that may be seen; `show(row)` is what a result says of one: title,
    address, HTML for the snippet.
    """

    name: str
    model: type
    statement: Select
    document: Callable[..., Document]
    show: Callable[..., tuple[str, str, str]]


families: Registry[str, Family] = Registry("search_families")  # by name


def register_family(family: Family) -> None:
    """Add a family to what search finds; called from a package's init_app()."""
    families.add(family.name, family)


def register_facts(kind: str, extra: Callable[..., dict]) -> None:
    """Add what only a content package knows of its kind: {"layer": …, "states": (…), "text": …}."""
    _extras.add(kind, extra)


def key(family: str, number: int) -> str:
    """The name under which the index knows a post, tag or user."""
    return f"{family}:{number}"


def numbers(keys: Iterable[str], family: str) -> list[int]:
    """The ids in those of the keys that are of a family."""
    return [int(each.split(":")[1]) for each in keys if each.startswith(f"{family}:")]


def of(keys: Iterable[str]) -> list[Document]:
    """The documents of those of these keys that name something public."""
    keys = list(keys)
    found: list[Document] = []
    with reading_beside():  # a search on PostgreSQL is in the middle of its own transaction
        for family, (statement, model, make) in _families().items():
            ids = numbers(keys, family)
            for start in range(0, len(ids), SLICE):
                rows = db.session.scalars(
                    statement.where(model.id.in_(ids[start : start + SLICE])).execution_options(
                        populate_existing=True
                    )
                )
                found += [make(row) for row in rows]
    return found


def everything() -> Iterator[Document]:
    """All documents, a slice and a short transaction at a time; forgets what the session holds.

    A slice is named by its ids first: a planner without statistics would sort a whole kind for each.
    """
    for statement, model, make in _families().values():
        ids = [0]
        while ids:
            with read_transaction():
                ids = db.session.scalars(
                    select(model.id).where(model.id > ids[-1]).order_by(model.id).limit(SLICE)
                ).all()
                found = [
                    make(row)
                    for row in db.session.scalars(statement.where(model.id.in_(ids)).order_by(model.id))
                ]
                db.session.expunge_all()
            yield from found


def keys() -> set[str]:
    """The keys of everything that belongs into the index."""
    with read_transaction():
        return {
            key(family, number)
            for family, (statement, model, _make) in _families().items()
            for number in db.session.scalars(select(model.id).where(statement.whereclause))
        }


def _families() -> dict[str, tuple[Select, type, Callable[..., Document]]]:
    """How the documents of each family are read and made."""
    described = [Post.__mapper__.polymorphic_map[name].class_ for name in _extras]
    posts = (
        select(Post)
        .where(Post.is_public, Post.kind.in_(kinds.searchable()))
        .options(
            load_only(
                Post.kind,
                Post.title,
                Post.body_html,
                Post.parent_id,
                Post.answer_count,
                Post.accepted,
                Post.score,
                Post.created_at,
            ),
            joinedload(Post.author).load_only(User.username),
            joinedload(Post.parent).load_only(Post.title),
            selectin_polymorphic(Post, described),
        )
    )
    return {
        "post": (posts, Post, _post),
        "tag": (select(Tag).where(Tag.post_count > 0), Tag, _tag),
        "user": (select(User).where(is_listed()), User, _user),
        **{name: (family.statement, family.model, family.document) for name, family in families.items()},
    }


def _post(post: Post) -> Document:
    extra = _extras[post.kind](post) if post.kind in _extras else {}
    states = list(extra.get("states", ()))
    if post.kind == "question":
        states.append("answered" if post.answer_count else "unanswered")
    if post.accepted:
        states.append("accepted")
    parent = post.parent
    return Document(
        key=key("post", post.id),
        kind=post.kind,
        title=post.title,
        body=f"{extra.get('text', '')}\n{to_text(post.body_html)}"[:MAX_BODY],
        context=parent.title if parent else "",
        tags=tuple(tag.name for tag in (parent or post).tags),
        author=post.author.username if post.author else "",
        layer=extra.get("layer", ""),
        states=tuple(states),
        score=post.score,
        created_at=post.created_at,
    )


def _tag(tag: Tag) -> Document:
    return Document(key=key("tag", tag.id), kind="tag", title=tag.name, body=tag.excerpt)


def _user(user: User) -> Document:
    handle = "" if user.username in user.display_name.casefold() else user.username
    return Document(
        key=key("user", user.id),
        kind="user",
        title=user.display_name,
        body=f"{handle} {to_text(user.about_html)}",
        author=user.username,
        created_at=user.created_at,
    )
