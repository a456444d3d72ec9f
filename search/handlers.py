"""The index follows what happened; repeating an event changes nothing."""

from flask import current_app
from sqlalchemy import select

from core import events
from core.db import db
from posts.models import Post
from search import documents
from search.engine import Unavailable


@events.on("question.*", "answer.*", "article.*", "post.voted", "user.*", "import.finished")
def follow(batch: list[events.Event]) -> None:
    """Bring the index up to date with everything the events are about, in one commit."""
    engine = current_app.extensions["search"]
    if any(e.name == "import.finished" and e.data.get("changed") for e in batch) or not engine.is_usable():
        rebuild()
        return
    users = {e.subject_id for e in batch if e.subject_kind == "user"}
    posts = {e.subject_id for e in batch if e.subject_kind != "user" and e.subject_id}
    posts |= set(db.session.scalars(select(Post.parent_id).where(Post.id.in_(posts))
                                    .where(Post.parent_id.is_not(None))))
    posts |= set(db.session.scalars(select(Post.id).where(Post.parent_id.in_(posts),
                                                          Post.kind != "comment")))
    fresh = [*documents.of_posts(posts), *documents.of_users(users)]
    gone = {f"post:{i}" for i in posts} | {f"user:{i}" for i in users}
    try:
        engine.update(fresh, gone - {d.key for d in fresh})
    except Unavailable:
        rebuild()


def rebuild() -> int:
    """Write the index anew from the database; returns its size."""
    return current_app.extensions["search"].rebuild(documents.everything())
