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
from deployment.plans.queries import Task, plan
from deployment.plans.schedule import BROAD_DAYS, MOST_DAYS, PILOT_DAYS, Plan
from inventory import queries
from products import exports as files

EPOCH = datetime(2020, 1, 1, tzinfo=UTC)


def _days(name: str, usual: int) -> int:
    """A number of days from the address, kept in bounds."""
    return min(max(request.args.get(name, usual, int), 0), MOST_DAYS)


def _plan(month: str) -> tuple[Month, list[Task], Plan, dict[str, int]]:
    """The plan that the address asks for, and its two numbers."""
    g.private_page = True
    found = month_named(month)
    days = {"pilot": _days("pilot", PILOT_DAYS), "broad": _days("broad", BROAD_DAYS)}
    return found, *plan(me(), found, days["pilot"], days["broad"]), days


@bp.get("/calendar/<month>/plan")
@login_required
def plan_page(month: str):
    """When the patches of a month reach the pilot and everybody, of what one runs."""
    found, mine, drawn, days = _plan(month)
    return render_template(
        "deployment/plan.html",
        month=found,
        tasks=mine,
        plan=drawn,
        days=days,
        most=MOST_DAYS,
        owns=queries.count(me()),
    )


@bp.get("/calendar/<month>/plan.csv")
@login_required
def plan_table(month: str):
    """The plan as CSV."""
    found, mine, drawn, _numbers = _plan(month)
    return files.answer(f"plan-{found}", "csv", (exports.task_row(task, drawn) for task in mine))


@bp.get("/calendar/<month>/plan.md")
@login_required
def plan_text(month: str):
    """The plan as Markdown, for a ticket or a wiki."""
    found, mine, drawn, _numbers = _plan(month)
    text = render_template(
        "deployment/plan.md",
        month=found,
        plan=drawn,
        escape=exports.escape,
        rows=[exports.task_row(task, drawn) for task in mine],
    )
    answer = Response(text, mimetype="text/markdown")
    answer.headers["Content-Disposition"] = f'attachment; filename="plan-{found}.md"'
    return answer


@bp.get("/calendar/<month>/plan.ics")
@login_required
def plan_calendar(month: str):
    """The plan as a calendar; each export takes the place of the one before."""
    found, mine, drawn, _numbers = _plan(month)
    now = utcnow().replace(microsecond=0)
    number = int((now - EPOCH).total_seconds() // 60)
    path = url_for("deployment.plan_page", month=found)
    open_tasks = [task.bulletin for task in mine if not task.is_done]
    listed = "\n".join(f"{row.reference}: {row.title}" for row in open_tasks)
    days = [
        calendars.Day(f"plan-{me().id}-{found}-{name}", day, title, listed, path, number, now)
        for name, day, title in (
            ("pilot", drawn.pilot, _("Pilot deployment")),
            ("broad", drawn.broad, _("Broad deployment")),
        )
    ]
    days += [
        calendars.Day(
            f"plan-{me().id}-{due_uid(row)}",
            row.kev_due_on,
            _("%(reference)s: due today", reference=row.reference),
            row.title,
            row.url,
            number,
            now,
        )
        for row in open_tasks
        if row.kev_due_on
    ]
    return calendars.answer(_("Rollout plan for %(month)s", month=found.name), days)
