"""Bulk writes of imports: questions, answers, comments and links. Nothing here commits."""

from collections.abc import Collection

from sqlalchemy import select, tuple_, update

from core.database.db import db, utcnow
from forum.models import Question
from posts.bulk_actions import Draft, create_all
from posts.models import Post, PostLink, Tag


def import_posts(drafts: Collection[Draft]) -> None:
    """Store posts of another site.

    Its accepted answers are accepted here without points: the imported reputation of members includes them.
    """
    for post in create_all(drafts):
        if post.kind == "answer" and post.accepted:
            db.session.execute(
                update(Question.__table__)
                .where(Question.__table__.c.id == post.parent_id)
                .values(accepted_answer_id=post.id)
            )
            db.session.execute(
                update(Post.__table__).where(Post.__table__.c.id == post.parent_id).values(accepted=True)
            )


def describe_tag(name: str, text: str) -> None:
    """Set the excerpt of a tag that has none."""
    db.session.execute(
        update(Tag)
        .where(Tag.name == name, Tag.excerpt == "")
        .values(excerpt=text, changed_at=utcnow())
        .execution_options(synchronize_session=False)
    )


def link_all(links: Collection[tuple[int, int, str]]) -> None:
    """Record links (from, to, kind), each once; questions closed elsewhere become duplicates."""
    columns = (PostLink.source_id, PostLink.target_id, PostLink.kind)
    known = {tuple(row) for row in db.session.execute(select(*columns).where(tuple_(*columns).in_(links)))}
    for source, target, kind in dict.fromkeys(links):
        if (source, target, kind) not in known:
            db.session.add(PostLink(source_id=source, target_id=target, kind=kind))
        if kind == "duplicate":
            db.session.execute(
                update(Question.__table__)
                .where(Question.__table__.c.id == source, Question.__table__.c.close_reason == "imported")
                .values(duplicate_of_id=target, close_reason="duplicate", close_note="")
            )
