"""Texts of rings, outcomes and targets, for pages, feeds and files."""

from flask_babel import gettext as _

from deployment.models import DeploymentReport, DeploymentTally
from products.models import Release


def ring(name: str) -> str:
    """The label of a deployment ring."""
    return {"lab": _("lab"), "pilot": _("pilot"), "broad": _("broad")}[name]


def outcome(name: str) -> str:
    """The label of an outcome."""
    return {
        "ok": _("installed"),
        "issue": _("installed with issues"),
        "failed": _("failed"),
        "rolled_back": _("rolled back"),
    }[name]


def listed_release(row: DeploymentReport | DeploymentTally) -> Release | None:
    """The release of a report or tally, or None when the catalogue does not list it any more."""
    release = row.release
    if release is None or release.removed_at is not None or release.product.removed_at is not None:
        return None
    return release


def target(row: DeploymentReport | DeploymentTally) -> str:
    """The installed release or the text of the member, which may be empty."""
    release = listed_release(row)
    return release.title if release is not None else row.target
