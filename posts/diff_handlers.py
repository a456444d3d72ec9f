"""Texts are compared once, after the change, and the positions of what changed are stored with it."""

from core import events
from core.db import db
from posts import diff_actions
from posts.models import Suggestion


@events.on("*.revised")
def compare_revisions(batch: list[events.Event]) -> None:
    """Store what each new revision changed."""
    for event in batch:
        if "number" in event.data:
            diff_actions.compare_revision(event.subject_id, event.data["number"])
            db.session.commit()


@events.on("suggestion.proposed")
def compare_suggestions(batch: list[events.Event]) -> None:
    """Store what each proposal would change."""
    for event in batch:
        if suggestion := db.session.get(Suggestion, event.subject_id):
            diff_actions.compare_suggestion(suggestion)
            db.session.commit()
