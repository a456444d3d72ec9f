"""Reads of rollout plans: a month's bulletins for a member's products."""

from dataclasses import dataclass

from sqlalchemy import select

from auth.models import User
from bulletins.models import Bulletin
from bulletins.queries import Filter, bulletins
from core.database.db import db
from deployment.calendar.months import Month
from deployment.models import OK, DeploymentReport
from deployment.plans.schedule import Plan, make_plan

MAX_TASKS = 500


@dataclass(frozen=True)
class Task:
    """A bulletin that affects the member's products; done with a report of `ok` in the broad ring."""

    bulletin: Bulletin
    is_done: bool


def tasks(user: User, month: Month) -> list[Task]:
    """The month's bulletins for the products of `user`, the most urgent first."""
    found = bulletins(Filter(owner=user, month=str(month)), size=MAX_TASKS).items
    done = set(
        db.session.scalars(
            select(DeploymentReport.bulletin_id).where(
                DeploymentReport.user_id == user.id,
                DeploymentReport.ring == "broad",
                DeploymentReport.outcome == OK,
                DeploymentReport.removed_at.is_(None),
                DeploymentReport.bulletin_id.in_([bulletin.id for bulletin in found]),
            )
        )
    )
    return [Task(bulletin, bulletin.id in done) for bulletin in found]


def plan(user: User, month: Month, pilot_days: int, broad_days: int) -> tuple[list[Task], Plan]:
    """The tasks of `user` and the plan for them; tasks that are done do not set the deadline."""
    found = tasks(user, month)
    due = [task.bulletin.kev_due_on for task in found if not task.is_done and task.bulletin.kev_due_on]
    return found, make_plan(month.patch_day, pilot_days, broad_days, due)
