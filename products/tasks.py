"""Scheduled task: announce ends of support."""

from datetime import date, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import joinedload

from core.database.db import db
from core.jobs import events
from core.jobs.worker import register_daily_task
from products import queries
from products.change_models import LifecycleNotice
from products.lifecycle.phases import SECURITY
from products.models import LifecyclePhase, Product, Release

DAYS_AHEAD = (90, 30, 7)
MAX_DELAY = timedelta(days=7)  # announcements are made up for after an outage


@register_daily_task(hour=0, minute=20)
def announce_ends() -> None:
    """Record `release.ending` 90, 30 and 7 days ahead and `release.ended` on the day itself."""
    day = queries.today()
    for days, next_days in zip(DAYS_AHEAD, (*DAYS_AHEAD[1:], 0), strict=True):
        _announce("release.ending", days, day + timedelta(days=next_days + 1), day + timedelta(days=days))
    _announce("release.ended", 0, day - MAX_DELAY, day)
    db.session.commit()


def _announce(name: str, days: int, first: date, last: date) -> None:
    """Record the ends between two days that were not announced `days` ahead."""
    announced = exists().where(
        LifecycleNotice.phase_id == LifecyclePhase.id,
        LifecycleNotice.ends == LifecyclePhase.ends,
        LifecycleNotice.days == days,
    )
    found = db.session.scalars(
        select(LifecyclePhase)
        .join(LifecyclePhase.release)
        .join(Release.product)
        .where(
            LifecyclePhase.kind == SECURITY,
            LifecyclePhase.ends.between(first, last),
            ~announced,
            Release.removed_at.is_(None),
            Product.removed_at.is_(None),
        )
        .options(joinedload(LifecyclePhase.release))
        .order_by(LifecyclePhase.ends, LifecyclePhase.id)
    )
    for phase in found:
        db.session.add(LifecycleNotice(phase_id=phase.id, ends=phase.ends, days=days))
        events.record(name, subject=phase.release, days=days, ends=phase.end_date.isoformat())
