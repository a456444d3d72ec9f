"""Scheduled tasks of core."""

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
    """Write the signing key again when its file was lost."""
    return config.restore_secret_key(current_app)


@register_daily_task(hour=2, minute=20)
def render_old() -> None:
    """Render up to MAX_TEXTS_PER_NIGHT texts again that older rules of Markdown rendered."""
    stored_markup.render_all(stored_markup.MAX_TEXTS_PER_NIGHT)


@register_daily_task(hour=3, minute=10)
def tidy() -> None:
    """Delete old attempts, events, heartbeats and metrics; update the planner's statistics."""
    delete_old_attempts()
    heartbeats.delete_old_heartbeats()
    history.delete_old_metrics()
    db.session.execute(delete(Event).where(Event.done_at < utcnow() - EVENT_RETENTION))
    db.session.commit()
    analyze_tables()
