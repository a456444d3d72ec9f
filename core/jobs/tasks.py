"""Scheduled housekeeping of the ground floor."""

from datetime import timedelta

from flask import current_app
from sqlalchemy import delete

from core import config
from core.database.db import analyze_tables, db, utcnow
from core.database.models import Event
from core.jobs import stored_markup
from core.jobs.worker import register_daily_task, register_round_job
from core.limits.rate_limits import delete_old_attempts
from core.observability import heartbeats, history

EVENT_RETENTION = timedelta(days=30)


@register_round_job()
def keep_secret() -> int:
    """Put the signing key back when its file was lost."""
    return config.restore_secret_key(current_app)


@register_daily_task(hour=2, minute=20)
def render_old() -> None:
    """Bring texts to the present rules of Markdown, a night's share of them."""
    stored_markup.render_all(stored_markup.MAX_TEXTS_PER_NIGHT)


@register_daily_task(hour=3, minute=10)
def tidy() -> None:
    """Forget old attempts, mail, events, workers and figures; let the planner learn the table sizes."""
    delete_old_attempts()
    heartbeats.delete_old_heartbeats()
    history.delete_old_metrics()
    db.session.execute(delete(Event).where(Event.done_at < utcnow() - EVENT_RETENTION))
    db.session.commit()
    analyze_tables()
