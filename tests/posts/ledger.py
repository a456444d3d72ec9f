"""What the ledger should say, worked out a second time by other code than `flask reputation verify`."""

from collections import defaultdict

from sqlalchemy import func, select

from auth import reputation
from auth.models import ReputationEvent, User
from core.database.db import db, read_snapshot
from forum.models import Acceptance, Answer, Question
from kb.models import Article
from moderation.models import Decision
from posts.models import Comment, Post, PostTag, Tag, Vote, VoteChange
from posts.suggestions.models import SuggestionCredit


def worked_out() -> tuple[dict[int, int], bool]:
    """({user: points}, whether any day was full) from the records, as simply as it can be said."""
    total, day_sum, current = defaultdict(int), defaultdict(int), {}
    full = False
    worth = {
        ("question", 1): 10,
        ("answer", 1): 10,
        ("article", 1): 10,
        ("question", -1): -2,
        ("answer", -1): -2,
        ("article", -1): -2,
    }
    for (user_id,) in db.session.execute(select(User.id)):
        total[user_id] += 1
    for change in db.session.scalars(select(VoteChange).order_by(VoteChange.id)):
        key = change.user_id, change.post_id
        for who, points, day in current.pop(key, ()):
            total[who] -= points
            day_sum[who, day] -= points if points > 0 else 0
        if change.new_value:
            points = worth.get((change.post_kind, change.new_value), 0)
            left = 200 - day_sum[change.author_id, change.day]
            full |= points > left
            gained = [(change.author_id, min(points, left), change.day)]
            if change.new_value < 0 and change.post_kind == "answer":
                gained.append((change.user_id, -1, change.day))
            for who, points, day in gained:
                total[who] += points
                day_sum[who, day] += points if points > 0 else 0
            current[key] = gained
    for row in db.session.scalars(select(Acceptance).where(Acceptance.withdrawn_at.is_(None))):
        if row.author_id != row.accepter_id:
            total[row.author_id] += 15
            total[row.accepter_id] += 2
    for row in db.session.scalars(
        select(Decision).where(Decision.penalised_id.is_not(None), Decision.undone_at.is_(None))
    ):
        total[row.penalised_id] -= 100
    for row in db.session.scalars(select(SuggestionCredit).where(SuggestionCredit.withdrawn_at.is_(None))):
        total[row.user_id] += 2
    for article in db.session.scalars(
        select(Article).where(Article.published_at.is_not(None), Article.deleted_at.is_(None))
    ):
        total[article.credited_id] += 20
    return total, full


def check(app) -> tuple[bool, bool]:
    """Compare everything that is stored twice; returns whether (cap, minimum) were seen at work."""
    with app.app_context(), read_snapshot():
        assert reputation.verify() == []
        ledger = dict(
            db.session.execute(
                select(ReputationEvent.user_id, func.sum(ReputationEvent.points)).group_by(
                    ReputationEvent.user_id
                )
            ).all()
        )
        shown = dict(db.session.execute(select(User.id, User.reputation)).all())
        total, full = worked_out()
        assert ledger == {user_id: points for user_id, points in total.items() if user_id in shown}
        assert shown == {user_id: max(1, points) for user_id, points in ledger.items()}
        _check_votes()
        _check_counters()
        return full, any(points < 1 and shown[user_id] == 1 for user_id, points in ledger.items())


def _check_votes():
    pairs = db.session.execute(select(Vote.user_id, Vote.post_id)).all()
    assert len(pairs) == len(set(pairs))
    sums = dict(db.session.execute(select(Vote.post_id, func.sum(Vote.value)).group_by(Vote.post_id)).all())
    posts = {post.id: post for post in db.session.scalars(select(Post))}
    for post in posts.values():
        assert (
            post.score
            == post.imported_score + sums.get(post.id, 0)
            == (post.imported_score + post.up_count - post.down_count)
        ), post.id
    for row in db.session.scalars(select(PostTag)):
        assert (row.score, row.is_public) == (posts[row.post_id].score, posts[row.post_id].is_public)
    for vote in db.session.scalars(select(Vote)):
        assert vote.is_void == posts[vote.post_id].is_deleted


def _check_counters():
    posts = {post.id: post for post in db.session.scalars(select(Post))}
    accepted = db.session.execute(
        select(Acceptance.question_id, Acceptance.answer_id).where(Acceptance.withdrawn_at.is_(None))
    ).all()
    assert sorted(accepted) == sorted(
        (post.id, post.accepted_answer_id)
        for post in posts.values()
        if isinstance(post, Question) and post.accepted
    )
    for post in posts.values():
        below = [p for p in posts.values() if p.parent_id == post.id and not p.is_deleted]
        assert post.answer_count == sum(isinstance(p, Answer) for p in below), post.id
        assert post.comment_count == sum(isinstance(p, Comment) for p in below), post.id
        parent_public = post.parent_id is None or posts[post.parent_id].is_public
        assert post.is_public == (parent_public and post.status == "published" and not post.is_deleted)
        if isinstance(post, Question):
            assert post.accepted == (post.accepted_answer_id is not None)
    for tag in db.session.scalars(select(Tag)):
        assert tag.post_count == db.session.scalar(
            select(func.count()).where(PostTag.tag_id == tag.id, PostTag.is_public)
        )
