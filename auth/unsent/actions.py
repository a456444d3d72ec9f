"""Store and delete unsent forms. Nothing here commits."""

from datetime import timedelta

from sqlalchemy import delete, select

from auth import tokens
from auth.actions import register_on_secure
from auth.models import User
from auth.unsent.models import UnsentForm
from core.database.db import db, utcnow
from core.limits.rate_limits import limit
from core.web.sent_forms import SentForm

LIFETIME = timedelta(hours=24)
MAX_FORMS_OF_ACCOUNT = 5
MAX_FORMS_PER_HOUR = 30  # of one account
HOUR_SECONDS = 3600


def store(form: SentForm, user_id: int) -> str:
    """Store `form` for an account; returns the token of its URL. Raises TooMany.

    Only the newest MAX_FORMS_OF_ACCOUNT forms of an account are stored.
    """
    limit("unsent", user_id, MAX_FORMS_PER_HOUR, HOUR_SECONDS)
    newest = (
        select(UnsentForm.id)
        .where(UnsentForm.user_id == user_id)
        .order_by(UnsentForm.id.desc())
        .limit(MAX_FORMS_OF_ACCOUNT - 1)
    )
    db.session.execute(
        delete(UnsentForm).where(
            UnsentForm.user_id == user_id, UnsentForm.id.not_in(list(db.session.scalars(newest)))
        )
    )
    token = tokens.new()
    fields = [*form.fields, *([("action", form.action)] if form.action else [])]
    db.session.add(
        UnsentForm(token_hash=tokens.digest(token), user_id=user_id, target=form.target, fields=fields)
    )
    return token


@register_on_secure
def delete_all(user: User) -> None:
    """Delete the forms of an account: an intruder may have submitted them."""
    db.session.execute(
        delete(UnsentForm).where(UnsentForm.user_id == user.id).execution_options(synchronize_session=False)
    )


def delete_expired() -> None:
    """Delete forms older than LIFETIME."""
    db.session.execute(delete(UnsentForm).where(UnsentForm.created_at < utcnow() - LIFETIME))
