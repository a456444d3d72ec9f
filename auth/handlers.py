"""Event handlers of accounts."""

from auth import notices
from auth.models import User
from core.database.db import db
from core.jobs import events


@events.register_handler("user.exported")
def mail_about_exports(batch: list[events.Event]) -> None:
    """Mail members about exports of their data; the export itself is a GET and writes only the event."""
    for event in batch:
        user = db.session.get(User, event.subject_id, populate_existing=True)
        if user is not None:
            notices.data_exported(user, event.id)
    db.session.commit()
