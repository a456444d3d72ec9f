"""Reads of what awaits judgement."""

from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from core import paging
from core.db import db, utcnow
from moderation.models import Claim, Decision, Flag
from posts.models import PENDING, Post


@dataclass
class Item:
    """A post of the queue with its open flags and who looks at it now."""

    post: Post
    flags: list[Flag] = field(default_factory=list)
    claim: Claim | None = None


def queue(limit: int = 50) -> list[Item]:
    """Posts with open flags (most flags first), then first posts that wait."""
    flags = db.session.scalars(select(Flag).where(Flag.outcome.is_(None))
                               .options(joinedload(Flag.user), joinedload(Flag.post).joinedload(Post.author))
                               .order_by(Flag.id).limit(400))
    items: dict[int, Item] = {}
    for flag in flags:
        items.setdefault(flag.post_id, Item(flag.post)).flags.append(flag)
    for post in db.session.scalars(select(Post).where(Post.status == PENDING, Post.deleted_at.is_(None))
                                   .options(joinedload(Post.author)).order_by(Post.created_at, Post.id)
                                   .limit(limit)):
        items.setdefault(post.id, Item(post))
    claims = {c.post_id: c for c in db.session.scalars(
        select(Claim).where(Claim.post_id.in_(items), Claim.until > utcnow())
        .options(joinedload(Claim.user)))}
    for post_id, item in items.items():
        item.claim = claims.get(post_id)
    return sorted(items.values(), key=lambda item: -len(item.flags))[:limit]


def log(after: str | None = None) -> paging.Page:
    """Decisions, newest first."""
    return paging.keyset(select(Decision).options(joinedload(Decision.actor), joinedload(Decision.user),
                                                  joinedload(Decision.post)),
                         [Decision.id], after=after, size=40)


def flags_of(user) -> list[Flag]:
    """A member's own flags, newest first."""
    return list(db.session.scalars(select(Flag).where(Flag.user_id == user.id)
                                   .options(joinedload(Flag.post)).order_by(Flag.id.desc()).limit(100)))
