"""What of the database goes into the index: public posts, tags, people."""

from collections.abc import Callable, Iterable, Iterator

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from auth.models import User
from core.db import db
from core.markup import to_text
from posts import kinds
from posts.models import Post, Tag
from search.engine import Document

MAX_BODY = 100_000
_extras: dict[str, Callable[[Post], dict]] = {}


def describe(kind: str, extra: Callable[[Post], dict]) -> None:
    """A content room adds what only it knows of its kind: {"layer": …, "states": (…)}."""
    _extras[kind] = extra


def _posts(statement) -> Iterator[Document]:
    statement = (statement.where(Post.is_public, Post.kind.in_(kinds.searchable()))
                 .options(joinedload(Post.author), joinedload(Post.parent)))
    for post in db.session.scalars(statement):
        yield _document(post)


def _document(post: Post) -> Document:
    states = []
    if post.kind == "question":
        states.append("answered" if post.answer_count else "unanswered")
    if post.accepted:
        states.append("accepted")
    extra = _extras[post.kind](post) if post.kind in _extras else {}
    parent_title = post.parent.title if post.parent is not None else ""
    return Document(
        key=f"post:{post.id}", kind=post.kind, title=post.title or parent_title,
        body=to_text(post.body_html)[:MAX_BODY], tags=tuple(tag.name for tag in post.tags),
        author=post.author.username if post.author else "", score=post.score,
        created_at=post.created_at, layer=extra.get("layer", ""),
        states=(*states, *extra.get("states", ())))


def of_posts(ids: Iterable[int]) -> list[Document]:
    """Documents of those of these posts that are public."""
    return list(_posts(select(Post).where(Post.id.in_(list(ids)))))


def of_users(ids: Iterable[int]) -> list[Document]:
    """Documents of members."""
    return [_user(user) for user in db.session.scalars(
        select(User).where(User.id.in_(list(ids)), User.erased_at.is_(None)))]


def _user(user: User) -> Document:
    return Document(key=f"user:{user.id}", kind="user", title=f"{user.display_name} {user.username}",
                    body=to_text(user.about_html), author=user.username, created_at=user.created_at)


def everything() -> Iterator[Document]:
    """All documents, in slices by id so that nothing large is held."""
    last = 0
    while True:
        ids = list(db.session.scalars(select(Post.id).where(Post.id > last, Post.is_public)
                                      .order_by(Post.id).limit(500)))
        if not ids:
            break
        yield from of_posts(ids)
        last = ids[-1]
        db.session.expunge_all()
    for tag in db.session.scalars(select(Tag).where(Tag.post_count > 0)):
        yield Document(key=f"tag:{tag.id}", kind="tag", title=tag.name, body=tag.excerpt)
    for user in db.session.scalars(select(User).where(User.erased_at.is_(None))
                                   .execution_options(yield_per=500)):
        yield _user(user)
