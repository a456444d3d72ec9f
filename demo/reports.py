"""The demo community's deployment reports, and whom they helped."""

from datetime import timedelta
from pathlib import Path

import yaml

from auth.models import User
from bulletins.models import Bulletin
from core.database.db import clock_set_to, db, utcnow
from demo.story import Story
from deployment.models import DeploymentReport
from deployment.reports import actions, helpful_actions
from deployment.reports.actions import Said

FILE = Path(__file__).parent / "content" / "reports.yaml"
LATER = timedelta(minutes=30)


def load() -> None:
    """Bring the reports, each at its own moment, unless somebody has reported here already."""
    if db.session.scalar(db.select(DeploymentReport.id).limit(1)) is not None:
        return
    story, rows = Story(utcnow()), yaml.safe_load(FILE.read_text())
    people = {
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
    for row in sorted(rows, key=lambda row: story.moment(row["when"])):
        moment, bulletin = story.moment(row["when"]), bulletins.get(row["bulletin"])
        if bulletin is None or row["author"] not in people:
            continue
        with clock_set_to(moment):
            said = Said(row["ring"], row["outcome"], row.get("note", ""), target=row.get("target", ""))
            report = actions.report(bulletin, said, by=people[row["author"]])
        with clock_set_to(moment + LATER):
            for name in set(row.get("thanks", [])) & set(people):
                helpful_actions.mark(report, True, by=people[name])
