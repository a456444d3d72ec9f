"""A member's products as rows of values, for the API and the file of their data."""

from datetime import date

from core.mail.mail import site_url
from products.facts import plain
from products.lifecycle.phases import phase_on
from products.models import OwnedRelease


def owned_row(row: OwnedRelease, day: date) -> dict:
    """A line of what a member runs."""
    release = row.release
    return {
        "id": row.id,
        "product": row.product.slug,
        "release": release.cycle if release else None,
        "title": release.title if release else row.product.name,
        "source": row.source,
        "phase": str(phase_on(release, day)) if release else None,
        "security": plain(release.ends.get("security")) if release else None,
        "url": site_url() + row.product.path,
    }
