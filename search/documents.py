"""Documents of the index: public posts, used tags, listed users, and registered families."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import joinedload, load_only, selectin_polymorphic

from auth.models import User
from auth.queries import is_listed
from core.database.db import db, read_transaction, read_without_flush
from core.markup.markup import to_text
from core.registry import Registry
from posts import kinds
from posts.languages import post_language
from posts.models import Post, Tag
from search.fields import Document

MAX_BODY_LENGTH = 100_000
BATCH_SIZE = 500
_fact_functions: Registry[str, Callable[..., dict]] = Registry("search_facts")  # by kind of post


@dataclass(frozen=True)
class Family:
    """Searchable rows of a package above; `name` is one of fields.FAMILIES and the kind of the documents.

    `statement` selects the visible rows and must have a WHERE clause; `document(row)` makes the document;
    `show(row)` returns (title, URL, HTML for the snippet) of a hit.
    """

    name: str
    model: type
    statement: Select
    document: Callable[..., Document]
    show: Callable[..., tuple[str, str, str]]

    @property
    def condition(self) -> ColumnElement[bool]:
        """The condition under which a row is visible."""
        return where_clause(self.statement)


def where_clause(statement: Select) -> ColumnElement[bool]:
    """The WHERE clause of a statement; raises ValueError when it has none."""
    if statement.whereclause is None:
        raise ValueError("a statement for the index needs a WHERE clause")
    return statement.whereclause


families: Registry[str, Family] = Registry("search_families")  # by name


def register_family(family: Family) -> None:
    """Make a family searchable; to be called from a package's init_app()."""
    families.add(family.name, family)


def register_facts(kind: str, extra: Callable[..., dict]) -> None:
    """Register what only a content package knows of a kind: {"layer": …, "states": (…), "text": …}."""
    _fact_functions.add(kind, extra)


def key(family: str, number: int) -> str:
    """The key of a document, such as `post:12`."""
    return f"{family}:{number}"


def ids_in(keys: Iterable[str], family: str) -> list[int]:
    """The ids of one family in some keys."""
    return [int(each.split(":")[1]) for each in keys if each.startswith(f"{family}:")]


def load_documents(keys: Iterable[str]) -> list[Document]:
    """The documents of these keys; keys of what is not public are left out."""
    keys = list(keys)
    found: list[Document] = []
    with read_without_flush():  # a search on PostgreSQL is inside its own transaction
        for family, (statement, model, make) in _sources().items():
            ids = ids_in(keys, family)
            for start in range(0, len(ids), BATCH_SIZE):
                rows = db.session.scalars(
                    statement.where(model.id.in_(ids[start : start + BATCH_SIZE])).execution_options(
                        populate_existing=True
                    )
                )
                found += [make(row) for row in rows]
    return found


def all_documents() -> Iterator[Document]:
    """Yield all documents, a batch and a short transaction at a time; expunges the session.

    A batch selects its ids first: a query planner without statistics would sort the whole kind for each.
    """
    for statement, model, make in _sources().values():
        ids = [0]
        while ids:
            with read_transaction():
                ids = db.session.scalars(
                    select(model.id).where(model.id > ids[-1]).order_by(model.id).limit(BATCH_SIZE)
                ).all()
                found = [
                    make(row)
                    for row in db.session.scalars(statement.where(model.id.in_(ids)).order_by(model.id))
                ]
                db.session.expunge_all()
            yield from found


def public_keys() -> set[str]:
    """The keys of everything that belongs in the index."""
    with read_transaction():
        found: set[str] = set()
        for family, (statement, model, _make) in _sources().items():
            ids = db.session.scalars(select(model.id).where(where_clause(statement)))
            found |= {key(family, number) for number in ids}
        return found


def _sources() -> dict[str, tuple[Select, type, Callable[..., Document]]]:
    """(statement, model, function that makes the document) by family."""
    extended_models = [Post.__mapper__.polymorphic_map[name].class_ for name in _fact_functions]
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
                Post.language,
            ),
            joinedload(Post.author).load_only(User.username),
            joinedload(Post.parent).load_only(Post.title),
            selectin_polymorphic(Post, extended_models),
        )
    )
    return {
        "post": (posts, Post, _post),
        "tag": (select(Tag).where(Tag.post_count > 0), Tag, _tag),
        "user": (select(User).where(is_listed()), User, _user),
        **{name: (family.statement, family.model, family.document) for name, family in families.items()},
    }


def _post(post: Post) -> Document:
    extra = _fact_functions[post.kind](post) if post.kind in _fact_functions else {}
    states = list(extra.get("states", ()))
    if post.kind == "question":
        states.append("answered" if post.answer_count else "unanswered")
    if post.accepted:
        states.append("accepted")
    parent = post.parent
    language = post.language
    if language is None:  # stored by older code
        language = post_language(post.title, post.body_html)
    return Document(
        key=key("post", post.id),
        kind=post.kind,
        title=post.title,
        body=f"{extra.get('text', '')}\n{to_text(post.body_html)}"[:MAX_BODY_LENGTH],
        context=parent.title if parent else "",
        tags=tuple(tag.name for tag in (parent or post).tags),
        author=post.author.username if post.author else "",
        layer=extra.get("layer", ""),
        states=tuple(states),
        score=post.score,
        created_at=post.created_at,
        thread=key("post", (parent or post).id) if parent or post.kind == "question" else "",
        language=language,
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
