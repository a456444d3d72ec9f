"""Votes and their reputation: one VoteChange per change, applied once, reversed exactly.

Callers of all functions but vote() and remove_votes_of() hold the locks (posts/locks.py).
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from flask_babel import gettext as _
from sqlalchemy import Row, SQLColumnExpression, Update, bindparam, case, func, or_, select, update

from auth import reputation
from auth.models import User
from auth.reputation import Entitlement
from core.database.db import db, utcnow
from core.jobs import events
from posts import locks
from posts.models import Post, PostTag, Vote, VoteChange

MAX_VOTES_PER_DAY = 40
MAX_UPVOTES_PER_AUTHOR = 6  # of one member in a UTC day
MAX_DOWNVOTES_PER_AUTHOR = 3
CHANGE_PERIOD = timedelta(minutes=5)  # afterwards a vote is locked until the post is edited

CAST_TODAY = select(
    func.count(),
    func.count(
        case(
            ((VoteChange.author_id == bindparam("author")) & (VoteChange.new_value == bindparam("value")), 1)
        )
    ),
).where(
    VoteChange.user_id == bindparam("user"),
    VoteChange.created_at >= bindparam("midnight"),
    VoteChange.day == bindparam("day"),
    VoteChange.reason == "cast",
    VoteChange.new_value != 0,
)


def _counters() -> tuple[Update, Update]:
    """The statements of recount(), built once because they run with every vote."""
    posts = Post.__table__
    tags = PostTag.__table__
    votes = select(func.count()).where(Vote.post_id == posts.c.id)
    ups = votes.where(Vote.value > 0).scalar_subquery()
    downs = votes.where(Vote.value < 0).scalar_subquery()
    score = select(posts.c.score).where(posts.c.id == tags.c.post_id).scalar_subquery()
    return (
        update(posts)
        .where(posts.c.id == bindparam("post"))
        .values(up_count=ups, down_count=downs, score=posts.c.imported_score + ups - downs),
        update(tags).where(tags.c.post_id == bindparam("post")).values(score=score),
    )


RECOUNT = _counters()


class VoteRefused(Exception):
    """The vote is refused; the message says why."""


def vote(post: Post, user: User, value: int) -> bool:
    """Set the vote of `user` on `post` to 1, -1 or 0 (withdrawn); returns whether it changed.

    Raises VoteRefused for the limits. The caller has checked policy.can_vote.
    """
    locks.lock(post)
    if not post.is_public:
        raise VoteRefused(_("This post was deleted a moment ago."))
    current = db.session.scalar(
        select(Vote)
        .where(Vote.post_id == post.id, Vote.user_id == user.id)
        .execution_options(populate_existing=True)
    )
    old = current.value if current and not current.is_void else 0
    if old == value:
        return False
    reputation.lock([post.author_id, user.id])
    now = utcnow()
    if current is not None and old and _is_locked(current, post, now):
        raise VoteRefused(_("You can't change this vote until the post is edited."))
    if value:
        _check_limits(post, user, value, now)
    change = _change(post, user.id, old, value, current, "cast", now)
    if current is None:
        db.session.add(Vote(user_id=user.id, post_id=post.id, value=value, change_id=change.id, cast_at=now))
    elif value == 0:
        db.session.delete(current)
    else:
        current.value = value
        current.change_id = change.id
        current.cast_at = now
        current.is_void = False
    events.record("post.voted", subject=post, actor=user, value=value)
    db.session.flush()
    recount(post.id)
    return True


def _is_locked(vote: Vote, post: Post, now: datetime) -> bool:
    was_edited = post.edited_at is not None and post.edited_at > vote.cast_at
    return now - vote.cast_at > CHANGE_PERIOD and not was_edited


def _check_limits(post: Post, user: User, value: int, now: datetime) -> None:
    """Raise VoteRefused for the daily limits, which count every cast vote, also withdrawn ones."""
    votes_today, votes_for_author = db.session.execute(
        CAST_TODAY,
        {
            "user": user.id,
            "author": post.author_id,
            "value": value,
            "day": now.date(),
            "midnight": now.replace(hour=0, minute=0, second=0, microsecond=0),
        },
    ).one()
    if votes_today >= MAX_VOTES_PER_DAY:
        raise VoteRefused(
            _(
                "You have used all %(n)s votes for today. You can vote again at 00:00 UTC.",
                n=MAX_VOTES_PER_DAY,
            )
        )
    max_votes = MAX_UPVOTES_PER_AUTHOR if value > 0 else MAX_DOWNVOTES_PER_AUTHOR
    if post.author_id is not None and votes_for_author >= max_votes:
        raise VoteRefused(_("You have reached today's limit of votes for this member."))


def _change(
    post: Post, voter_id: int, old: int, new: int, current: Vote | None, reason: str, at: datetime
) -> VoteChange:
    """Append a change and apply it to the ledger; a new value counts toward the UTC day of `at`."""
    change = VoteChange(
        user_id=voter_id,
        post_id=post.id,
        author_id=post.author_id,
        post_kind=post.kind,
        old_value=old,
        new_value=new,
        previous_id=current.change_id if current and old else None,
        reason=reason,
        day=at.date(),
        created_at=at if reason == "cast" else utcnow(),
    )
    db.session.add(change)
    db.session.flush()
    for item in _entitlements(change):
        if item.reverses is not None:
            reputation.reverse(item.reverses, by_cause=item.cause, actor_id=voter_id)
        else:
            reputation.award(
                item.user_id, item.kind, cause=item.cause, source=post.id, actor_id=voter_id, day=item.day
            )
    return change


def _entitlements(change: VoteChange | Row) -> Iterator[Entitlement]:
    """The ledger entries of one change: first reverse the value that it replaces, then apply the new one.

    The voter's own cost of a downvote is reversed with the vote.
    """
    kind = change.post_kind
    costs = kind == "answer"
    for side in ("author", "voter"):
        if change.previous_id is not None and (side == "author" or (change.old_value < 0 and costs)):
            yield Entitlement(
                f"vote:{change.id}:{side}:undo",
                0,
                "",
                0,
                change.day,
                change.id * 4,
                reverses=f"vote:{change.previous_id}:{side}",
            )
    if change.new_value == 0:
        return
    author_kind = f"{kind}_{'up' if change.new_value > 0 else 'down'}"
    if change.author_id is not None and author_kind in reputation.POINTS:
        yield Entitlement(
            f"vote:{change.id}:author",
            change.author_id,
            author_kind,
            reputation.POINTS[author_kind],
            change.day,
            change.id * 4 + 1,
        )
    if change.new_value < 0 and costs:
        yield Entitlement(
            f"vote:{change.id}:voter",
            change.user_id,
            "answer_downvoted",
            reputation.POINTS["answer_downvoted"],
            change.day,
            change.id * 4 + 2,
        )


@reputation.register_source
def _replay(first: int, last: int) -> Iterator[Entitlement]:
    change = VoteChange.__table__
    previous = change.alias()
    affected_users = (change.c.author_id, change.c.user_id, previous.c.author_id)
    is_in_range = or_(*(column.between(first, last) for column in affected_users))
    for row in db.session.execute(  # rows, not objects: there may be millions
        select(change)
        .outerjoin(previous, previous.c.id == change.c.previous_id)
        .where(is_in_range)
        .order_by(change.c.id)
        .execution_options(**reputation.STREAM_OPTIONS)
    ):
        yield from _entitlements(row)


def voters(post: Post) -> list[int]:
    """Ids of the members with a vote on a post, void ones included."""
    return list(db.session.scalars(select(Vote.user_id).where(Vote.post_id == post.id)))


def void_votes(post: Post) -> None:
    """Reverse the reputation of the votes on a deleted post; the votes stay stored."""
    for vote in _votes(Vote.post_id == post.id, ~Vote.is_void):
        _void(vote, post)


def restore_votes(post: Post) -> None:
    """Apply again what void_votes() reversed, on the days when the votes were cast, within their caps."""
    for vote in _votes(Vote.post_id == post.id, Vote.is_void):
        change = _change(post, vote.user_id, 0, vote.value, None, "revive", vote.cast_at)
        vote.is_void = False
        vote.change_id = change.id


def remove_votes_of(user_id: int, *, max_votes: int | None = None) -> int:
    """Reverse and delete up to `max_votes` votes of a deleted account; returns how many.

    Locks posts, then users: call it before anything else that locks users. The account's row and its
    VoteChanges must stay, because verify() replays them.
    """
    cast = select(Vote.post_id).where(Vote.user_id == user_id).order_by(Vote.post_id).limit(max_votes)
    posts = {post.id: post for post in db.session.scalars(select(Post).where(Post.id.in_(cast)))}
    locks.lock(*posts.values())
    reputation.lock([user_id, *(post.author_id for post in posts.values())])
    votes = _votes(Vote.user_id == user_id, Vote.post_id.in_(posts))
    for vote in votes:
        post = posts[vote.post_id]
        if not vote.is_void:
            _void(vote, post)
        db.session.delete(vote)
        db.session.flush()
        recount(post.id)
        events.record("post.voted", subject=post, value=0)
    return len(votes)


def _votes(*conditions: SQLColumnExpression[bool]) -> list[Vote]:
    return list(
        db.session.scalars(
            select(Vote).where(*conditions).order_by(Vote.id).execution_options(populate_existing=True)
        )
    )


def _void(vote: Vote, post: Post) -> None:
    change = _change(post, vote.user_id, vote.value, 0, vote, "void", utcnow())
    vote.is_void = True
    vote.change_id = change.id


def recount(post_id: int) -> None:
    """Set the counters of a post from its votes, void ones included."""
    for statement in RECOUNT:
        db.session.execute(statement, {"post": post_id})
    post = db.session.identity_map.get(db.session.identity_key(Post, post_id))
    if post is not None:
        db.session.refresh(post, ["score", "up_count", "down_count"])
