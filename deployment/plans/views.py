"""A member's rollout plan for a month, as a page and as files."""

from datetime import UTC, datetime

from flask import Response, g, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required

from auth.current_user import me
from core.database.db import utcnow
from core.formats import calendars
from deployment import exports
from deployment.calendar.days import due_uid
from deployment.calendar.months import Month
from deployment.calendar.views import bp, month_named
from deployment.plans import queries as plan_queries
from deployment.plans.queries import Task
from deployment.plans.schedule import DEFAULT_BROAD_DAYS, DEFAULT_PILOT_DAYS, MAX_DAYS, Plan
from inventory import queries
from products import exports as files

SEQUENCE_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)  # sequence numbers of exports are minutes since then


def _days(name: str, default: int) -> int:
    """A number of days from the query, at most MAX_DAYS."""
    return min(max(request.args.get(name, default, int), 0), MAX_DAYS)


def _plan(month: str) -> tuple[Month, list[Task], Plan, dict[str, int]]:
    """The month, tasks and plan of the request, and its days after patch day by ring."""
    g.private_page = True
    found = month_named(month)
    days = {"pilot": _days("pilot", DEFAULT_PILOT_DAYS), "broad": _days("broad", DEFAULT_BROAD_DAYS)}
    tasks, plan = plan_queries.plan(me(), found, days["pilot"], days["broad"])
    return found, tasks, plan, days


@bp.get("/calendar/<month>/plan")
@login_required
def plan_page(month: str) -> str:
    """The rollout plan for the member's products."""
    found, tasks, plan, days = _plan(month)
    return render_template(
        "deployment/plan.html",
        month=found,
        tasks=tasks,
        plan=plan,
        days=days,
        most=MAX_DAYS,
        owns=queries.count(me()),
    )


@bp.get("/calendar/<month>/plan.csv")
@login_required
def plan_table(month: str) -> Response:
    """The plan as CSV."""
    found, tasks, plan, _days_by_ring = _plan(month)
    return files.file_response(f"plan-{found}", "csv", (exports.task_row(task, plan) for task in tasks))


@bp.get("/calendar/<month>/plan.md")
@login_required
def plan_text(month: str) -> Response:
    """The plan as Markdown, for a ticket or a wiki."""
    found, tasks, plan, _days_by_ring = _plan(month)
    text = render_template(
        "deployment/plan.md",
        month=found,
        plan=plan,
        escape=exports.escape,
        rows=[exports.task_row(task, plan) for task in tasks],
    )
    answer = Response(text, mimetype="text/markdown")
    answer.headers["Content-Disposition"] = f'attachment; filename="plan-{found}.md"'
    return answer


@bp.get("/calendar/<month>/plan.ics")
@login_required
def plan_calendar(month: str) -> Response:
    """The plan as an iCalendar file; its sequence numbers replace those of earlier exports."""
    found, tasks, plan, _days_by_ring = _plan(month)
    now = utcnow().replace(microsecond=0)
    sequence = int((now - SEQUENCE_EPOCH).total_seconds() // 60)
    path = url_for("deployment.plan_page", month=found)
    open_bulletins = [task.bulletin for task in tasks if not task.is_done]
    summary = "\n".join(f"{row.reference}: {row.title}" for row in open_bulletins)
    rings = (
        ("pilot", plan.pilot, _("Pilot deployment")),
        ("broad", plan.broad, _("Broad deployment")),
    )
    days = [
        calendars.Day(f"plan-{me().id}-{found}-{name}", day, title, summary, path, sequence, now)
        for name, day, title in rings
    ]
    days += [
        calendars.Day(
            f"plan-{me().id}-{due_uid(row)}",
            row.kev_due_on,
            _("%(reference)s: due today", reference=row.reference),
            row.title,
            row.url,
            sequence,
            now,
        )
        for row in open_bulletins
        if row.kev_due_on
    ]
    return calendars.calendar_response(_("Rollout plan for %(month)s", month=found.name), days)
