"""Acceptances follow when a member leaves with all their words."""

from sqlalchemy import select

from auth.models import User
from core.database.db import db
from core.jobs import events
from forum import actions
from forum.models import Acceptance, Answer


@events.register_handler("user.erased")
def withdraw_acceptances(batch: list[events.Event]) -> None:
    """Who removes their words takes back what they accepted; who keeps them leaves it to the readers."""
    for event in batch:
        user = db.session.get(User, event.subject_id)
        if event.data["keep_words"]:
            continue
        standing = select(Acceptance.answer_id).where(
            Acceptance.accepter_id == user.id, Acceptance.withdrawn_at.is_(None)
        )
        for answer_id in list(db.session.scalars(standing)):
            actions.unaccept(db.session.get(Answer, answer_id), by=user)
            db.session.commit()
