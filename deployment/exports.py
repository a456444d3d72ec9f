"""Months, reports and plans as rows of values, for the API and for files."""

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

BATCH_SIZE = 500
MAX_ROWS = 20_000
MARKDOWN_SYNTAX = re.compile(r"([\\`*_{}\[\]<>()#+!|~&-])")


def month_row(month: Month, totals: Totals | None, tally: Tally | None) -> dict:
    """A month with its totals and the outcomes of its reports."""
    totals = totals or Totals()
    tally = tally or Tally()
    return {
        "month": str(month),
        "patch_day": month.patch_day,
        "patch_at": month.patch_time,
        "bulletins": totals.bulletins,
        **{rating or "not_rated": totals.severities[rating] for rating in RATINGS},
        "exploited": totals.exploited,
        "unpatched": totals.unpatched,
        "out_of_band": totals.out_of_band,
        "reports": dict(tally.counts),
        "url": site_url() + month.path,
    }


def flat(row: dict) -> dict:
    """A row of month_row() for a table, with a column for each outcome."""
    reports = row.pop("reports")
    return row | {f"reports_{outcome}": reports[outcome] for outcome in OUTCOMES}


def report_row(report: DeploymentReport) -> dict:
    """A report with its bulletin, release and author."""
    author = report.user if report.user is not None and report.user.erased_at is None else None
    release = labels.listed_release(report)
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
    """Rows of the reports of a bulletin, at most about MAX_ROWS; read BATCH_SIZE at a time."""
    after = None
    exported = 0
    while exported < MAX_ROWS:
        page = queries.reports(bulletin, outcome=outcome, after=after, size=BATCH_SIZE)
        yield from map(report_row, page)
        exported += len(page.items)
        after = page.next
        if after is None:
            return


def task_row(task: Task, plan: Plan) -> dict:
    """A bulletin of a rollout plan with its dates."""
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
    """A rollout plan with its bulletins."""
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
    """Escape Markdown syntax and join lines."""
    return MARKDOWN_SYNTAX.sub(r"\\\1", " ".join(text.split()))
