"""What a member wrote, voted and proposed, for the file of their data."""

from sqlalchemy import select
from sqlalchemy.orm import joinedload, with_polymorphic

from auth.export_account import columns, part
from core.db import db
from posts.models import Post, Revision, Suggestion, Vote, VoteChange


def _rows(entity, owner, user) -> list:
    return list(db.session.scalars(select(entity).where(owner == user.id).order_by(entity.id)))


@part("posts")
def _posts(user) -> list[dict]:
    whole = with_polymorphic(Post, "*")
    posts = db.session.scalars(select(whole).where(whole.author_id == user.id)
                               .options(joinedload(whole.parent)).order_by(whole.id))
    return [columns(post, but={"body_html"}) | {"url": post.url, "tags": [tag.name for tag in post.tags]}
            for post in posts]


@part("revisions")
def _revisions(user) -> list[dict]:
    return [columns(row) for row in _rows(Revision, Revision.author_id, user)]


@part("votes")
def _votes(user) -> list[dict]:
    return [columns(row) for row in _rows(Vote, Vote.user_id, user)]


@part("vote_changes")
def _vote_changes(user) -> list[dict]:
    return [columns(row, but={"author_id"}) for row in _rows(VoteChange, VoteChange.user_id, user)]


@part("suggested_edits")
def _suggestions(user) -> list[dict]:
    return [columns(row, but={"decided_by_id"}) for row in _rows(Suggestion, Suggestion.author_id, user)]
