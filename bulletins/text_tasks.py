"""Scheduled work: renders the texts of documents that were not rendered, or by older rules."""

from sqlalchemy import or_, select

from bulletins import issuer_texts, queries, rows
from bulletins.models import Bulletin
from core.database.db import db
from core.jobs import events
from core.jobs.worker import register_daily_task
from core.markup.markup import MARKUP_VERSION

MAX_BULLETINS_PER_NIGHT = 5_000


@register_daily_task(hour=3, minute=50)
def render_texts() -> None:
    """Render the texts of bulletins whose HTML is missing or out of date; commits each bulletin."""
    outdated = or_(Bulletin.texts_version.is_(None), Bulletin.texts_version < MARKUP_VERSION)
    statement = select(Bulletin.id).where(outdated).order_by(Bulletin.id.desc())
    for bulletin_id in db.session.scalars(statement.limit(MAX_BULLETINS_PER_NIGHT)).all():
        advisory = rows.to_advisory(queries.get_whole(bulletin_id))
        db.session.rollback()  # rendering holds no transaction
        advisory.html = issuer_texts.rendered(issuer_texts.texts_of(advisory))
        issuer_texts.render(queries.get_whole(bulletin_id), advisory)
        events.record("texts.rendered")
        db.session.commit()
        db.session.expunge_all()
