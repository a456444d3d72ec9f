"""Withdraws the acceptances of members who are erased with their posts."""

from sqlalchemy import select

from auth.models import User
from core.database.db import db
from core.jobs import events
from forum import actions
from forum.models import Acceptance, Answer


@events.register_handler("user.erased")
def withdraw_acceptances(batch: list[events.Event]) -> None:
    """Withdraw the acceptances of an erased member, unless their posts are kept."""
    for event in batch:
        if event.data["keep_words"]:
            continue
        user = db.session.get_one(User, event.subject_id)
        accepted = select(Acceptance.answer_id).where(
            Acceptance.accepter_id == user.id, Acceptance.withdrawn_at.is_(None)
        )
        for answer_id in list(db.session.scalars(accepted)):
            actions.unaccept(db.session.get_one(Answer, answer_id), by=user)
            db.session.commit()
