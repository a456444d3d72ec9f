"""Event handlers of erased accounts."""

from auth.models import User
from core.database.db import db
from core.jobs import events
from posts.erasure import actions


@events.register_handler("user.erased")
def follow(batch: list[events.Event]) -> None:
    """Erase votes, posts and names in batches; idempotent."""
    for event in batch:
        user = db.session.get_one(User, event.subject_id)
        while actions.erase_batch(user, keep_words=event.data["keep_words"]):
            db.session.commit()
        db.session.commit()
