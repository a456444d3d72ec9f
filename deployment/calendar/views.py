"""Pages of the calendar: a year, and a month with its bulletins."""

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from auth.current_user import current_user
from bulletins import exports as bulletin_exports
from bulletins import feeds as bulletin_feeds
from bulletins import queries as bulletins
from bulletins.queries import Filter
from core.cache.dependencies import depends_on
from core.cache.page_cache import cached_for_visitors
from core.formats import feeds
from core.web.access import get_or_404
from deployment import exports
from deployment.calendar import queries
from deployment.calendar.months import FIRST_YEAR, LAST_YEAR, Month, next_patch_day, rule, this_month
from deployment.calendar.queries import Totals
from deployment.reports import charts
from deployment.reports import queries as report_queries
from deployment.reports.queries import Tally
from forum import queries as forum
from posts import policy as post_policy
from posts.tags.queries import tag_named
from products import exports as files

bp = Blueprint("deployment", __name__)
PAGE_SIZE = 100
MAX_QUESTIONS = 6
YEARS_AHEAD = 2


def _wanted_year() -> int:
    """The year in the query, by default the current one."""
    year = request.args.get("year", type=int)
    return year if year is not None and FIRST_YEAR <= year <= LAST_YEAR else this_month().year


def month_named(text: str) -> Month:
    """The month in a path (`2026-11`), or 404."""
    return get_or_404(Month.parse(text))


@bp.get("/calendar")
@cached_for_visitors
def calendar() -> str:
    """The patch days of a year with their totals, and the next patch day."""
    depends_on()
    year = _wanted_year()
    months, totals, tallies = queries.year_summary(year)
    oldest = queries.first_month()
    chart = charts.column_chart(
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
def export_calendar(extension: str) -> Response:
    """The year as CSV or JSON."""
    months, totals, tallies = queries.year_summary(_wanted_year())
    rows = [exports.month_row(month, totals.get(str(month)), tallies.get(str(month))) for month in months]
    return files.file_response("calendar", extension, map(exports.flat, rows))


@bp.get("/calendar/<month>")
@cached_for_visitors
def month(month: str) -> str:
    """A month: totals, products, bulletins, outcomes of reports, and questions."""
    depends_on(lists=["kind:question", "kind:bulletin"])
    found = month_named(month)
    tag = tag_named(found.tag)
    key = str(found)
    totals = queries.totals(found, found).get(key) or Totals()
    tally = report_queries.of_months(key, key).get(key) or Tally()
    questions = tag and forum.questions_tagged(tag, "newest", current_user, size=MAX_QUESTIONS)
    return render_template(
        "deployment/month.html",
        month=found,
        totals=totals,
        tally=tally,
        zone=rule().zone,
        severity_bar=charts.stacked_bar(totals.severities),
        outcome_bar=charts.stacked_bar(tally.counts),
        page=bulletins.bulletins(Filter(month=key), after=request.args.get("after"), size=PAGE_SIZE),
        products=queries.product_lines(found),
        out_of_band=queries.out_of_band(found),
        tag=tag,
        questions=questions.items if questions else [],
        can_ask=tag is not None or post_policy.can_make_tags(current_user),
    )


@bp.get("/calendar/<month>.csv", defaults={"extension": "csv"})
@bp.get("/calendar/<month>.json", defaults={"extension": "json"})
def export_month(month: str, extension: str) -> Response:
    """The month's bulletins as CSV or JSON."""
    found = month_named(month)
    return bulletin_exports.list_response(f"bulletins-{found}", extension, Filter(month=str(found)), "urgent")


@bp.get("/calendar/<month>.atom")
def month_feed(month: str) -> Response:
    """The month's bulletins as an Atom feed, newest first."""
    found = month_named(month)
    return feeds.atom(
        _("Bulletins in %(month)s", month=found.name),
        found.path,
        bulletin_feeds.entries(Filter(month=str(found))),
    )
