"""Keep a form for its account, and forget it again. Nothing here commits."""

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
FORMS_IN_AN_HOUR = 30  # of one account


def keep(form: SentForm, user_id: int) -> str:
    """Keep `form` for an account; returns the secret of its address. Raises TooMany.

    Beyond MAX_FORMS_OF_ACCOUNT the oldest are dropped.
    """
    limit("unsent", user_id, FORMS_IN_AN_HOUR, 3600)
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
def forget_all(user: User) -> None:
    """Drop what waits for an account: somebody else may have sent it."""
    db.session.execute(
        delete(UnsentForm).where(UnsentForm.user_id == user.id).execution_options(synchronize_session=False)
    )


def forget_old() -> None:
    """Drop forms that nobody came back for."""
    db.session.execute(delete(UnsentForm).where(UnsentForm.created_at < utcnow() - LIFETIME))
