"""Rows of the inventory for the API, files and the export of an account."""

from datetime import date

from core.mail.mail import site_url
from products.facts import to_json
from products.lifecycle.phases import phase_on
from products.models import OwnedRelease


def owned_row(row: OwnedRelease, day: date) -> dict:
    """The row of an inventory entry."""
    release = row.release
    return {
        "id": row.id,
        "product": row.product.slug,
        "release": release.cycle if release else None,
        "title": release.title if release else row.product.name,
        "source": row.source,
        "phase": str(phase_on(release, day)) if release else None,
        "security": to_json(release.ends.get("security")) if release else None,
        "url": site_url() + row.product.path,
    }
