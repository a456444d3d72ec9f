"""Months, reports and plans as rows of values: what the API and the files say."""

import re
from collections.abc import Iterator

from flask import url_for

from bulletins.models import Bulletin
from core.mail.mail import site_url
from deployment import labels
from deployment.calendar.months import Month
from deployment.calendar.queries import RATINGS, Totals
from deployment.models import OUTCOMES, DeploymentReport
from deployment.plans.queries import Task
from deployment.plans.schedule import Plan
from deployment.reports import queries
from deployment.reports.queries import Tally

SLICE, MOST = 500, 20_000
MARKUP = re.compile(r"([\\`*_{}\[\]<>()#+!|~&-])")


def month_row(month: Month, totals: Totals | None, tally: Tally | None) -> dict:
    """A month as a line of a list."""
    totals, tally = totals or Totals(), tally or Tally()
    return {
        "month": str(month),
        "patch_day": month.patch_day,
        "patch_at": month.patch_instant,
        "bulletins": totals.bulletins,
        **{rating or "not_rated": totals.severities[rating] for rating in RATINGS},
        "exploited": totals.exploited,
        "unpatched": totals.unpatched,
        "out_of_band": totals.out_of_band,
        "reports": dict(tally.counts),
        "url": site_url() + month.path,
    }


def flat(row: dict) -> dict:
    """The same line for a table: reports by outcome each in a column."""
    reports = row.pop("reports")
    return row | {f"reports_{outcome}": reports[outcome] for outcome in OUTCOMES}


def report_row(report: DeploymentReport) -> dict:
    """A report as a line of a list."""
    author = report.user if report.user is not None and report.user.erased_at is None else None
    release = labels.listed(report)
    return {
        "id": report.id,
        "bulletin": report.bulletin.reference,
        "release": f"{release.product.slug}/{release.cycle}" if release else None,
        "target": labels.target(report),
        "ring": report.ring,
        "outcome": report.outcome,
        "note": report.note,
        "helpful": report.helpful_count,
        "author": author.username if author else None,
        "author_url": site_url() + author.profile_url if author else None,
        "created_at": report.created_at,
        "updated_at": report.updated_at,
        "url": site_url() + report.path,
    }


def report_rows(bulletin: Bulletin, outcome: str = "") -> Iterator[dict]:
    """All reports of a bulletin, a slice at a time."""
    after, told = None, 0
    while told < MOST:
        page = queries.reports(bulletin, outcome=outcome, after=after, size=SLICE)
        yield from map(report_row, page)
        told, after = told + len(page.items), page.next
        if after is None:
            return


def task_row(task: Task, plan: Plan) -> dict:
    """A bulletin of a plan as a line of a list."""
    bulletin = task.bulletin
    return {
        "reference": bulletin.reference,
        "title": bulletin.title,
        "severity": bulletin.severity or None,
        "is_exploited": bulletin.is_exploited,
        "is_unpatched": bulletin.is_unpatched,
        "pilot_on": plan.pilot,
        "broad_on": plan.broad,
        "due_on": bulletin.kev_due_on,
        "is_done": task.is_done,
        "url": site_url() + bulletin.url,
    }


def plan_row(month: Month, plan: Plan, tasks: list[Task]) -> dict:
    """A plan with its bulletins."""
    return {
        "month": str(month),
        "patch_day": plan.patch_day,
        "pilot_on": plan.pilot,
        "broad_on": plan.broad,
        "deadline": plan.deadline,
        "is_late": plan.is_late,
        "items": [task_row(task, plan) for task in tasks],
        "url": site_url() + url_for("deployment.plan_page", month=month),
    }


def escape(text: str) -> str:
    """Text that Markdown shows as it is, in one line."""
    return MARKUP.sub(r"\\\1", " ".join(text.split()))
