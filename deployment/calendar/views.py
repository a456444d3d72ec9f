"""Pages of the calendar: a year month by month, and what came in one month."""

from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from auth.current_user import current_user
from bulletins import exports as bulletin_exports
from bulletins import feeds as bulletin_feeds
from bulletins import queries as bulletins
from bulletins.queries import Filter
from core.cache.page_cache import cached_for_visitors
from core.formats import feeds
from core.web.access import get_or_404
from deployment import exports
from deployment.calendar import queries
from deployment.calendar.months import FIRST_YEAR, LAST_YEAR, Month, next_patch_day, rule, this_month
from deployment.calendar.queries import Totals
from deployment.reports import bars
from deployment.reports import queries as report_queries
from deployment.reports.queries import Tally
from forum import queries as forum
from posts import policy as post_policy
from posts.tags.queries import tag_named
from products import exports as files

bp = Blueprint("deployment", __name__)
PAGE, DISCUSSED, YEARS_AHEAD = 100, 6, 2


def wanted_year() -> int:
    """The year that the address asks for, or this one."""
    year = request.args.get("year", type=int)
    return year if year is not None and FIRST_YEAR <= year <= LAST_YEAR else this_month().year


def month_named(text: str) -> Month:
    """The month of an address, or 404."""
    return get_or_404(Month.parse(text))


def year_of(year: int) -> tuple[list[Month], dict[str, Totals], dict[str, Tally]]:
    """A year's months, what they brought, and how it was received."""
    months = [Month(year, number) for number in range(1, 13)]
    first, last = months[0], months[-1]
    return months, queries.totals(first, last), report_queries.of_months(str(first), str(last))


@bp.get("/calendar")
@cached_for_visitors
def calendar():
    """A year of patch days; the next one, and the totals of those that were."""
    year = wanted_year()
    months, totals, tallies = year_of(year)
    oldest = queries.first_month()
    chart = bars.stand(
        [(month.short_name, (totals.get(str(month)) or Totals()).severities) for month in months]
    )
    return render_template(
        "deployment/calendar.html",
        year=year,
        months=months,
        totals=totals,
        tallies=tallies,
        chart=chart,
        coming=next_patch_day(),
        zone=rule().zone,
        now=this_month(),
        empty=Totals(),
        before=year - 1 if oldest and oldest.year < year else None,
        after=year + 1 if year < this_month().year + YEARS_AHEAD else None,
    )


@bp.get("/calendar.csv", defaults={"extension": "csv"})
@bp.get("/calendar.json", defaults={"extension": "json"})
def export_calendar(extension: str):
    """The year as CSV or JSON."""
    months, totals, tallies = year_of(wanted_year())
    rows = [exports.month_row(month, totals.get(str(month)), tallies.get(str(month))) for month in months]
    return files.answer("calendar", extension, map(exports.flat, rows))


@bp.get("/calendar/<month>")
@cached_for_visitors
def month(month: str):
    """What came in a month: totals, products, the bulletins, and what people say."""
    found = month_named(month)
    tag = tag_named(found.tag)
    key = str(found)
    totals = queries.totals(found, found).get(key) or Totals()
    tally = report_queries.of_months(key, key).get(key) or Tally()
    return render_template(
        "deployment/month.html",
        month=found,
        totals=totals,
        tally=tally,
        zone=rule().zone,
        severity_bar=bars.lie(totals.severities),
        outcome_bar=bars.lie(tally.counts),
        page=bulletins.bulletins(Filter(month=key), after=request.args.get("after"), size=PAGE),
        products=queries.product_lines(found),
        out_of_band=queries.out_of_band(found),
        tag=tag,
        questions=forum.questions_tagged(tag, "newest", current_user, size=DISCUSSED).items if tag else [],
        can_ask=tag is not None or post_policy.can_make_tags(current_user),
    )


@bp.get("/calendar/<month>.csv", defaults={"extension": "csv"})
@bp.get("/calendar/<month>.json", defaults={"extension": "json"})
def export_month(month: str, extension: str):
    """The month's bulletins as CSV or JSON."""
    found = month_named(month)
    return bulletin_exports.list_response(f"bulletins-{found}", extension, Filter(month=str(found)), "urgent")


@bp.get("/calendar/<month>.atom")
def month_feed(month: str):
    """The month's bulletins, the newest first."""
    found = month_named(month)
    return feeds.atom(
        _("Bulletins in %(month)s", month=found.name),
        found.path,
        bulletin_feeds.entries(Filter(month=str(found))),
    )
