"""Columns of deployment reports that redaction masks."""

import hashlib

from auth.models import User
from core import redaction
from core.redaction import MASK
from deployment.models import CalendarMark, DeploymentReport, DeploymentTally


def _hash_key(row: DeploymentReport | DeploymentTally, by: User) -> None:
    """Replace the key of a masked target by its hash, so that its reports stay grouped."""
    if MASK in row.target:
        row.target_key = f"t:{hashlib.sha256(row.target_key.encode()).hexdigest()[:32]}"


redaction.register_text(
    DeploymentReport,
    "target",
    "note",
    changed=_hash_key,
    derived=("target_key",),
    about=lambda texts: DeploymentReport.bulletin_id.in_(texts.post_ids),
)
redaction.register_text(
    DeploymentTally,
    "target",
    changed=_hash_key,
    derived=("target_key",),
    about=lambda texts: DeploymentTally.bulletin_id.in_(texts.post_ids),
)
redaction.register_without_text(DeploymentReport, "ring", "outcome")
redaction.register_without_text(CalendarMark, "uid")
