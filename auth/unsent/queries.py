"""Reads of unsent forms."""

from sqlalchemy import select

from auth import tokens
from auth.models import User
from auth.unsent.actions import LIFETIME
from auth.unsent.models import UnsentForm
from core.database.db import db, utcnow
from core.web.sent_forms import SentForm


def by_token(token: str, user: User) -> SentForm | None:
    """The form with this token, if it belongs to the member and is not older than LIFETIME."""
    row = db.session.scalar(
        select(UnsentForm).where(
            UnsentForm.token_hash == tokens.digest(token),
            UnsentForm.user_id == user.id,
            UnsentForm.created_at >= utcnow() - LIFETIME,
        )
    )
    if row is None:
        return None
    fields = [(name, value) for name, value in row.fields]
    action = next((value for name, value in fields if name == "action"), "")
    return SentForm(row.target, [pair for pair in fields if pair[0] != "action"], [], [], action)
