"""Create many posts in a few statements per batch, for imports (actions.create creates one)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from sqlalchemy import func, select, update

from core.database.db import changed_rows, db, lock_rows, utcnow
from core.markup.markup import Rendered
from posts.attachments import actions as attachments
from posts.languages import post_language
from posts.models import PUBLISHED, Post, PostTag, Revision
from posts.slugs import slugify
from posts.tags.actions import make_tags, recount_tags

COUNTERS = {"answer": "answer_count", "comment": "comment_count"}


@dataclass(frozen=True)
class Edit:
    """The last edit on the imported site, whose previous text is not imported."""

    at: datetime
    editor_id: int | None
    summary: str


@dataclass(frozen=True)
class Draft:
    """A public post to create: its kind, columns, text, tags and last edit."""

    kind: type[Post]
    columns: dict
    body: Rendered
    tags: tuple[str, ...] = ()
    edit: Edit | None = None


def create_all(drafts: Collection[Draft]) -> list[Post]:
    """Store posts with revisions, tags and counters; the importer records events (core.jobs.import_events).

    Parents must be stored already; a post below a hidden one is hidden.
    """
    parents = {draft.columns["parent_id"] for draft in drafts if draft.columns.get("parent_id")}
    lock_rows(Post, parents)
    public = set(db.session.scalars(select(Post.id).where(Post.id.in_(parents), Post.is_public)))
    posts = [_post(draft, public) for draft in drafts]
    db.session.add_all(posts)
    db.session.flush()
    for post in posts:
        attachments.claim(post)
    tags = make_tags(chain.from_iterable(draft.tags for draft in drafts))
    for post, draft in zip(posts, drafts, strict=True):
        db.session.add_all(_revisions(post, draft))
        db.session.add_all(_tagged(post, tags[name].id) for name in draft.tags)
    db.session.flush()
    recount_tags(tags)
    _recount(parents)
    return posts


def replace_texts(changes: Collection[tuple[int, str, Rendered]]) -> int:
    """Replace texts, given as (post id, current text, new text), also in revisions; returns how many posts.

    For links that an import can resolve only later; a text that was changed since stays.
    """
    count = 0
    for post_id, before, body in changes:
        replaced = changed_rows(
            update(Post)
            .where(Post.id == post_id, Post.body == before)
            .values(body=body.source, body_html=body.html, markup_version=body.version, changed_at=utcnow())
        )
        if replaced:
            count += replaced
            db.session.execute(
                update(Revision)
                .where(Revision.post_id == post_id, Revision.body == before)
                .values(body=body.source)
                .execution_options(synchronize_session=False)
            )
    return count


def _post(draft: Draft, public: set[int]) -> Post:
    parent_id = draft.columns.get("parent_id")
    return draft.kind(
        **draft.columns,
        slug=slugify(draft.columns.get("title", "")),
        body=draft.body.source,
        body_html=draft.body.html,
        markup_version=draft.body.version,
        language=post_language(draft.columns.get("title", ""), draft.body.html),
        is_public=parent_id is None or parent_id in public,
        edited_at=draft.edit.at if draft.edit else None,
        revision_count=2 if draft.edit else 1,
    )


def _revisions(post: Post, draft: Draft) -> list[Revision]:
    text = {"post_id": post.id, "title": post.title, "body": post.body, "tags": sorted(draft.tags)}
    first = Revision(number=1, author_id=post.author_id, created_at=post.created_at, **text)
    if draft.edit is None:
        return [first]
    return [
        first,
        Revision(
            number=2,
            author_id=draft.edit.editor_id,
            created_at=draft.edit.at,
            summary=draft.edit.summary,
            **text,
        ),
    ]


def _tagged(post: Post, tag_id: int) -> PostTag:
    return PostTag(
        post_id=post.id,
        tag_id=tag_id,
        kind=post.kind,
        is_public=post.is_public,
        created_at=post.created_at,
        last_activity_at=post.last_activity_at,
        score=post.score,
        answer_count=0,
    )


def _recount(parents: set[int]) -> None:
    """Set the counters of these posts from their children, and copy them to post_tags."""
    child = Post.__table__.alias()
    counts = {
        column: select(func.count())
        .where(
            child.c.parent_id == Post.id,
            child.c.kind == kind,
            child.c.deleted_at.is_(None),
            child.c.status == PUBLISHED,
        )
        .scalar_subquery()
        for kind, column in COUNTERS.items()
    }
    db.session.execute(
        update(Post).where(Post.id.in_(parents)).values(counts).execution_options(synchronize_session=False)
    )
    answers = select(Post.answer_count).where(Post.id == PostTag.post_id).scalar_subquery()
    db.session.execute(
        update(PostTag)
        .where(PostTag.post_id.in_(parents))
        .values(answer_count=answers)
        .execution_options(synchronize_session=False)
    )
