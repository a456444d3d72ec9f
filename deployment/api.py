"""The calendar and deployment reports in the API."""

from datetime import UTC, datetime, time

from auth import tokens
from bulletins import api as bulletin_api
from bulletins import queries as bulletins
from bulletins.queries import Filter
from core.api.api import READ, WRITE, ApiBlueprint, Cursor, listing, no_content, page_of
from core.database import paging
from core.database.db import db
from core.limits.rate_limits import limit
from core.web.access import get_or_404, require
from deployment import exports, policy, schemas
from deployment.calendar import queries
from deployment.calendar.months import this_month
from deployment.calendar.views import month_named, year_of
from deployment.models import DeploymentReport
from deployment.plans import queries as plan_queries
from deployment.reports import actions, helpful_actions
from deployment.reports import queries as report_queries
from deployment.reports.actions import Gone, Hidden
from deployment.reports.views import A_DAY, DAY, THANKS, find_bulletin, hidden_before

bp = ApiBlueprint("calendar", __name__, description="Patch days, monthly bulletins and deployment reports")


@bp.get("/calendar")
@bp.arguments(schemas.YearQuery, location="query")
@bp.response(200, page_of(schemas.MonthItem))
def list_months(wanted: dict):
    """The months of a year: patch days, bulletins by severity, reports by outcome."""
    months, totals, tallies = year_of(wanted["year"] or this_month().year)
    page = paging.part(
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
def get_month(wanted: dict, month: str):
    """One month (`2026-11`) with its products and bulletins."""
    found, key = month_named(month), month
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
def get_plan(wanted: dict, month: str):
    """Your rollout plan for a month: what of it affects what you run, when to install it, what is done."""
    found = month_named(month)
    tasks, plan = plan_queries.plan(tokens.reader(), found, wanted["pilot"], wanted["broad"])
    return exports.plan_row(found, plan, tasks)


@bp.get("/bulletins/<reference>/reports")
@bp.arguments(schemas.ReportQuery, location="query")
@bp.response(200, page_of(schemas.ReportItem))
def list_reports(wanted: dict, reference: str):
    """How installing a bulletin's updates went, the latest first."""
    page = report_queries.reports(
        find_bulletin(reference), outcome=wanted["outcome"], after=wanted.get("after")
    )
    return listing(page, exports.report_row)


@bp.post("/bulletins/<reference>/reports")
@tokens.bearer(WRITE)
@bp.arguments(schemas.ReportSchema)
@bp.response(200, schemas.ReportItem)
def send_report(data: dict, reference: str):
    """Say how it went; a second time for the same release or target changes what you said."""
    user = tokens.reader()
    require(policy.can_report(user))
    bulletin = find_bulletin(reference)
    limit("report", user.id, A_DAY, DAY)
    try:
        row = actions.report(bulletin, actions.said(data), by=user)
    except Hidden:
        require(False, hidden_before())
    except Gone:
        get_or_404(None)
    db.session.commit()
    return _item(row.id)


@bp.get("/reports/<int:report_id>")
@bp.response(200, schemas.ReportItem)
def get_report(report_id: int):
    """One report."""
    return exports.report_row(_find(report_id))


@bp.delete("/reports/<int:report_id>")
@tokens.bearer(WRITE)
@bp.response(204)
def remove_report(report_id: int):
    """Take your report away; moderators hide anybody's."""
    row, user = _find(report_id), tokens.reader()
    require(policy.can_remove(user, row))
    actions.remove(row, by=user)
    db.session.commit()
    return no_content()


@bp.post("/reports/<int:report_id>/restore")
@tokens.bearer(WRITE)
@bp.response(200, schemas.ReportItem)
def restore_report(report_id: int):
    """Show a hidden report again (moderators)."""
    row, user = _find(report_id), tokens.reader()
    require(policy.can_hide(user))
    actions.restore(row, by=user)
    db.session.commit()
    return _item(row.id)


@bp.post("/reports/<int:report_id>/helpful")
@tokens.bearer(WRITE)
@bp.arguments(schemas.HelpfulSchema)
@bp.response(200, schemas.ReportItem)
def thank_for_report(data: dict, report_id: int):
    """Say that another's report helped you, or take that back."""
    row, user = _find(report_id), tokens.reader()
    require(policy.can_thank(user, row))
    limit("thanks", user.id, THANKS, DAY)
    helpful_actions.mark(row, data["helpful"], by=user)
    db.session.commit()
    return _item(row.id)


def _find(report_id: int) -> DeploymentReport:
    """The report as its reader may see it, or 404."""
    return get_or_404(report_queries.report(report_id, tokens.reader()))


def _item(report_id: int) -> dict:
    db.session.expire_all()
    return exports.report_row(_find(report_id))
