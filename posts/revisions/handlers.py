"""Event handlers that compare texts once, after the change, and store the comparison."""

from core.database.db import db
from core.jobs import events
from posts.models import Suggestion
from posts.revisions import actions


@events.register_handler("*.revised")
def compare_revisions(batch: list[events.Event]) -> None:
    """Compare each new revision with the one before it."""
    for event in batch:
        if event.subject_id is not None and "number" in event.data:
            actions.compare_revision(event.subject_id, event.data["number"])
            db.session.commit()


@events.register_handler("suggestion.proposed")
def compare_suggestions(batch: list[events.Event]) -> None:
    """Compare each suggestion with the revision that it changes."""
    for event in batch:
        if suggestion := db.session.get(Suggestion, event.subject_id):
            actions.compare_suggestion(suggestion)
            db.session.commit()
