"""Reads of moderation: the queue, a member's flags, the public log."""

from dataclasses import dataclass, field

from flask import g
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from core.database import paging
from core.database.db import db, utcnow
from moderation.appeals.models import Appeal
from moderation.appeals.queries import open_appeals
from moderation.models import URGENT, Claim, Decision, Flag
from posts.models import HIDDEN, PENDING, Post

QUEUE = 50
MAX_COUNTED = 99  # what waits is counted so far; then it says 99+


@dataclass
class Item:
    """One post that waits: its open flags, its first publication or its author's request, and who looks at
    it. `seen` is the newest decision on it, 0 for none.
    """

    post: Post
    flags: list[Flag] = field(default_factory=list)
    claim: Claim | None = None
    appeal: Appeal | None = None
    seen: int = 0

    @property
    def is_urgent(self) -> bool:
        """Whether a flag names a reason that cannot wait."""
        return any(flag.reason in URGENT for flag in self.flags)


def queue(*, public_only: bool = False) -> list[Item]:
    """What waits, urgent reasons first, then what more members flagged, then the oldest; everything for
    moderators, what is public for others with the tools.
    """
    urgent = db.func.max(db.case((Flag.reason.in_(URGENT), 1), else_=0))
    flagged = (
        select(Flag.post_id)
        .where(Flag.outcome.is_(None))
        .group_by(Flag.post_id)
        .order_by(urgent.desc(), db.func.min(Flag.id))
        .limit(QUEUE)
    )
    ids = list(db.session.scalars(flagged))
    ids += [
        i
        for i in db.session.scalars(
            select(Post.id)
            .where(Post.status.in_((PENDING, HIDDEN)), Post.deleted_at.is_(None))
            .order_by(Post.created_at, Post.id)
            .limit(QUEUE)
        )
        if i not in ids
    ]
    ids += [
        i
        for i in db.session.scalars(
            select(Appeal.post_id).where(Appeal.outcome.is_(None)).order_by(Appeal.id).limit(QUEUE)
        )
        if i not in ids
    ]
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
    for post_id, newest in db.session.execute(
        select(Decision.post_id, db.func.max(Decision.id))
        .where(Decision.post_id.in_(found))
        .group_by(Decision.post_id)
    ):
        found[post_id].seen = newest
    return [found[i] for i in ids if i in found]


def waiting(user) -> int:
    """How many posts wait for a moderator, for the head of every page; counted no further than shown."""
    if "moderation_waiting" not in g:
        public = () if user.is_moderator else (Post.is_public,)
        flagged = select(Flag.post_id).join(Flag.post).where(Flag.outcome.is_(None), *public).distinct()
        parts = [flagged.limit(MAX_COUNTED + 1).subquery()]
        if user.is_moderator:
            first = select(Post.id).where(Post.status == PENDING, Post.deleted_at.is_(None))
            asked = select(Appeal.id).where(Appeal.outcome.is_(None))
            parts += [each.limit(MAX_COUNTED + 1).subquery() for each in (first, asked)]
        counts = db.session.execute(
            select(*(select(db.func.count()).select_from(part).scalar_subquery() for part in parts))
        ).one()
        g.moderation_waiting = sum(counts)
    return g.moderation_waiting


def last_decision(post: Post, *actions: str) -> Decision | None:
    """The newest decision on a post, of these kinds or of any."""
    statement = select(Decision).where(Decision.post_id == post.id)
    if actions:
        statement = statement.where(Decision.action.in_(actions))
    return db.session.scalar(
        statement.order_by(Decision.id.desc())
        .limit(1)
        .options(joinedload(Decision.post), joinedload(Decision.user))
    )


def last_decision_on(user) -> Decision | None:
    """The newest decision on a member."""
    return db.session.scalar(
        select(Decision)
        .where(Decision.user_id == user.id, Decision.post_id.is_(None))
        .order_by(Decision.id.desc())
        .limit(1)
        .options(joinedload(Decision.post), joinedload(Decision.user))
    )


def get_post(post_id: int) -> Post | None:
    """Any post but other people's drafts, for a moderator."""
    return db.session.scalar(
        select(Post)
        .where(Post.id == post_id, Post.status != "draft")
        .options(joinedload(Post.author), joinedload(Post.parent))
    )


def open_flags(post_id: int) -> list[Flag]:
    """Flags nobody decided on."""
    return list(
        db.session.scalars(
            select(Flag).where(Flag.post_id == post_id, Flag.outcome.is_(None)).order_by(Flag.id)
        )
    )


def flags_of(user, after: paging.Place = None) -> paging.Page:
    """What a member flagged and what became of it, newest first."""
    return paging.keyset(
        select(Flag).where(Flag.user_id == user.id).options(joinedload(Flag.post).joinedload(Post.parent)),
        [Flag.id],
        after=after,
        changed=paging.at_any(Flag.created_at, Flag.resolved_at),
    )


def log(after: paging.Place = None, size: int = 40) -> paging.Page:
    """The public log, newest first."""
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
        changed=paging.at_any(Decision.created_at, Decision.undone_at),
    )


def subject(decision: Decision, user) -> tuple[str, str]:
    """(words, address) of what was decided on; hidden posts are a number to those who may not see."""
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
