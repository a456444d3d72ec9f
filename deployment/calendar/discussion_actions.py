"""A month's discussion is a tag: questions about its patches carry it. Nothing here commits."""

from collections.abc import Iterable

from flask_babel import gettext as _
from sqlalchemy import select

from core.database.db import db
from deployment.calendar.months import Month
from posts.models import Tag


def open_for(months: Iterable[Month]) -> None:
    """Make the tags of these months that are not there yet; one with a description anybody may use."""
    wanted = {month.tag: month for month in months}
    known = set(db.session.scalars(select(Tag.name).where(Tag.name.in_(wanted))))
    for name, month in wanted.items():
        if name not in known:
            about = _("Questions about the patches in %(month)s.", month=month.name)
            db.session.add(Tag(name=name, excerpt=about))
