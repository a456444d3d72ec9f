"""Removes the name of an erased verifier from articles, and the feedback notes of an erased member."""

from sqlalchemy import update

from core.database.db import db
from core.jobs import events
from kb.models import Article, ArticleFeedback

ARTICLES = Article.__table__


@events.register_handler("user.erased")
def forget_names(batch: list[events.Event]) -> None:
    """Remove the verifier's name; date and build of the verification are kept."""
    for event in batch:
        db.session.execute(
            update(ARTICLES)
            .where(ARTICLES.c.verified_by_id == event.subject_id)
            .values(verified_by_id=None, verified_by_name="former member")
        )
        if not event.data["keep_words"]:
            db.session.execute(
                update(ArticleFeedback).values(note="").where(ArticleFeedback.user_id == event.subject_id)
            )
    db.session.commit()
