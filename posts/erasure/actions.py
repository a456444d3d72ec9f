"""Erase votes, posts and names of a deleted account. Nothing here commits.

In batches with short transactions; after an interruption it continues where it stopped.
"""

from flask_babel import gettext as _
from sqlalchemy import select, update

from auth.models import User
from core.database.db import db, utcnow
from core.jobs import events
from core.markup.markup import Rendered, render
from posts import actions, kinds, locks, voting
from posts.attachments import actions as attachments
from posts.models import FactRevision, Post, Revision
from posts.slugs import slugify
from posts.suggestions.actions import WITHDRAWN
from posts.suggestions.models import Suggestion
from posts.tags import actions as tag_actions

BATCH_SIZE = 25


def erase_batch(user: User, *, keep_words: bool) -> bool:
    """Process the next batch for a deleted account; returns whether there may be more."""
    if voting.remove_votes_of(user.id, max_votes=BATCH_SIZE):
        return True
    posts = list(
        db.session.scalars(select(Post).where(Post.author_id == user.id).order_by(Post.id).limit(BATCH_SIZE))
    )
    for post in posts:
        if not keep_words and not kinds.of(post).outlives_author:
            _remove_text(post, user)
        _remove_author(post)
    if not posts:
        _remove_names(user, keep_words)
    return bool(posts)


def _remove_author(post: Post) -> None:
    locks.lock(post)
    post.author_id = None
    post.author_name = ""
    db.session.flush()
    events.record(f"{post.kind}.orphaned", subject=post)


def _remove_text(post: Post, user: User) -> None:
    """Delete a post and its text; one with answers of others stays with a placeholder text."""
    if not _is_answered_by_others(post, user):
        actions.delete(post, by=user)
    if post.is_deleted:
        title = ""
        body = Rendered("", "")
        tag_actions.set_tags(post, [])
    else:
        title = _("Removed by its author")
        body = render(_("Text removed by its author."))
    attachments.erase(post, user.id)
    post.title = title
    post.slug = slugify(title)
    post.source_url = ""
    post.body = body.source
    post.body_html = body.html
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


def _remove_names(user: User, keep_words: bool) -> None:
    """Remove the name from revisions and suggestions; withdraw open suggestions."""
    attachments.erase_unattached(user)
    own = Suggestion.author_id == user.id
    db.session.execute(
        update(Suggestion)
        .where(own, Suggestion.outcome.is_(None))
        .values(outcome=WITHDRAWN, decided_by_id=user.id, decided_at=utcnow())
    )
    if not keep_words:
        db.session.execute(
            update(Suggestion).where(own).values(title="", body="", summary="", tags=[], changes=None)
        )
    db.session.execute(update(Suggestion).where(own).values(author_id=None))
    for model in (Revision, FactRevision):
        db.session.execute(update(model).where(model.author_id == user.id).values(author_id=None))
