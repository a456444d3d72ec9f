"""A member's security alerts, for the file of their data."""

from alerts import queries
from auth.erasure.export_account import columns, register_export_part


@register_export_part("alerts")
def _alerts(user) -> dict | None:
    row = queries.of_member(user)
    return row and columns(row, exclude={"handle"})
