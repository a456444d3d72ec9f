"""Feeds and calendars: what changed, what ends, and each member's own calendar."""

from datetime import UTC, datetime, time

from flask import Blueprint, request, url_for
from flask_babel import gettext as _

from core.formats import calendars, feeds
from core.web.access import get_or_404
from products import labels, queries
from products.change_models import ProductChange
from products.lifecycle import queries as lifecycle_queries
from products.lifecycle.phases import SOON
from products.models import LifecyclePhase

bp = Blueprint("products_feeds", __name__)
BEFORE, AHEAD = 30, 365


@bp.get("/products.atom")
def products():
    """New products and changed dates."""
    entries = [
        feeds.Entry(
            f"/products/changes/{change.id}",
            _title(change),
            change.product.path,
            _summary(change),
            _who(change),
            change.created_at,
            change.created_at,
        )
        for change in queries.news()
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


def _who(change: ProductChange) -> str:
    return change.actor.display_name if change.actor else change.source or _("former member")


@bp.get("/lifecycle.atom")
def lifecycle():
    """Releases whose security support ends within 90 days or ended lately; each appears as it nears."""
    day = queries.today()
    found = lifecycle_queries.around(day, before=BEFORE, ahead=SOON.days)
    entries = [
        feeds.Entry(
            f"/lifecycle/{phase.id}/{phase.ends}",
            labels.headline(phase.release, phase.kind),
            phase.release.product.path,
            phase.ends.isoformat(),
            phase.release.product.name,
            _noticed(phase),
            _noticed(phase),
        )
        for phase in found
    ]
    entries.sort(key=lambda entry: entry.updated, reverse=True)
    return feeds.atom(_("Ending soon"), url_for("products.lifecycle"), entries)


def _noticed(phase: LifecyclePhase) -> datetime:
    """When the end became news: it came near, or its date changed after that."""
    near = datetime.combine(phase.ends - SOON, time(), UTC)
    return max(near, phase.changed_at)


@bp.get("/lifecycle.ics")
def lifecycle_calendar():
    """Ends of security support from a month ago to a year ahead; of one ?category=."""
    found = lifecycle_queries.around(
        queries.today(), before=BEFORE, ahead=AHEAD, category=request.args.get("category", "")
    )
    return calendars.answer(_("Ending soon"), map(day_of, found))


@bp.get("/products/<slug>.ics")
def product_calendar(slug: str):
    """Every end of one product's releases, past ones too."""
    product = get_or_404(queries.full(slug))
    found = [
        phase
        for release in product.live_releases
        for phase in release.phases
        if not isinstance(phase.ends, bool)
    ]
    found.sort(key=lambda phase: (phase.ends, phase.id))
    return calendars.answer(product.name, map(day_of, found))


def day_of(phase: LifecyclePhase) -> calendars.Day:
    """An end of support as a day of a calendar."""
    headline = labels.headline(phase.release, phase.kind)
    text = _("%(what)s. Last day: %(day)s.", what=headline, day=phase.ends)
    return calendars.Day(
        f"phase-{phase.id}",
        phase.ends,
        headline,
        text,
        phase.release.product.path,
        phase.sequence,
        phase.changed_at,
    )
