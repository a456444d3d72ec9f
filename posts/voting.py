"""Votes and what they do to reputation: one change row per change, applied once, reversed exactly.

The caller of everything but vote() and remove_votes_of() holds the rows (posts/locks.py). The limits
are those of design section 4.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, bindparam, case, func, or_, select, update

from auth import reputation
from auth.models import User
from auth.reputation import Entitlement
from core.database.db import db, utcnow
from core.jobs import events
from posts import locks
from posts.models import Post, PostTag, Vote, VoteChange

VOTES_A_DAY = 40
UPS_ON_ONE_PERSON, DOWNS_ON_ONE_PERSON = 6, 3
LOCKED_AFTER = timedelta(minutes=5)

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


def _counters() -> tuple:
    """The statements of recount(). Like the one above they are built once and run at every vote."""
    posts, tags = Post.__table__, PostTag.__table__
    votes = select(func.count()).where(Vote.post_id == posts.c.id)
    ups, downs = (votes.where(side).scalar_subquery() for side in (Vote.value > 0, Vote.value < 0))
    score = select(posts.c.score).where(posts.c.id == tags.c.post_id).scalar_subquery()
    return (
        update(posts)
        .where(posts.c.id == bindparam("post"))
        .values(up_count=ups, down_count=downs, score=posts.c.imported_score + ups - downs),
        update(tags).where(tags.c.post_id == bindparam("post")).values(score=score),
    )


RECOUNT = _counters()


class VoteRefused(Exception):
    """The vote may not be cast; the message says why and, where it helps, until when."""


def vote(post: Post, user: User, value: int) -> bool:
    """Set the vote of `user` on `post` to 1, -1 or 0 (withdrawn); returns whether anything changed.

    Raises VoteRefused for the limits. The caller has checked policy.can_vote.
    """
    locks.lock(post)
    if not post.is_public:
        raise VoteRefused(_("This was removed a moment ago."))
    standing = db.session.scalar(
        select(Vote)
        .where(Vote.post_id == post.id, Vote.user_id == user.id)
        .execution_options(populate_existing=True)
    )
    old = standing.value if standing and not standing.is_void else 0
    if old == value:
        return False
    reputation.lock([post.author_id, user.id])
    now = utcnow()
    if (
        old
        and now - standing.cast_at > LOCKED_AFTER
        and not (post.edited_at and post.edited_at > standing.cast_at)
    ):
        raise VoteRefused(_("Your vote is locked until the post is edited."))
    if value:
        _check_limits(post, user, value, now)
    change = _change(post, user.id, old, value, standing, "cast", now)
    if standing is None:
        db.session.add(Vote(user_id=user.id, post_id=post.id, value=value, change_id=change.id, cast_at=now))
    elif value == 0:
        db.session.delete(standing)
    else:
        standing.value, standing.change_id, standing.cast_at = value, change.id, now
        standing.is_void = False
    events.record("post.voted", subject=post, actor=user, value=value)
    db.session.flush()
    recount(post.id)
    return True


def _check_limits(post: Post, user: User, value: int, now: datetime) -> None:
    """Changes back and forth count: what is limited is casting, by rows that are never removed."""
    cast, on_person = db.session.execute(
        CAST_TODAY,
        {
            "user": user.id,
            "author": post.author_id,
            "value": value,
            "day": now.date(),
            "midnight": now.replace(hour=0, minute=0, second=0, microsecond=0),
        },
    ).one()
    if cast >= VOTES_A_DAY:
        raise VoteRefused(
            _("You have used all %(n)s votes for today. You can vote again at 00:00 UTC.", n=VOTES_A_DAY)
        )
    most = UPS_ON_ONE_PERSON if value > 0 else DOWNS_ON_ONE_PERSON
    if post.author_id is not None and on_person >= most:
        raise VoteRefused(_("You have reached today's limit of votes for this member."))


def _change(
    post: Post, voter_id: int, old: int, new: int, standing: Vote | None, reason: str, at: datetime
) -> VoteChange:
    """Append the change and apply it to the ledger; a new value counts toward the day of `at`."""
    change = VoteChange(
        user_id=voter_id,
        post_id=post.id,
        author_id=post.author_id,
        post_kind=post.kind,
        old_value=old,
        new_value=new,
        previous_id=standing.change_id if standing and old else None,
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


def _entitlements(change: VoteChange) -> Iterator[Entitlement]:
    """What one change does: first undo the value it replaces, then apply the new one.

    A voter's own minus for a down-vote is undone with the vote it belongs to.
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
    change, previous = VoteChange.__table__, VoteChange.__table__.alias()
    concerned = or_(
        *(
            column.between(first, last)
            for column in (change.c.author_id, change.c.user_id, previous.c.author_id)
        )
    )
    for row in db.session.execute(  # rows as they are: objects of millions of changes take minutes
        select(change)
        .outerjoin(previous, previous.c.id == change.c.previous_id)
        .where(concerned)
        .order_by(change.c.id)
        .execution_options(**reputation.STREAM)
    ):
        yield from _entitlements(row)


def voters(post: Post) -> list[int]:
    """Whose votes stand on a post, void ones too: whom its removal or return may cost or pay."""
    return list(db.session.scalars(select(Vote.user_id).where(Vote.post_id == post.id)))


def void_votes(post: Post) -> None:
    """Take back what the votes on a removed post gave; the votes stay on record."""
    for standing in _votes(Vote.post_id == post.id, ~Vote.is_void):
        _void(standing, post)


def revive_votes(post: Post) -> None:
    """Give back what void_votes() took, on the days the votes were cast, within those days' caps."""
    for standing in _votes(Vote.post_id == post.id, Vote.is_void):
        change = _change(post, standing.user_id, 0, standing.value, None, "revive", standing.cast_at)
        standing.is_void, standing.change_id = False, change.id


def remove_votes_of(user_id: int, *, most: int | None = None) -> int:
    """Reverse and remove the votes a departing member cast, at most so many; returns how many.

    Takes posts, then users: call it before anything else that takes users. The account's row and
    the record of its votes must stay, for the ledger is proved from them.
    """
    cast = select(Vote.post_id).where(Vote.user_id == user_id).order_by(Vote.post_id).limit(most)
    posts = {post.id: post for post in db.session.scalars(select(Post).where(Post.id.in_(cast)))}
    locks.lock(*posts.values())
    reputation.lock([user_id, *(post.author_id for post in posts.values())])
    votes = _votes(Vote.user_id == user_id, Vote.post_id.in_(posts))
    for standing in votes:
        post = posts[standing.post_id]
        if not standing.is_void:
            _void(standing, post)
        db.session.delete(standing)
        db.session.flush()
        recount(post.id)
        events.record("post.voted", subject=post, value=0)
    return len(votes)


def _votes(*conditions: ColumnElement[bool]) -> list[Vote]:
    return list(
        db.session.scalars(
            select(Vote).where(*conditions).order_by(Vote.id).execution_options(populate_existing=True)
        )
    )


def _void(standing: Vote, post: Post) -> None:
    change = _change(post, standing.user_id, standing.value, 0, standing, "void", utcnow())
    standing.is_void, standing.change_id = True, change.id


def recount(post_id: int) -> None:
    """Set the counters of a post from its votes; a void vote still counts on the hidden post."""
    for statement in RECOUNT:
        db.session.execute(statement, {"post": post_id})
    post = db.session.identity_map.get(db.session.identity_key(Post, post_id))
    if post is not None:
        db.session.refresh(post, ["score", "up_count", "down_count"])
