"""Writes common to all kinds: create, revise, publish, hide, delete, restore. Nothing here commits."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select, update

from auth import reputation
from auth.conflicts import check_not_done
from auth.models import User, Visitor
from core.database import versions
from core.database.db import db, lock_rows, utcnow
from core.database.versions import Expected
from core.jobs import events
from core.limits.rate_limits import limit, lock_key
from core.markup.markup import Rendered, render
from posts import kinds, locks, visibility, voting
from posts.attachments import actions as attachments
from posts.languages import post_language
from posts.models import HIDDEN, PUBLISHED, Comment, Post, PostLink, PostTag, Revision
from posts.queries import PostT
from posts.revisions import history
from posts.slugs import slugify
from posts.suggestions import credits
from posts.tags import actions as tag_actions
from posts.text_limits import check_edit

MAX_POSTS = 10  # of one member within MAX_POSTS_WINDOW_SECONDS
MAX_POSTS_WINDOW_SECONDS = 600
REPEAT_WINDOW = timedelta(days=1)


def limit_posting(by: User) -> None:
    """Count a text that `by` posts; raises TooMany after MAX_POSTS."""
    limit("post", by.id, MAX_POSTS, MAX_POSTS_WINDOW_SECONDS)


def create(post: PostT, body: Rendered, *, tags: Iterable[str] = (), quiet: bool = False) -> PostT:
    """Store a new post, which has its author, title and status, with its first revision and event.

    `quiet` is for imports: no event is recorded, the importer indexes the posts itself.
    """
    post.title = post.title or ""
    _set_body(post, body)
    _update_slug(post)
    now = post.created_at or utcnow()
    post.created_at = now
    post.last_activity_at = post.last_activity_at or now
    lock_rows(Post, [post.parent_id])
    db.session.add(post)
    db.session.flush()
    attachments.claim(post)
    names = tag_actions.set_tags(post, tags)
    db.session.add(
        Revision(
            post_id=post.id,
            number=1,
            author_id=post.author_id,
            title=post.title,
            body=post.body,
            tags=names,
            created_at=now,
        )
    )
    visibility.refresh(post)
    tag_actions.recount_tags(names)
    if not quiet:
        events.record(f"{post.kind}.created", subject=post)
        update_parent(post)
    return post


def create_once(post: PostT, body: Rendered, *, tags: Iterable[str] = ()) -> PostT:
    """Create a post, or return the same text that its author posted in the same place within REPEAT_WINDOW.

    So a form that is submitted twice, or again after a broken connection, posts once.
    """
    lock_key(f"post:{post.author_id}")
    earlier = db.session.scalar(
        select(type(post))
        .where(
            Post.author_id == post.author_id,
            Post.kind == post.kind,
            Post.created_at > utcnow() - REPEAT_WINDOW,
            Post.parent_id == post.parent_id if post.parent_id else Post.parent_id.is_(None),
            Post.title == (post.title or ""),
            Post.body == body.source,
            Post.deleted_at.is_(None),
        )
        .limit(1)
    )
    return earlier or create(post, body, tags=tags)


def _set_body(post: Post, body: Rendered) -> None:
    post.body = body.source
    post.body_html = body.html
    post.markup_version = body.version
    post.language = post_language(post.title, body.html)


def _update_slug(post: Post) -> None:
    if not kinds.of(post).keeps_slug:
        post.slug = slugify(post.title)


def update_parent(post: Post) -> None:
    """Set the counters and the last activity of the parent from its children."""
    if post.parent_id is None:
        return
    count = (
        select(func.count())
        .where(
            Post.parent_id == post.parent_id,
            Post.kind == post.kind,
            Post.deleted_at.is_(None),
            Post.status == PUBLISHED,
        )
        .scalar_subquery()
    )
    column = "comment_count" if post.kind == "comment" else "answer_count"
    values: dict[str, Any] = {column: count}
    if column == "answer_count":
        values["last_activity_at"] = utcnow()
    db.session.execute(
        update(Post)
        .where(Post.id == post.parent_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    parent = db.session.get_one(Post, post.parent_id)
    db.session.refresh(parent, list(values))
    db.session.execute(
        update(PostTag)
        .where(PostTag.post_id == parent.id)
        .values(last_activity_at=parent.last_activity_at, answer_count=parent.answer_count)
        .execution_options(synchronize_session=False)
    )


def revise(
    post: Post,
    body: Rendered,
    *,
    by: User,
    title: str | None = None,
    tags: Iterable[str] | None = None,
    summary: str = "",
    old_facts: dict | None = None,
    expected: Expected = None,
) -> Revision | None:
    """Edit a post as a member; see rewrite().

    Raises Invalid for new tags that `by` may not create, and for texts outside the limits of the kind.
    """
    check_edit(post, kinds.of(post).limits, title=title, body=body.source, tags=tags)
    if tags is not None:
        tag_actions.require_known(set(tags) - {tag.name for tag in post.tags}, by=by)
    return rewrite(
        post, body, by=by, title=title, tags=tags, summary=summary, old_facts=old_facts, expected=expected
    )


def begin_edit(post: Post, expected: Expected) -> dict:
    """Lock a post for an edit of its facts and return the current facts. Raises versions.Stale."""
    locks.lock(post)
    versions.require(post, expected)
    return kinds.of(post).facts(post)


def rewrite(
    post: Post,
    body: Rendered,
    *,
    by: User | Visitor,
    title: str | None = None,
    tags: Iterable[str] | None = None,
    summary: str = "",
    old_facts: dict | None = None,
    has_new_facts: bool = False,
    expected: Expected = None,
) -> Revision | None:
    """Replace the text of a post and store a revision; returns it, None when nothing changed.

    Raises versions.Stale when the current version is none of `expected`. `old_facts` are the facts from
    begin_edit(), if the caller has changed them since: changed facts make a revision even of the same text.
    They are compared, unless the caller knows that they differ (`has_new_facts`).
    """
    if old_facts is None:
        old_facts = begin_edit(post, expected)
        has_same_facts = True
    else:
        db.session.flush()
        locks.lock(post)
        has_same_facts = not has_new_facts and old_facts == kinds.of(post).facts(post)
    before = sorted(tag.name for tag in post.tags)
    after = before if tags is None else sorted(set(tags))
    title = post.title if title is None else title
    if has_same_facts and (title, body.source, after) == (post.title, post.body, before):
        return None
    _store_facts(post, old_facts)
    post.title = title
    _update_slug(post)
    _set_body(post, body)
    now = utcnow()
    post.edited_at = now
    post.last_activity_at = now
    attachments.claim(post)
    db.session.flush()
    if after != before:
        tag_actions.set_tags(post, after)
        db.session.expire(post, ["tags"])
    db.session.execute(
        update(Post)
        .where(Post.id == post.id)
        .values(revision_count=Post.revision_count + 1)
        .execution_options(synchronize_session=False)
    )
    db.session.refresh(post, ["revision_count"])
    entry = Revision(
        post_id=post.id,
        number=post.revision_count,
        author_id=by.id,
        title=title,
        body=body.source,
        tags=after,
        summary=summary,
        created_at=now,
    )
    db.session.add(entry)
    kinds.of(post).on_revised(post)
    visibility.refresh(post)
    tag_actions.recount_tags({*before, *after})
    events.record(f"{post.kind}.revised", subject=post, actor=by, number=entry.number)
    return entry


def _store_facts(post: Post, facts: dict) -> None:
    """Store the facts with the current revision, before a new one replaces it."""
    db.session.execute(
        update(Revision)
        .where(
            Revision.post_id == post.id,
            Revision.number == post.revision_count,
            Revision.redacted_at.is_(None),
        )
        .values(facts=facts)
        .execution_options(synchronize_session=False)
    )


def restore(post: Post, wanted: Revision, *, by: User, expected: Expected = None) -> Revision | None:
    """Restore text and facts of an old revision as a new revision; None when nothing changed."""
    summary = f"Restored revision {wanted.number}"
    state = history.of_revision(post, wanted)
    restore_state = kinds.of(post).restore
    if restore_state is not None and state.facts is not None:
        return restore_state(post, state, by=by, summary=summary, expected=expected)
    return rewrite(
        post,
        render(wanted.body),
        by=by,
        title=wanted.title,
        tags=wanted.tags if post.kind != "comment" else None,
        summary=summary,
        expected=expected,
    )


def publish(post: Post, *, by: User | Visitor | None) -> events.Event | None:
    """Make a draft or pending post public; None when it is public or deleted."""
    locks.lock_thread(post)
    if post.status == PUBLISHED or post.is_deleted:
        return None
    post.status = PUBLISHED
    _update_derived(post)
    return events.record(f"{post.kind}.published", subject=post, actor=by)


def hide(post: Post) -> events.Event | None:
    """Hide a public post until a moderator decides, with its reputation; None when it is not public."""
    locks.lock_thread(post)
    if post.status != PUBLISHED or post.is_deleted:
        return None
    post.status = HIDDEN
    _update_derived(post)
    return events.record(f"{post.kind}.held", subject=post)


def unhide(post: Post, *, by: User) -> events.Event | None:
    """Make a hidden post public again; None when it is not hidden."""
    locks.lock_thread(post)
    if post.status != HIDDEN:
        return None
    post.status = PUBLISHED
    _update_derived(post)
    return events.record(f"{post.kind}.released", subject=post, actor=by)


def delete(post: Post, *, by: User, reason: str = "", note: str = "") -> events.Event | None:
    """Delete a post: hide it everywhere and reverse its reputation, until undelete().

    `note` is for the author. Returns the event; None when the post is already deleted.
    """
    locks.lock_thread(post)
    if post.is_deleted:
        return None
    post.deleted_at = utcnow()
    post.deleted_by_id = by.id
    if post.status == HIDDEN:  # decided: a restored post is public again
        post.status = PUBLISHED
    _update_derived(post)
    _lock_reputations(post)
    voting.void_votes(post)
    credits.withdraw(post, by=by)
    kinds.of(post).on_delete(post, by=by)
    return events.record(f"{post.kind}.deleted", subject=post, actor=by, reason=reason, note=note)


def undelete(post: Post, *, by: User) -> events.Event | None:
    """Restore a deleted post with its votes and their reputation; None when it is not deleted, or emptied."""
    locks.lock_thread(post)
    if not post.is_deleted or post.is_emptied:
        return None
    post.deleted_at = post.deleted_by_id = None
    _update_derived(post)
    _lock_reputations(post)
    voting.restore_votes(post)
    credits.restore(post, by=by)
    kinds.of(post).on_restore(post, by=by)
    return events.record(f"{post.kind}.undeleted", subject=post, actor=by)


def check_not_deleted(post: Post, *, by: User) -> None:
    """Raise AlreadyDone when another user than `by` deleted a post."""
    check_not_done(post, [f"{post.kind}.deleted"], _("this post is deleted."), by=by, url=post.url)


def check_not_undeleted(post: Post, *, by: User) -> None:
    """Raise AlreadyDone when another user than `by` restored a post."""
    check_not_done(post, [f"{post.kind}.undeleted"], _("this post is visible again."), by=by, url=post.url)


def _lock_reputations(post: Post) -> None:
    """Lock all users whose reputation the deletion or restoration of a post may change."""
    reputation.lock(
        [post.author_id, *voting.voters(post), *credits.holders(post), *kinds.of(post).concerned(post)]
    )


def _update_derived(post: Post) -> None:
    visibility.refresh(post)
    tag_actions.recount_tags(tag.name for tag in post.tags)
    update_parent(post)


def comment(post: Post, body: Rendered, *, by: User) -> Comment:
    """Post a comment below `post`; raises TooMany (limit_posting)."""
    limit_posting(by)
    return create_once(Comment(parent_id=post.id, author_id=by.id), body)


def link(source: Post, target: Post, kind: str) -> None:
    """Record that `source` points to `target`, unless it is recorded."""
    exists = db.session.scalar(
        select(PostLink.id).where(
            PostLink.source_id == source.id, PostLink.target_id == target.id, PostLink.kind == kind
        )
    )
    if exists is None:
        db.session.add(PostLink(source_id=source.id, target_id=target.id, kind=kind))


def unlink(source: Post, kind: str) -> None:
    """Remove every link of this kind from `source`."""
    db.session.execute(db.delete(PostLink).where(PostLink.source_id == source.id, PostLink.kind == kind))
