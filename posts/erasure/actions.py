"""What follows when an account is erased: its votes, its words, its name under them. Nothing here commits.

A little at a time, so that a long life on the site holds up nobody; begun again it goes on where it was.
"""

from flask_babel import gettext as _
from sqlalchemy import select, update

from auth.models import User
from core.database.db import db, utcnow
from core.jobs import events
from core.markup.markup import Rendered, render
from posts import actions, kinds, locks, voting
from posts.models import FactRevision, Post, Revision, Suggestion
from posts.suggestions.actions import WITHDRAWN

SLICE = 25


def follow(user: User, *, keep_words: bool) -> bool:
    """Do the next part for an erased `user`; whether there may be more."""
    if voting.remove_votes_of(user.id, most=SLICE):
        return True
    posts = list(
        db.session.scalars(select(Post).where(Post.author_id == user.id).order_by(Post.id).limit(SLICE))
    )
    for post in posts:
        if not keep_words and not kinds.of(post).outlives_author:
            _remove(post, user)
        _unsign(post)
    if not posts:
        _forget(user, keep_words)
    return bool(posts)


def _unsign(post: Post) -> None:
    locks.lock(post)
    post.author_id, post.author_name = None, ""
    db.session.flush()
    events.record(f"{post.kind}.orphaned", subject=post)


def _remove(post: Post, user: User) -> None:
    """Remove a post with its words; one that others have answered keeps its place, emptied."""
    if not _is_answered_by_others(post, user):
        actions.delete(post, by=user)
    if post.is_deleted:
        title, body = "", Rendered("", "")
        actions.set_tags(post, [])
    else:
        title, body = _("Removed by its author"), render(_("Text removed by its author."))
    post.title, post.slug, post.source_url = title, actions.slugify(title), ""
    post.body, post.body_html = body.source, body.html
    db.session.execute(
        update(Revision)
        .where(Revision.post_id == post.id)
        .values(title="", body="", summary="", tags=[], changes=None, facts=None, redacted_at=utcnow())
    )


def _is_answered_by_others(post: Post, user: User) -> bool:
    answers = (
        select(Post.id)
        .where(
            Post.parent_id == post.id,
            Post.kind != "comment",
            Post.is_public,
            Post.author_id.is_distinct_from(user.id),
        )
        .limit(1)
    )
    return db.session.scalar(answers) is not None


def _forget(user: User, keep_words: bool) -> None:
    """Names under revisions and suggestions; what still waits is taken back."""
    mine = Suggestion.author_id == user.id
    db.session.execute(
        update(Suggestion)
        .where(mine, Suggestion.outcome.is_(None))
        .values(outcome=WITHDRAWN, decided_by_id=user.id, decided_at=utcnow())
    )
    if not keep_words:
        db.session.execute(
            update(Suggestion).where(mine).values(title="", body="", summary="", tags=[], changes=None)
        )
    db.session.execute(update(Suggestion).where(mine).values(author_id=None))
    for kept in (Revision, FactRevision):
        db.session.execute(update(kept).where(kept.author_id == user.id).values(author_id=None))
