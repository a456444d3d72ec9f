"""The demo community's deployment reports and the helpful marks on them."""

from datetime import timedelta
from pathlib import Path

import yaml

from auth.models import User
from bulletins.models import Bulletin
from core.database.db import clock_set_to, db, utcnow
from demo.story import Story
from deployment.models import DeploymentReport
from deployment.reports import actions, helpful_actions
from deployment.reports.actions import Installation

FILE = Path(__file__).parent / "content" / "reports.yaml"
MARKED_AFTER = timedelta(minutes=30)


def load() -> None:
    """Make the reports, each at its own time, unless there are reports already."""
    if db.session.scalar(db.select(DeploymentReport.id).limit(1)) is not None:
        return
    story = Story(utcnow())
    rows = yaml.safe_load(FILE.read_text())
    members = {
        user.username: user
        for user in db.session.scalars(
            db.select(User).where(User.username.in_([member["username"] for member in story.members]))
        )
    }
    bulletins = {
        row.tracking_id: row
        for row in db.session.scalars(
            db.select(Bulletin).where(
                Bulletin.tracking_id.in_([row["bulletin"] for row in rows]), Bulletin.is_public
            )
        )
    }
    for row in sorted(rows, key=lambda row: story.time_of(row["when"])):
        bulletin = bulletins.get(row["bulletin"])
        if bulletin is None or row["author"] not in members:
            continue
        reported_at = story.time_of(row["when"])
        with clock_set_to(reported_at):
            installed = Installation(
                row["ring"], row["outcome"], row.get("note", ""), target=row.get("target", "")
            )
            report = actions.report(bulletin, installed, by=members[row["author"]])
        with clock_set_to(reported_at + MARKED_AFTER):
            for name in set(row.get("thanks", [])) & set(members):
                helpful_actions.mark(report, True, by=members[name])
