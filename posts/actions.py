"""Writes common to all kinds: create, revise, delete, undelete, comment, tag. Nothing here commits."""

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import and_, case, func, select, update

from auth import reputation
from auth.models import User, Visitor
from core.database import versions
from core.database.db import db, lock_rows, utcnow
from core.database.versions import Expected
from core.jobs import events
from core.limits.rate_limits import limit, take_turn
from core.markup.markup import Rendered, render
from posts import credits, kinds, locks, redaction, tag_actions, visibility, voting
from posts.models import HELD, PUBLISHED, Comment, Post, PostLink, PostTag, Revision, Tag
from posts.revisions import history
from posts.slugs import slugify
from posts.text_limits import check_edit

MAX_TAGS = 5
TEXTS, TEXTS_WITHIN = 10, 600  # ten texts in ten minutes are enough for anybody
AGAIN = timedelta(days=1)


def limit_posting(by: User) -> None:
    """Count one text that `by` is about to post; raises TooMany."""
    limit("post", by.id, TEXTS, TEXTS_WITHIN)


def create(post: Post, body: Rendered, *, tags: Iterable[str] = (), quiet: bool = False) -> Post:
    """Store a new post (already given author, title, status) with its first revision and event.

    `quiet` is for imports: no event is recorded, the importer indexes what it brought.
    """
    post.body, post.body_html, post.markup_version = body.source, body.html, body.version
    post.title = post.title or ""
    _follow_title(post)
    now = post.created_at or utcnow()
    post.created_at, post.last_activity_at = now, post.last_activity_at or now
    lock_rows(Post, [post.parent_id])
    db.session.add(post)
    db.session.flush()
    names = set_tags(post, tags)
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
    recount_tags(names)
    if not quiet:
        events.record(f"{post.kind}.created", subject=post)
        touch_parent(post)
    return post


def create_once(post: Post, body: Rendered, *, tags: Iterable[str] = ()) -> Post:
    """create(), unless its author posted the same text in the same place within AGAIN: that post, then.

    Who presses twice, or sends again because the connection broke before the answer came, has posted once.
    """
    take_turn(f"post:{post.author_id}")
    known = db.session.scalar(
        select(type(post))
        .where(
            Post.author_id == post.author_id,
            Post.kind == post.kind,
            Post.created_at > utcnow() - AGAIN,
            Post.parent_id == post.parent_id if post.parent_id else Post.parent_id.is_(None),
            Post.title == (post.title or ""),
            Post.body == body.source,
            Post.deleted_at.is_(None),
        )
        .limit(1)
    )
    return known or create(post, body, tags=tags)


def _follow_title(post: Post) -> None:
    if not kinds.of(post).keeps_slug:
        post.slug = slugify(post.title)


def touch_parent(post: Post) -> None:
    """Set the parent's counters and last activity from its children."""
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
    values = {column: count}
    if column == "answer_count":
        values["last_activity_at"] = utcnow()
    db.session.execute(
        update(Post)
        .where(Post.id == post.parent_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    parent = db.session.get(Post, post.parent_id)
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
    was: dict | None = None,
    expected: Expected = None,
) -> Revision | None:
    """Change a post as `by`, who needs a privilege to bring a new tag (else Invalid); see rewrite().

    Raises Invalid also outside the limits of its kind, which do not bind what was imported.
    """
    check_edit(post, kinds.of(post).limits, title=title, body=body.source, tags=tags)
    if tags is not None:
        tag_actions.require_known(set(tags) - {tag.name for tag in post.tags}, by=by)
    return rewrite(post, body, by=by, title=title, tags=tags, summary=summary, was=was, expected=expected)


def begin_edit(post: Post, expected: Expected) -> dict:
    """Take the post for an edit of its facts; returns them as they are. Raises versions.Stale."""
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
    was: dict | None = None,
    expected: Expected = None,
) -> Revision | None:
    """Replace the text of a post, keeping what it was; None when nothing changed.

    Raises versions.Stale when the post is at none of the `expected` versions. `was` are the facts of its kind
    from begin_edit(), when they may have changed since: other facts make a revision of the same text too.
    """
    if was is None:
        was, same_facts = begin_edit(post, expected), True
    else:
        db.session.flush()
        locks.lock(post)
        same_facts = was == kinds.of(post).facts(post)
    before = sorted(tag.name for tag in post.tags)
    after = before if tags is None else sorted(set(tags))
    title = post.title if title is None else title
    if same_facts and (title, body.source, after) == (post.title, post.body, before):
        return None
    _keep_facts(post, was)
    post.title = title
    _follow_title(post)
    post.body, post.body_html, post.markup_version = body.source, body.html, body.version
    post.edited_at = utcnow()
    post.last_activity_at = post.edited_at
    db.session.flush()
    if after != before:
        set_tags(post, after)
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
        created_at=post.edited_at,
    )
    db.session.add(entry)
    kinds.of(post).on_revised(post)
    visibility.refresh(post)
    recount_tags({*before, *after})
    events.record(f"{post.kind}.revised", subject=post, actor=by, number=entry.number)
    return entry


def _keep_facts(post: Post, facts: dict) -> None:
    """Let the present revision, which another one replaces, keep the facts that go with its text."""
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
    """Make what an old revision said, text and facts, the present again, as a new revision."""
    summary, state = f"Restored revision {wanted.number}", history.of_revision(post, wanted)
    if kinds.of(post).restore is not None and state.facts is not None:
        return kinds.of(post).restore(post, state, by=by, summary=summary, expected=expected)
    return rewrite(
        post,
        render(wanted.body),
        by=by,
        title=wanted.title,
        tags=wanted.tags if post.kind != "comment" else None,
        summary=summary,
        expected=expected,
    )


def redact(
    revision: Revision, *, by: User, reason: str = "", words: Iterable[str] | None = None
) -> dict[str, int]:
    """Close one old revision for good and mask its copies; see redaction.redact()."""
    return redaction.redact(revision, by=by, reason=reason, words=words)


def repeat_dates(post: Post) -> None:
    """Bring the dates that its tags repeat to those of `post`."""
    db.session.execute(
        update(PostTag)
        .where(PostTag.post_id == post.id)
        .values(created_at=post.created_at, last_activity_at=post.last_activity_at)
        .execution_options(synchronize_session=False)
    )


def publish(post: Post, *, by: User | Visitor | None) -> events.Event | None:
    """Make a draft or a waiting post public; None when it is, or is removed."""
    locks.lock_thread(post)
    if post.status == PUBLISHED or post.is_deleted:
        return None
    post.status = PUBLISHED
    _settle(post)
    return events.record(f"{post.kind}.published", subject=post, actor=by)


def hold(post: Post) -> events.Event | None:
    """Hide a public post until a moderator has decided; nothing that it gave is taken back. None when it
    is not public.
    """
    locks.lock_thread(post)
    if post.status != PUBLISHED or post.is_deleted:
        return None
    post.status = HELD
    _settle(post)
    return events.record(f"{post.kind}.held", subject=post)


def release(post: Post, *, by: User) -> events.Event | None:
    """Show a post again that was held; None when it is not."""
    locks.lock_thread(post)
    if post.status != HELD:
        return None
    post.status = PUBLISHED
    _settle(post)
    return events.record(f"{post.kind}.released", subject=post, actor=by)


def delete(post: Post, *, by: User, reason: str = "", note: str = "") -> events.Event | None:
    """Hide a post everywhere at once and take back what it gave; undelete() undoes it.

    Returns the event, or None when it was removed already.
    """
    locks.lock_thread(post)
    if post.is_deleted:
        return None
    post.deleted_at, post.deleted_by_id = utcnow(), by.id
    if post.status == HELD:  # decided: a restored post is public again
        post.status = PUBLISHED
    _settle(post)
    _lock_people(post)
    voting.void_votes(post)
    credits.withdraw(post, by=by)
    kinds.of(post).on_delete(post, by=by)
    return events.record(f"{post.kind}.deleted", subject=post, actor=by, reason=reason, note=note)


def undelete(post: Post, *, by: User) -> events.Event | None:
    """Bring a removed post back with its votes and what they gave; None when it is there, or empty."""
    locks.lock_thread(post)
    if not post.is_deleted or post.is_emptied:
        return None
    post.deleted_at = post.deleted_by_id = None
    _settle(post)
    _lock_people(post)
    voting.revive_votes(post)
    credits.revive(post, by=by)
    kinds.of(post).on_restore(post, by=by)
    return events.record(f"{post.kind}.undeleted", subject=post, actor=by)


def _lock_people(post: Post) -> None:
    """Everybody whose reputation the removal or return of a post may change."""
    reputation.lock(
        [post.author_id, *voting.voters(post), *credits.holders(post), *kinds.of(post).concerned(post)]
    )


def _settle(post: Post) -> None:
    visibility.refresh(post)
    recount_tags(tag.name for tag in post.tags)
    touch_parent(post)


def comment(post: Post, body: Rendered, *, by: User) -> Comment:
    """Add a comment under `post`."""
    return create_once(Comment(parent_id=post.id, author_id=by.id), body)


def set_tags(post: Post, names: Iterable[str]) -> list[str]:
    """Give `post` exactly these tags, making new ones; returns their names."""
    names = sorted(set(names))
    db.session.execute(db.delete(PostTag).where(PostTag.post_id == post.id))
    known = make_tags(names)
    for name in names:
        db.session.add(
            PostTag(
                post_id=post.id,
                tag_id=known[name].id,
                kind=post.kind,
                is_public=bool(post.is_public),
                created_at=post.created_at,
                last_activity_at=post.last_activity_at,
                score=post.score or 0,
                answer_count=post.answer_count or 0,
            )
        )
    db.session.flush()
    return names


def make_tags(names: Iterable[str]) -> dict[str, Tag]:
    """The tags with these names, made where they are new."""
    wanted = sorted(set(names))
    tags = {tag.name: tag for tag in db.session.scalars(select(Tag).where(Tag.name.in_(wanted)))}
    for name in wanted:
        if name not in tags:
            tags[name] = Tag(name=name)
            db.session.add(tags[name])
    db.session.flush()
    return tags


def recount_tags(names: Iterable[str]) -> None:
    """Set the post counts of these tags; drafts and hidden posts are not counted.

    A tag that no list showed yet is news when it gets its first post; other counts are no change of it.
    """
    count = select(func.count()).where(PostTag.tag_id == Tag.id, PostTag.is_public).scalar_subquery()
    names = sorted(set(names))
    if names:
        db.session.flush()
        locks.lock_tags(names)
        is_new = and_(Tag.post_count == 0, Tag.excerpt == "")
        db.session.execute(
            update(Tag)
            .where(Tag.name.in_(names))
            .values(post_count=count, changed_at=case((is_new, utcnow()), else_=Tag.changed_at))
            .execution_options(synchronize_session=False)
        )


def link(source: Post, target: Post, kind: str) -> None:
    """Record that `source` points to `target`; once."""
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
