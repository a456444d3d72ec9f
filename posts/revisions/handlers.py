"""Texts are compared once, after the change, and the positions of what changed are stored with it."""

from core.database.db import db
from core.jobs import events
from posts.models import Suggestion
from posts.revisions import actions


@events.register_handler("*.revised")
def compare_revisions(batch: list[events.Event]) -> None:
    """Store what each new revision changed."""
    for event in batch:
        if "number" in event.data:
            actions.compare_revision(event.subject_id, event.data["number"])
            db.session.commit()


@events.register_handler("suggestion.proposed")
def compare_suggestions(batch: list[events.Event]) -> None:
    """Store what each proposal would change."""
    for event in batch:
        if suggestion := db.session.get(Suggestion, event.subject_id):
            actions.compare_suggestion(suggestion)
            db.session.commit()
