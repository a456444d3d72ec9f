"""Acceptances by a member, for the export of their data."""

from sqlalchemy import select

from auth.erasure.export_account import columns, register_export_part
from auth.models import User
from core.database.db import db
from forum.models import Acceptance


@register_export_part("acceptances")
def _acceptances(user: User) -> list[dict]:
    rows = db.session.scalars(
        select(Acceptance).where(Acceptance.accepter_id == user.id).order_by(Acceptance.id)
    )
    return [columns(row, exclude={"author_id"}) for row in rows]
