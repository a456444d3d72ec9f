"""The name of who verified an article goes with the account; remarks go with the words."""

from sqlalchemy import update

from core.database.db import db
from core.jobs import events
from kb.models import Article, ArticleFeedback

VERIFIED = Article.__table__


@events.register_handler("user.erased")
def forget_names(batch: list[events.Event]) -> None:
    """The day and the build of a verification stay; who did it is nobody any more."""
    for event in batch:
        db.session.execute(
            update(VERIFIED)
            .where(VERIFIED.c.verified_by_id == event.subject_id)
            .values(verified_by_id=None, verified_by_name="former member")
        )
        if not event.data["keep_words"]:
            db.session.execute(
                update(ArticleFeedback).values(note="").where(ArticleFeedback.user_id == event.subject_id)
            )
    db.session.commit()
