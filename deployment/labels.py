"""What rings and outcomes are called, for pages, feeds and files alike."""

from flask_babel import gettext as _

from products.models import Release


def ring(name: str) -> str:
    """How far an installation went."""
    return {"lab": _("lab"), "pilot": _("pilot"), "broad": _("broad")}[name]


def outcome(name: str) -> str:
    """How it went."""
    return {
        "ok": _("installed"),
        "issue": _("installed with issues"),
        "failed": _("failed"),
        "rolled_back": _("rolled back"),
    }[name]


def listed(row) -> Release | None:
    """The release of a report or tally, while the catalogue lists it."""
    release = row.release
    if release is None or release.removed_at is not None or release.product.removed_at is not None:
        return None
    return release


def target(row) -> str:
    """Where it was installed: the release, or what the member wrote, which may be nothing."""
    release = listed(row)
    return release.title if release is not None else row.target
