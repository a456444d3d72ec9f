"""Reads of moderation: the queue, a member's flags, the public log."""

from dataclasses import dataclass, field

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from core import paging
from core.db import db, utcnow
from moderation.models import Claim, Decision, Flag
from posts.models import PENDING, Post

QUEUE = 50


@dataclass
class Item:
    """One post that waits: its open flags, or its first publication, and who looks at it."""

    post: Post
    flags: list[Flag] = field(default_factory=list)
    claim: Claim | None = None


def queue(*, public_only: bool = False) -> list[Item]:
    """What waits, oldest first: everything for moderators, what is public for others with the tools."""
    oldest = (select(Flag.post_id).where(Flag.outcome.is_(None)).group_by(Flag.post_id)
              .order_by(db.func.min(Flag.id)).limit(QUEUE))
    ids = list(db.session.scalars(oldest))
    ids += [i for i in db.session.scalars(
        select(Post.id).where(Post.status == PENDING, Post.deleted_at.is_(None))
        .order_by(Post.created_at, Post.id).limit(QUEUE)) if i not in ids]
    posts = select(Post).where(Post.id.in_(ids)).options(joinedload(Post.author), joinedload(Post.parent))
    if public_only:
        posts = posts.where(Post.is_public)
    found = {post.id: Item(post) for post in db.session.scalars(posts)}
    for flag in db.session.scalars(select(Flag).where(Flag.post_id.in_(found), Flag.outcome.is_(None))
                                   .options(joinedload(Flag.user)).order_by(Flag.id)):
        found[flag.post_id].flags.append(flag)
    for claim in db.session.scalars(select(Claim).where(Claim.post_id.in_(found),
                                                        Claim.claimed_until > utcnow())):
        found[claim.post_id].claim = claim
    return [found[i] for i in ids if i in found]


def get_post(post_id: int) -> Post | None:
    """Any post but other people's drafts, for a moderator."""
    return db.session.scalar(select(Post).where(Post.id == post_id, Post.status != "draft")
                             .options(joinedload(Post.author), joinedload(Post.parent)))


def open_flags(post_id: int) -> list[Flag]:
    """Flags nobody decided on."""
    return list(db.session.scalars(select(Flag).where(Flag.post_id == post_id,
                                                      Flag.outcome.is_(None)).order_by(Flag.id)))


def flags_of(user, after: str | None = None) -> paging.Page:
    """What a member flagged and what became of it, newest first."""
    return paging.keyset(select(Flag).where(Flag.user_id == user.id)
                         .options(joinedload(Flag.post).joinedload(Post.parent)), [Flag.id], after=after)


def log(after: str | None = None, size: int = 40) -> paging.Page:
    """The public log, newest first."""
    statement = select(Decision).options(
        joinedload(Decision.actor), joinedload(Decision.user),
        joinedload(Decision.post).joinedload(Post.parent))
    return paging.keyset(statement, [Decision.id], after=after, size=size)


def subject(decision: Decision, user) -> tuple[str, str]:
    """(words, address) of what was decided on; hidden posts are a number to those who may not see."""
    if decision.post is not None:
        post = decision.post
        if post.is_public or (user.is_moderator and post.status != "draft"):
            title = post.title or (post.parent.title if post.parent is not None else "")
            return f"{post.kind}: {title}", post.url
        return f"{post.kind} #{post.id}", ""
    if decision.user is not None and decision.user.erased_at is not None:
        return _("a former member"), ""
    if decision.user is not None:
        return decision.user.display_name, decision.user.profile_url
    return "", ""
