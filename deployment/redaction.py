"""What redaction masks of deployment reports."""

import hashlib

from core import redaction
from core.redaction import MASK
from deployment.models import CalendarMark, DeploymentReport, DeploymentTally


def _follow(row, by) -> None:
    """A masked target keeps a key of its own, so that its reports stay together."""
    if MASK in row.target:
        row.target_key = f"t:{hashlib.sha256(row.target_key.encode()).hexdigest()[:32]}"


redaction.register_text(
    DeploymentReport,
    "target",
    "note",
    changed=_follow,
    derived=("target_key",),
    about=lambda texts: DeploymentReport.bulletin_id.in_(texts.post_ids),
)
redaction.register_text(
    DeploymentTally,
    "target",
    changed=_follow,
    derived=("target_key",),
    about=lambda texts: DeploymentTally.bulletin_id.in_(texts.post_ids),
)
redaction.register_without_text(DeploymentReport, "ring", "outcome")
redaction.register_without_text(CalendarMark, "uid")
