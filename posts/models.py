"""Posts: the base of questions, answers, articles, bulletins and comments, with tags, votes and revisions.

Every column that lists filter, sort or show is in `posts`; the tables of kinds add only their own facts.
"""

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import (
    JSON,
    Connection,
    Date,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    event,
    inspect,
)
from sqlalchemy.orm import Mapped, Mapper, mapped_column, relationship

from auth.models import User
from core.database.db import UTCDateTime, db, utcnow
from core.database.versions import Versioned
from core.markup.markup import Rendered
from core.web.site import path_to
from posts import kinds

DRAFT = "draft"
PENDING = "pending"  # waits for the approval of a moderator
PUBLISHED = "published"
HIDDEN = "held"  # hidden by flags until a moderator decides


class PostTag(db.Model):
    """A tag of a post, with copies of the sort keys, so that lists of a tag need no join to sort."""

    __tablename__ = "post_tags"
    __table_args__ = (
        Index("ix_post_tags_tag_new", "tag_id", "kind", "is_public", "created_at", "post_id"),
        Index("ix_post_tags_tag_active", "tag_id", "kind", "is_public", "last_activity_at", "post_id"),
        Index("ix_post_tags_tag_score", "tag_id", "kind", "is_public", "score", "post_id"),
    )

    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True)
    tag_id: Mapped[int] = mapped_column(ForeignKey("tags.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    is_public: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    last_activity_at: Mapped[datetime] = mapped_column(UTCDateTime)
    score: Mapped[int] = mapped_column(default=0)
    answer_count: Mapped[int] = mapped_column(default=0)


class Tag(Versioned, db.Model):
    """A tag; `excerpt` says when to use it."""

    __tablename__ = "tags"
    __table_args__ = (UniqueConstraint("name"), Index("ix_tags_post_count_id", "post_count", "id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    excerpt: Mapped[str] = mapped_column(String(600), default="")
    post_count: Mapped[int] = mapped_column(default=0)
    revision_count: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    changed_at: Mapped[datetime | None] = mapped_column(UTCDateTime, default=utcnow, deferred=True)
    COUNTERS: ClassVar[frozenset[str]] = frozenset({"post_count", "revision_count", "changed_at"})

    @property
    def path(self) -> str:
        """Path of its page; names may contain `#` and `+`."""
        return path_to("forum.tag", name=self.name)


class Post(Versioned, db.Model):
    """A post of any kind. `is_public` alone decides what visitors, index, feeds and API see."""

    __tablename__ = "posts"
    __mapper_args__: ClassVar[dict] = {"polymorphic_on": "kind", "polymorphic_identity": "post"}  # pyright: ignore[reportIncompatibleVariableOverride]
    __table_args__ = (
        UniqueConstraint("imported_from", "external_id"),
        Index("ix_posts_kind_new", "kind", "is_public", "created_at", "id"),
        Index("ix_posts_kind_active", "kind", "is_public", "last_activity_at", "id"),
        Index("ix_posts_kind_score", "kind", "is_public", "score", "id"),
        Index("ix_posts_kind_unanswered", "kind", "is_public", "answer_count", "created_at", "id"),
        Index("ix_posts_parent", "parent_id", "kind", "created_at", "id"),
        Index("ix_posts_parent_best", "parent_id", "kind", "accepted", "score", "id"),
        Index("ix_posts_author", "author_id", "kind", "created_at", "id"),
        Index("ix_posts_author_new", "author_id", "created_at", "id"),
        Index("ix_posts_status", "status", "kind", "created_at", "id"),
        Index("ix_posts_kind_changed", "kind", "is_public", "changed_at", "id"),
        Index(  # of few posts: whose hidden posts a thread has
            "ix_posts_hidden",
            "parent_id",
            "author_id",
            sqlite_where=db.text("is_public = 0"),
            postgresql_where=db.text("NOT is_public"),
        ),
    )

    # Counters and derived columns, to which kinds add theirs; all others update `changed_at` (_note_change).
    COUNTERS: ClassVar[frozenset[str]] = frozenset(
        {
            "score",
            "up_count",
            "down_count",
            "imported_score",
            "answer_count",
            "comment_count",
            "revision_count",
            "last_activity_at",
            "body_html",
            "markup_version",
            "language",
            "picture_key",
            "changed_at",
        }
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id"))
    is_public: Mapped[bool] = mapped_column(default=False)
    status: Mapped[str] = mapped_column(String(12), default=PUBLISHED)
    title: Mapped[str] = mapped_column(String(200), default="")
    slug: Mapped[str] = mapped_column(String(120), default="")
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    author_name: Mapped[str] = mapped_column(String(80), default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    changed_at: Mapped[datetime | None] = mapped_column(UTCDateTime, default=utcnow, deferred=True)
    edited_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    last_activity_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    score: Mapped[int] = mapped_column(default=0)
    up_count: Mapped[int] = mapped_column(default=0)
    down_count: Mapped[int] = mapped_column(default=0)
    imported_score: Mapped[int] = mapped_column(default=0)
    answer_count: Mapped[int] = mapped_column(default=0)
    comment_count: Mapped[int] = mapped_column(default=0)
    accepted: Mapped[bool] = mapped_column(default=False)
    revision_count: Mapped[int] = mapped_column(default=1)
    deleted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    deleted_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    locked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    license: Mapped[str] = mapped_column(String(60), default="")
    source_url: Mapped[str] = mapped_column(String(500), default="")
    imported_from: Mapped[str | None] = mapped_column(String(100))
    external_id: Mapped[str | None] = mapped_column(String(60))
    markup_version: Mapped[int] = mapped_column(default=1)
    language: Mapped[str | None] = mapped_column(String(8), deferred=True)  # ISO 639; empty: not found
    body: Mapped[str] = mapped_column(Text, default="")
    body_html: Mapped[str] = mapped_column(Text, default="")
    picture_key: Mapped[str | None] = mapped_column(String(16))  # of the attachment that lists show beside it

    author: Mapped[User | None] = relationship(foreign_keys=[author_id])
    parent: Mapped["Post | None"] = relationship(remote_side=[id], foreign_keys=[parent_id], lazy="select")
    tags: Mapped[list[Tag]] = relationship(
        secondary="post_tags", order_by=Tag.name, viewonly=True, lazy="selectin"
    )

    if TYPE_CHECKING:
        open_suggestion: Any
    else:
        open_suggestion = None  # its undecided suggested edit, set by posts.suggestions.queries.open_on()

    @property
    def is_deleted(self) -> bool:
        """Whether it is hidden from everyone but moderators and its author."""
        return self.deleted_at is not None

    @property
    def is_emptied(self) -> bool:
        """Whether its text was removed with its author's account, so that it cannot be restored."""
        return self.is_deleted and self.author_id is None and not self.body

    @property
    def is_locked(self) -> bool:
        """Whether only moderators may change it."""
        return self.locked_at is not None

    @property
    def url(self) -> str:
        """Path of the page that shows this post."""
        return kinds.url(self)

    @property
    def edit_url(self) -> str:
        """Path of the form that edits this post."""
        return kinds.of(self).edit_path(self)

    @property
    def rendered(self) -> Rendered:
        """Its current text, for edits of other fields."""
        return Rendered(self.body, self.body_html, self.markup_version)

    @property
    def thread(self) -> "Post":
        """The parent (the question of an answer), or the post itself."""
        return self.parent or self

    @property
    def heading(self) -> str:
        """Its title, or that of its parent."""
        return self.title or (self.parent.heading if self.parent is not None else "")

    @property
    def byline(self) -> str:
        """The name of its author: of the member, the imported name, or "former member"."""
        if self.author is not None:
            return self.author.display_name
        return self.author_name or "former member"


@event.listens_for(Post, "before_update", propagate=True)
@event.listens_for(Tag, "before_update")
def _note_change(mapper: Mapper, connection: Connection, instance: Post | Tag) -> None:
    """Set `changed_at`, which the API filters by (`since`), when content, facts or state changed.

    Statements that bypass the ORM set it themselves; votes, counters and rendering do not change it.
    """
    state = inspect(instance)
    if any(
        column.key not in instance.COUNTERS and state.attrs[column.key].history.has_changes()
        for column in mapper.column_attrs
    ):
        instance.changed_at = utcnow()


class Comment(Post):
    """A comment below a post (its parent)."""

    __mapper_args__: ClassVar[dict] = {"polymorphic_identity": "comment"}


class Revision(db.Model):
    """A revision of a post; `number` starts at 1.

    `facts` are those of its kind (kinds.Kind.facts), stored when the next revision replaces it: the current
    facts are in the post's own rows. None: not stored.
    """

    __tablename__ = "revisions"
    __table_args__ = (
        UniqueConstraint("post_id", "number"),
        Index(
            "ix_revisions_not_compared",
            "id",
            sqlite_where=db.text("changes IS NULL AND number > 1"),
            postgresql_where=db.text("changes IS NULL AND number > 1"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"))
    number: Mapped[int]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    title: Mapped[str] = mapped_column(String(200), default="")
    body: Mapped[str] = mapped_column(Text)
    tags: Mapped[list] = mapped_column(JSON, default=list)
    facts: Mapped[dict | None] = mapped_column(JSON(none_as_null=True), deferred=True)
    summary: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    redacted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    changes: Mapped[dict | None] = mapped_column(JSON(none_as_null=True), deferred=True)
    author: Mapped[User | None] = relationship(lazy="joined")


class FactRevision(db.Model):
    """A revision of an object that is no post, such as a tag; `facts` are the fields of its form."""

    __tablename__ = "fact_revisions"
    __table_args__ = (
        UniqueConstraint("thing_kind", "thing_id", "number"),
        Index("ix_fact_revisions_author_id", "author_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    thing_kind: Mapped[str] = mapped_column(String(20))
    thing_id: Mapped[int]
    number: Mapped[int]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    summary: Mapped[str] = mapped_column(String(200), default="")
    facts: Mapped[dict] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    redacted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    author: Mapped[User | None] = relationship(lazy="joined")


class Vote(db.Model):
    """The current vote of one member on one post. `change_id` is the VoteChange that set it."""

    __tablename__ = "votes"
    __table_args__ = (UniqueConstraint("user_id", "post_id"), Index("ix_votes_post_id", "post_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"))
    value: Mapped[int]
    is_void: Mapped[bool] = mapped_column(default=False)
    change_id: Mapped[int]
    cast_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)


class VoteChange(db.Model):
    """A change of a vote, append-only: `flask reputation verify` replays these rows.

    `reason`: cast (by the voter), void (post or voter removed), revive (post restored).
    `day` is the UTC day that the new value counts toward.
    """

    __tablename__ = "vote_changes"
    __table_args__ = (
        Index("ix_vote_changes_user_id_created_at", "user_id", "created_at"),
        Index("ix_vote_changes_post_id", "post_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"))
    author_id: Mapped[int | None]
    post_kind: Mapped[str] = mapped_column(String(20))
    old_value: Mapped[int]
    new_value: Mapped[int]
    previous_id: Mapped[int | None]
    reason: Mapped[str] = mapped_column(String(8), default="cast")
    day: Mapped[date] = mapped_column(Date)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)


class PostLink(db.Model):
    """A link between two posts; `kind` is duplicate, related, promoted or linked."""

    __tablename__ = "post_links"
    __table_args__ = (
        UniqueConstraint("source_id", "target_id", "kind"),
        Index("ix_post_links_target_id_kind", "target_id", "kind"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"))
    target_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(12))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
