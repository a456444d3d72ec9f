"""The rows of a page with many posts, read by Core statements that are built once, as frozen facts.

The ORM makes such a page three times as slow: it builds each statement and object anew. Templates and
policies read the facts as they read a Post.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from types import SimpleNamespace
from typing import Any, TypeVar, cast

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    FromClause,
    Select,
    and_,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    union_all,
)

from auth.models import STAFF_ROLES, User, Visitor
from core.database.db import db
from core.web.site import path_to
from posts import kinds
from posts.models import DRAFT, Post, PostTag, Revision, Tag
from posts.queries import visible_to
from posts.suggestions.models import Suggestion

POSTS = Post.__table__.c
_author = User.__table__.alias("author")
_editor = User.__table__.alias("editor")
_revision = Revision.__table__.alias("revision")
# The rows that visitors and moderators see, and those that members see who have hidden posts of their own.
PUBLIC, STAFF, OWN = "public", "staff", "own"


@dataclass(frozen=True, slots=True)
class Person:
    """A member beside a post."""

    account_id: int  # no `id`: the label of an author's would be that of the post's column
    username: str
    display_name: str
    reputation: int
    is_active: bool
    is_moderator: bool
    is_admin: bool

    @property
    def id(self) -> int:
        """The id of the account."""
        return self.account_id

    @property
    def profile_url(self) -> str:
        """Path of the profile page."""
        return path_to("auth.profile", username=self.username)


@dataclass(frozen=True, slots=True)
class Edit:
    """The newest revision of a post that was edited."""

    number: int
    created_at: datetime
    author_id: int | None
    author: Person | None


@dataclass(frozen=True, slots=True)
class OpenSuggestion:
    """An undecided suggested edit."""

    id: int
    author_id: int | None
    is_open: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPost:
    """What a page shows of a post, and what decides what its readers may do. Its repr() has all it shows.

    `body` is its Markdown, "" where the page needs none. `thread` is None for the head of a thread.
    """

    id: int
    kind: str
    url: str
    edit_url: str
    is_public: bool
    status: str
    title: str
    slug: str
    author_id: int | None
    author_name: str
    author: Person | None
    created_at: datetime
    edited_at: datetime | None
    edit: Edit | None
    score: int
    answer_count: int
    accepted: bool
    is_deleted: bool
    deleted_by_id: int | None
    is_emptied: bool
    is_locked: bool
    closed_at: datetime | None
    license: str
    source_url: str
    body: str = field(repr=False)
    body_html: str
    tags: tuple[str, ...]
    open_suggestion: OpenSuggestion | None
    comments: tuple["ShownPost", ...]
    head: "ShownPost | None" = field(repr=False)

    @property
    def thread(self) -> "ShownPost":
        """The head of its thread (the question of an answer), or the post itself."""
        return self.head or self

    @property
    def byline(self) -> str:
        """The name of its author."""
        if self.author is not None:
            return self.author.display_name
        return self.author_name or "former member"


ShownT = TypeVar("ShownT", bound=ShownPost)


def seen_by(user: User | Visitor) -> str:
    """The rows that `user` sees of threads without hidden posts of their own."""
    return STAFF if user.is_moderator else PUBLIC


def visible(seen: str) -> ColumnElement[bool]:
    """SQL condition for the rows; for OWN it needs the parameter `user_id`."""
    if seen == PUBLIC:
        return POSTS.is_public
    if seen == STAFF:  # threads of these kinds have no drafts
        return or_(POSTS.is_public, POSTS.status != DRAFT)
    member: Any = SimpleNamespace(id=bindparam("user_id"), is_moderator=False)
    return cast("ColumnElement[bool]", visible_to(member))


def person_columns(person: FromClause, name: str) -> list[ColumnElement]:
    """The columns of Person, with names that begin with `name`; they need the parameter `now`."""
    columns = person.c
    in_good_standing = and_(
        columns.confirmed_at.is_not(None),
        columns.erased_at.is_(None),
        or_(columns.suspended_until.is_(None), columns.suspended_until <= bindparam("now")),
    )
    return [
        columns.id.label(f"{name}_account_id"),
        columns.username.label(f"{name}_username"),
        columns.display_name.label(f"{name}_display_name"),
        columns.reputation.label(f"{name}_reputation"),
        columns.erased_at.is_(None).label(f"{name}_is_active"),
        and_(columns.role.in_(STAFF_ROLES), in_good_standing).label(f"{name}_is_moderator"),
        and_(columns.role == "administrator", in_good_standing).label(f"{name}_is_admin"),
    ]


def person(row: Any, name: str) -> Person | None:
    """The Person in the columns of person_columns(); None when the post has no such member."""
    values = [getattr(row, f"{name}_{each}") for each in Person.__slots__]
    return None if values[0] is None else Person(*values)


def post_columns() -> list[ColumnElement]:
    """The columns from which shown() makes a post, for rows of joined_posts()."""
    return [
        POSTS.id,
        POSTS.kind,
        POSTS.parent_id,
        POSTS.is_public,
        POSTS.status,
        POSTS.title,
        POSTS.slug,
        POSTS.author_id,
        POSTS.author_name,
        POSTS.created_at,
        POSTS.edited_at,
        POSTS.score,
        POSTS.answer_count,
        POSTS.accepted,
        POSTS.deleted_at.is_not(None).label("is_deleted"),
        POSTS.deleted_by_id,
        POSTS.locked_at.is_not(None).label("is_locked"),
        POSTS.closed_at,
        POSTS.license,
        POSTS.source_url,
        POSTS.body_html,
        *person_columns(_author, "author"),
    ]


def edit_columns() -> list[ColumnElement]:
    """The columns of the text and the newest edit of a post, for rows of joined_posts(with_edits=True)."""
    return [
        POSTS.body,
        _revision.c.number.label("edit_number"),
        _revision.c.created_at.label("edit_created_at"),
        _revision.c.author_id.label("edit_author_id"),
        *person_columns(_editor, "editor"),
    ]


def joined_posts(*, with_edits: bool = False) -> FromClause:
    """Posts with their authors, and with their newest edits and these authors."""
    joined = Post.__table__.outerjoin(_author, _author.c.id == POSTS.author_id)
    if not with_edits:
        return joined
    is_edit = and_(
        _revision.c.post_id == POSTS.id,
        _revision.c.number == POSTS.revision_count,
        POSTS.revision_count > 1,
    )
    return joined.outerjoin(_revision, is_edit).outerjoin(_editor, _editor.c.id == _revision.c.author_id)


def shown(
    row: Any, url: str, edit_url: str, head: ShownPost | None, cls: type[ShownT] = ShownPost, **more: Any
) -> ShownT:
    """The facts of a row with post_columns(), and perhaps edit_columns(); `more` are further fields."""
    body = getattr(row, "body", "")
    edit = None
    if getattr(row, "edit_number", None) is not None:
        edit = Edit(row.edit_number, row.edit_created_at, row.edit_author_id, person(row, "editor"))
    return cls(
        id=row.id,
        kind=row.kind,
        url=url,
        edit_url=edit_url,
        is_public=row.is_public,
        status=row.status,
        title=row.title,
        slug=row.slug,
        author_id=row.author_id,
        author_name=row.author_name,
        author=person(row, "author"),
        created_at=row.created_at,
        edited_at=row.edited_at,
        edit=edit,
        score=row.score,
        answer_count=row.answer_count,
        accepted=row.accepted,
        is_deleted=row.is_deleted,
        deleted_by_id=row.deleted_by_id,
        is_emptied=row.is_deleted and row.author_id is None and not row.body_html,
        is_locked=row.is_locked,
        closed_at=row.closed_at,
        license=row.license,
        source_url=row.source_url,
        body=body,
        body_html=row.body_html,
        head=head,
        **{"tags": (), "open_suggestion": None, "comments": (), **more},
    )


@cache
def _comments(seen: str) -> Select:
    return (
        select(*post_columns())
        .select_from(joined_posts())
        .where(
            POSTS.parent_id.in_(bindparam("ids", expanding=True)),
            POSTS.kind == literal_column("'comment'"),
            visible(seen),
        )
    )


def comments_of(
    posts: Mapping[int, str], seen: str, parameters: Mapping[str, Any]
) -> dict[int, tuple[ShownPost, ...]]:
    """{post id: its comments, oldest first}; `posts` are the paths of the pages of posts, by id.

    Sorted in Python: with ORDER BY id, SQLite would scan all posts in that order.
    """
    rows = db.session.execute(_comments(seen), {**parameters, "ids": list(posts)})
    kind = kinds.named("comment")
    found: dict[int, list[ShownPost]] = {}
    for row in sorted(rows, key=lambda row: row.id):
        url = f"{posts[row.parent_id].partition('#')[0]}#comment-{row.id}"
        comment = shown(row, url, kind.edit_path(row), None)
        found.setdefault(row.parent_id, []).append(comment)
    return {post_id: tuple(comments) for post_id, comments in found.items()}


@dataclass(frozen=True)
class Extras:
    """The tags of the head of a thread, the open suggestions by post id, and the authors of hidden posts."""

    tags: tuple[str, ...]
    suggestions: dict[int, OpenSuggestion]
    hidden_authors: frozenset[int]


def _extra(what: str, text: Any, number: Any, post_id: Any, author_id: Any) -> Select:
    return select(
        literal_column(f"'{what}'").label("what"),
        text.label("text"),
        number.label("number"),
        post_id.label("post_id"),
        func.coalesce(author_id, 0).label("author_id"),
    )


@cache
def _extras() -> CompoundSelect:
    """One statement for what posts have few of: a page has a small, fixed number of queries."""
    nothing, zero = literal_column("''"), literal_column("0")
    tags, names = PostTag.__table__.c, Tag.__table__.c
    suggestions = Suggestion.__table__.c
    ids = bindparam("ids", expanding=True)
    return union_all(
        _extra("tag", names.name, zero, tags.post_id, zero)
        .join_from(PostTag.__table__, Tag.__table__, names.id == tags.tag_id)
        .where(tags.post_id == bindparam("head_id")),
        _extra("suggestion", nothing, suggestions.id, suggestions.post_id, suggestions.author_id).where(
            suggestions.post_id.in_(ids), suggestions.outcome.is_(None)
        ),
        _extra("hidden", nothing, zero, POSTS.parent_id, POSTS.author_id).where(
            POSTS.parent_id.in_(ids), ~POSTS.is_public
        ),
    )


def extras(head_id: int, ids: Iterable[int]) -> Extras:
    """The Extras of the posts `ids` of the thread of `head_id`."""
    tags, suggestions, hidden = [], {}, set()
    for row in db.session.execute(_extras(), {"head_id": head_id, "ids": list(ids)}):
        if row.what == "tag":
            tags.append(row.text)
        elif row.what == "suggestion":
            suggestions[row.post_id] = OpenSuggestion(row.number, row.author_id or None)
        else:
            hidden.add(row.author_id)
    return Extras(tuple(sorted(tags)), suggestions, frozenset(hidden))
