"""What a member has to install of a month, and how far they are."""

from dataclasses import dataclass

from sqlalchemy import select

from bulletins.models import Bulletin
from bulletins.queries import Filter, bulletins
from core.database.db import db
from deployment.calendar.months import Month
from deployment.models import OK, DeploymentReport
from deployment.plans.schedule import Plan, draw_up

MOST = 500


@dataclass(frozen=True)
class Task:
    """A bulletin that affects what the member runs; done when they reported it as installed broadly, ok."""

    bulletin: Bulletin
    is_done: bool


def tasks(user, month: Month) -> list[Task]:
    """The month's bulletins for what `user` runs, the most urgent first."""
    found = bulletins(Filter(owner=user, month=str(month)), size=MOST).items
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


def plan(user, month: Month, pilot_days: int, broad_days: int) -> tuple[list[Task], Plan]:
    """The tasks of `user` and the plan for them; what is done has no deadline."""
    found = tasks(user, month)
    due = [task.bulletin.kev_due_on for task in found if not task.is_done and task.bulletin.kev_due_on]
    return found, draw_up(month.patch_day, pilot_days, broad_days, due)
