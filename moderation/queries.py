"""Reads of moderation: the queue, a member's flags, the public log."""

from dataclasses import dataclass, field
from functools import cache

from flask import g
from flask_babel import gettext as _
from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from auth.models import User, Visitor
from core.database import paging
from core.database.db import db, utcnow
from moderation.appeals.models import Appeal
from moderation.appeals.queries import open_appeals
from moderation.models import URGENT_REASONS, Claim, Decision, Flag
from posts.models import HIDDEN, PENDING, Post

MAX_QUEUE_ITEMS = 50  # of each kind
MAX_COUNTED = 99  # items of the queue; pages show 99+ beyond it


@dataclass
class Item:
    """A post in the queue with its open flags, its appeal and the claim of a moderator.

    `seen` is the id of the newest decision on it, 0 for none.
    """

    post: Post
    flags: list[Flag] = field(default_factory=list)
    claim: Claim | None = None
    appeal: Appeal | None = None
    seen: int = 0

    @property
    def is_urgent(self) -> bool:
        """Whether a flag has an urgent reason."""
        return any(flag.reason in URGENT_REASONS for flag in self.flags)


def queue(*, public_only: bool = False) -> list[Item]:
    """Posts that need a decision: urgent flags, other flags, first and hidden posts, appeals; oldest first.

    `public_only` leaves out what only moderators may see.
    """
    is_urgent = db.func.max(db.case((Flag.reason.in_(URGENT_REASONS), 1), else_=0))
    flagged = (
        select(Flag.post_id)
        .where(Flag.outcome.is_(None))
        .group_by(Flag.post_id)
        .order_by(is_urgent.desc(), db.func.min(Flag.id))
    )
    undecided = (
        select(Post.id)
        .where(Post.status.in_((PENDING, HIDDEN)), Post.deleted_at.is_(None))
        .order_by(Post.created_at, Post.id)
    )
    appealed = select(Appeal.post_id).where(Appeal.outcome.is_(None)).order_by(Appeal.id)
    ids: dict[int, None] = {}  # an ordered set
    for statement in (flagged, undecided, appealed):
        ids.update(dict.fromkeys(db.session.scalars(statement.limit(MAX_QUEUE_ITEMS))))
    items = _items(list(ids), public_only=public_only)
    return [items[post_id] for post_id in ids if post_id in items]


def _items(ids: list[int], *, public_only: bool) -> dict[int, Item]:
    """Queue items with everything that the page shows, by post id."""
    posts = (
        select(Post)
        .where(Post.id.in_(ids))
        .options(joinedload(Post.author), joinedload(Post.parent).joinedload(Post.parent))
    )
    if public_only:
        posts = posts.where(Post.is_public)
    found = {post.id: Item(post) for post in db.session.scalars(posts)}
    for flag in db.session.scalars(
        select(Flag)
        .where(Flag.post_id.in_(found), Flag.outcome.is_(None))
        .options(joinedload(Flag.user))
        .order_by(Flag.id)
    ):
        found[flag.post_id].flags.append(flag)
    for claim in db.session.scalars(
        select(Claim).where(Claim.post_id.in_(found), Claim.claimed_until > utcnow())
    ):
        found[claim.post_id].claim = claim
    for post_id, appeal in open_appeals(found).items():
        found[post_id].appeal = appeal
    newest = (
        select(Decision.post_id, db.func.max(Decision.id))
        .where(Decision.post_id.in_(found))
        .group_by(Decision.post_id)
    )
    for post_id, decision_id in db.session.execute(newest):
        if post_id is not None:
            found[post_id].seen = decision_id
    return found


def queue_size(user: User | Visitor) -> int:
    """The number of posts in the queue, at most about MAX_COUNTED; one query per request."""
    if "moderation_queue_size" not in g:
        counts = db.session.execute(_queue_counts(bool(user.is_moderator))).one()
        g.moderation_queue_size = sum(counts)
    return g.moderation_queue_size


@cache
def _queue_counts(is_moderator: bool) -> Select:
    visible = () if is_moderator else (Post.is_public,)
    flagged = select(Flag.post_id).join(Flag.post).where(Flag.outcome.is_(None), *visible).distinct()
    parts = [flagged.limit(MAX_COUNTED + 1).subquery()]
    if is_moderator:
        pending = select(Post.id).where(Post.status == PENDING, Post.deleted_at.is_(None))
        appealed = select(Appeal.id).where(Appeal.outcome.is_(None))
        parts += [each.limit(MAX_COUNTED + 1).subquery() for each in (pending, appealed)]
    return select(*(select(db.func.count()).select_from(part).scalar_subquery() for part in parts))


def last_decision(post: Post, *actions: str) -> Decision | None:
    """The newest decision on a post, of these actions or of any."""
    statement = select(Decision).where(Decision.post_id == post.id)
    if actions:
        statement = statement.where(Decision.action.in_(actions))
    return _newest(statement)


def last_decision_on(user: User) -> Decision | None:
    """The newest decision on a member."""
    return _newest(select(Decision).where(Decision.user_id == user.id, Decision.post_id.is_(None)))


def _newest(statement: Select[Decision]) -> Decision | None:
    return db.session.scalar(
        statement.order_by(Decision.id.desc())
        .limit(1)
        .options(joinedload(Decision.post), joinedload(Decision.user))
    )


def get_post(post_id: int) -> Post | None:
    """Any post but a draft, for a moderator."""
    return db.session.scalar(
        select(Post)
        .where(Post.id == post_id, Post.status != "draft")
        .options(joinedload(Post.author), joinedload(Post.parent))
    )


def open_flags(post_id: int) -> list[Flag]:
    """The unresolved flags of a post, oldest first."""
    return list(
        db.session.scalars(
            select(Flag).where(Flag.post_id == post_id, Flag.outcome.is_(None)).order_by(Flag.id)
        )
    )


def flags_of(user: User | Visitor, after: paging.PageStart = None) -> paging.Page:
    """A page of a member's flags, newest first."""
    return paging.keyset(
        select(Flag).where(Flag.user_id == user.id).options(joinedload(Flag.post).joinedload(Post.parent)),
        [Flag.id],
        after=after,
        changed=paging.changed_at_any(Flag.created_at, Flag.resolved_at),
    )


def log(after: paging.PageStart = None, size: int = 40) -> paging.Page:
    """A page of the public log, newest first."""
    statement = select(Decision).options(
        joinedload(Decision.actor),
        joinedload(Decision.user),
        joinedload(Decision.post).joinedload(Post.parent).joinedload(Post.parent),
    )
    return paging.keyset(
        statement,
        [Decision.created_at, Decision.id],
        after=after,
        size=size,
        changed=paging.changed_at_any(Decision.created_at, Decision.undone_at),
    )


def subject(decision: Decision, user: User | Visitor) -> tuple[str, str]:
    """(title, path) of the subject of a decision; a number without path for posts `user` may not see."""
    if decision.post is not None:
        post = decision.post
        if post.is_public or (user.is_moderator and post.status != "draft"):
            return f"{post.kind}: {post.heading}", post.url
        return f"{post.kind} #{post.id}", ""
    if decision.user is not None and decision.user.erased_at is not None:
        return _("a former member"), ""
    if decision.user is not None:
        return decision.user.display_name, decision.user.profile_url
    return "", ""
