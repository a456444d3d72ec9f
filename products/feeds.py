"""Atom feeds and iCalendar files of products and life cycles."""

from datetime import UTC, datetime, time
from itertools import chain

from flask import Blueprint, Response, request, url_for
from flask_babel import gettext as _

from core.formats import calendars, feeds
from core.web.access import get_or_404
from products import labels, queries
from products.change_models import ProductChange
from products.lifecycle import queries as lifecycle_queries
from products.lifecycle.phases import SOON
from products.models import LifecyclePhase

bp = Blueprint("products_feeds", __name__)
PAST_DAYS = 30
FUTURE_DAYS = 365


@bp.get("/products.atom")
def products() -> Response:
    """New products and changed dates."""
    entries = [
        feeds.Entry(
            f"/products/changes/{change.id}",
            _title(change),
            change.product.path,
            _summary(change),
            _author(change),
            change.created_at,
            change.created_at,
        )
        for change in queries.recent_changes()
    ]
    return feeds.atom(_("Products"), url_for("products.products"), entries)


def _title(change: ProductChange) -> str:
    if change.release is None:
        return _("%(product)s: added", product=change.product.name)
    return _("%(release)s: dates changed", release=change.release.title)


def _summary(change: ProductChange) -> str:
    return "\n".join(
        f"{labels.field(field)}: {labels.written(old) or '–'} → {labels.written(new) or '–'}"
        for field, (old, new) in change.facts.items()
    )


def _author(change: ProductChange) -> str:
    return change.actor.display_name if change.actor else change.source or _("former member")


@bp.get("/lifecycle.atom")
def lifecycle() -> Response:
    """Releases whose security support ends soon or ended in the last PAST_DAYS."""
    day = queries.today()
    found = lifecycle_queries.around(day, before=PAST_DAYS, ahead=SOON.days)
    entries = [
        feeds.Entry(
            f"/lifecycle/{phase.id}/{phase.ends}",
            labels.headline(phase.release, phase.kind),
            phase.release.product.path,
            phase.end_date.isoformat(),
            phase.release.product.name,
            _notice_time(phase),
            _notice_time(phase),
        )
        for phase in found
    ]
    entries.sort(key=lambda entry: entry.updated, reverse=True)
    return feeds.atom(_("Ending soon"), url_for("products.lifecycle"), entries)


def _notice_time(phase: LifecyclePhase) -> datetime:
    """When an end became news: SOON before it, or when its date changed later."""
    near = datetime.combine(phase.end_date - SOON, time(), UTC)
    return max(near, phase.changed_at)


@bp.get("/lifecycle.ics")
def lifecycle_calendar() -> Response:
    """Ends of security support from PAST_DAYS ago to FUTURE_DAYS ahead, of one ?category=."""
    found = lifecycle_queries.around(
        queries.today(), before=PAST_DAYS, ahead=FUTURE_DAYS, category=request.args.get("category", "")
    )
    return calendars.calendar_response(_("Ending soon"), map(calendar_day, found))


@bp.get("/products/<slug>.ics")
def product_calendar(slug: str) -> Response:
    """All ends of support of one product's releases."""
    product = get_or_404(queries.full(slug))
    phases = chain.from_iterable(release.phases for release in product.live_releases)
    found = [phase for phase in phases if not isinstance(phase.ends, bool)]
    found.sort(key=lambda phase: (phase.end_date, phase.id))
    return calendars.calendar_response(product.name, map(calendar_day, found))


def calendar_day(phase: LifecyclePhase) -> calendars.Day:
    """The calendar entry of an end of support."""
    headline = labels.headline(phase.release, phase.kind)
    text = _("%(what)s. Last day: %(day)s.", what=headline, day=phase.ends)
    return calendars.Day(
        f"phase-{phase.id}",
        phase.end_date,
        headline,
        text,
        phase.release.product.path,
        phase.sequence,
        phase.changed_at,
    )
