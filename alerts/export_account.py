"""A member's security alerts, for the export of their account."""

from alerts import queries
from auth.erasure.export_account import columns, register_export_part
from auth.models import User


@register_export_part("alerts")
def _alerts(user: User) -> dict | None:
    row = queries.of_member(user)
    return row and columns(row, exclude={"handle"})
