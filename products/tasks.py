"""Scheduled: announce what ends, once each, for alerts to hear."""

from datetime import timedelta

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
LATE = timedelta(days=7)  # a worker that slept through the day still tells


@register_daily_task(hour=0, minute=20)
def announce_ends() -> None:
    """Record `release.ending` 90, 30 and 7 days ahead and `release.ended` on the day itself."""
    day = queries.today()
    for days, nearer in zip(DAYS_AHEAD, (*DAYS_AHEAD[1:], 0), strict=True):
        _announce("release.ending", days, day + timedelta(days=nearer + 1), day + timedelta(days=days))
    _announce("release.ended", 0, day - LATE, day)
    db.session.commit()


def _announce(name: str, days: int, first, last) -> None:
    """Every end between two days that was not announced `days` ahead before."""
    told = exists().where(
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
            ~told,
            Release.removed_at.is_(None),
            Product.removed_at.is_(None),
        )
        .options(joinedload(LifecyclePhase.release))
        .order_by(LifecyclePhase.ends, LifecyclePhase.id)
    )
    for phase in found:
        db.session.add(LifecycleNotice(phase_id=phase.id, ends=phase.ends, days=days))
        events.record(name, subject=phase.release, days=days, ends=phase.ends.isoformat())
