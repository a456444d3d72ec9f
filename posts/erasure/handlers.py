"""Votes, words and names follow when an account is erased."""

from auth.models import User
from core.database.db import db
from core.jobs import events
from posts.erasure import actions


@events.register_handler("user.erased")
def follow(batch: list[events.Event]) -> None:
    """Part after part, each in a transaction of its own; a repeat finds nothing left."""
    for event in batch:
        user = db.session.get(User, event.subject_id)
        while actions.follow(user, keep_words=event.data["keep_words"]):
            db.session.commit()
        db.session.commit()
