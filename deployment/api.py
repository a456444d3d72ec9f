"""The calendar and deployment reports in the API."""

from datetime import UTC, datetime, time

from flask import Response

from auth import tokens
from bulletins import api as bulletin_api
from bulletins import queries as bulletins
from bulletins.queries import Filter
from core.api.api import READ, WRITE, ApiBlueprint, Cursor, listing, no_content, page_of
from core.database import paging
from core.database.db import db
from core.web.access import get_or_404
from deployment import exports, policy, schemas
from deployment.calendar import queries
from deployment.calendar.months import Month, this_month
from deployment.models import DeploymentReport
from deployment.plans import queries as plan_queries
from deployment.reports import actions, helpful_actions
from deployment.reports import queries as report_queries

bp = ApiBlueprint("calendar", __name__, description="Patch days, monthly bulletins and deployment reports")


@bp.get("/calendar")
@bp.arguments(schemas.YearQuery, location="query")
@bp.response(200, page_of(schemas.MonthItem))
def list_months(wanted: dict) -> dict:
    """The months of a year: patch days, bulletins by severity, reports by outcome."""
    months, totals, tallies = queries.year_summary(wanted["year"] or this_month().year)
    page = paging.page_in_memory(
        months,
        lambda month: [str(month)],
        wanted["after"],
        size=len(months),
        types=[str],
        changed=lambda month: datetime.combine(month.last_day, time.max, UTC),
    )
    return listing(
        page, lambda month: exports.month_row(month, totals.get(str(month)), tallies.get(str(month)))
    )


@bp.get("/calendar/<month>")
@bp.arguments(Cursor, location="query")
@bp.response(200, schemas.WholeMonth)
def get_month(wanted: dict, month: str) -> dict:
    """One month (`2026-11`) with its products and bulletins."""
    found = get_or_404(Month.parse(month))
    key = str(found)
    page = bulletins.bulletins(Filter(month=key), after=wanted.get("after"), with_tags=True)
    row = exports.month_row(
        found, queries.totals(found, found).get(key), report_queries.of_months(key, key).get(key)
    )
    products = [
        {
            "product": line.product.slug,
            "bulletins": line.bulletins,
            "critical": line.critical,
            "exploited": line.exploited,
            "unpatched": line.unpatched,
        }
        for line in queries.product_lines(found)
    ]
    return {**row, "products": products, **listing(page, bulletin_api.item)}


@bp.get("/calendar/<month>/plan")
@tokens.bearer(READ)
@bp.arguments(schemas.PlanQuery, location="query")
@bp.response(200, schemas.PlanItem)
def get_plan(wanted: dict, month: str) -> dict:
    """Your rollout plan for a month: bulletins for your products, dates, and what is installed."""
    found = get_or_404(Month.parse(month))
    tasks, plan = plan_queries.plan(tokens.member(), found, wanted["pilot"], wanted["broad"])
    return exports.plan_row(found, plan, tasks)


@bp.get("/bulletins/<reference>/reports")
@bp.arguments(schemas.ReportQuery, location="query")
@bp.response(200, page_of(schemas.ReportItem))
def list_reports(wanted: dict, reference: str) -> dict:
    """Deployment reports of a bulletin, newest first."""
    page = report_queries.reports(
        get_or_404(report_queries.bulletin_named(reference)),
        outcome=wanted["outcome"],
        after=wanted.get("after"),
    )
    return listing(page, exports.report_row)


@bp.post("/bulletins/<reference>/reports")
@tokens.bearer(WRITE)
@bp.arguments(schemas.ReportSchema)
@bp.response(200, schemas.ReportItem)
def send_report(data: dict, reference: str) -> dict:
    """Send a report; a second one for the same release or target changes the first."""
    bulletin = get_or_404(report_queries.bulletin_named(reference))
    row = actions.report(bulletin, actions.installation(data), by=tokens.member())
    return _saved(row)


@bp.get("/reports/<int:report_id>")
@bp.response(200, schemas.ReportItem)
def get_report(report_id: int) -> dict:
    """One report."""
    return exports.report_row(_find(report_id))


@bp.delete("/reports/<int:report_id>")
@tokens.bearer(WRITE)
@bp.response(204)
def remove_report(report_id: int) -> Response:
    """Withdraw your report; moderators hide reports of others."""
    row = _find(report_id)
    user = tokens.permitted(policy.can_remove, row)
    actions.remove(row, by=user)
    db.session.commit()
    return no_content()


@bp.post("/reports/<int:report_id>/restore")
@tokens.bearer(WRITE)
@bp.response(200, schemas.ReportItem)
def restore_report(report_id: int) -> dict:
    """Show a hidden report again (moderators)."""
    row = _find(report_id)
    user = tokens.permitted(policy.can_hide)
    actions.restore(row, by=user)
    return _saved(row)


@bp.post("/reports/<int:report_id>/helpful")
@tokens.bearer(WRITE)
@bp.arguments(schemas.HelpfulSchema)
@bp.response(200, schemas.ReportItem)
def thank_for_report(data: dict, report_id: int) -> dict:
    """Mark another member's report as helpful, or take that back."""
    row = _find(report_id)
    user = tokens.permitted(policy.can_mark_helpful, row)
    helpful_actions.mark(row, data["helpful"], by=user)
    return _saved(row)


def _find(report_id: int) -> DeploymentReport:
    """The report if the reader may see it, else 404."""
    return get_or_404(report_queries.report(report_id, tokens.reader()))


def _saved(row: DeploymentReport) -> dict:
    """Commit, and answer with the report as it is stored now."""
    db.session.commit()
    db.session.expire_all()
    return exports.report_row(_find(row.id))
