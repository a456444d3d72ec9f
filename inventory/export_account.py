"""The inventory in the export of an account."""

from auth.erasure.export_account import register_export_part
from auth.models import User
from inventory import exports
from inventory import queries as owned_queries
from products import queries


@register_export_part("products")
def _owned(user: User) -> list[dict]:
    day = queries.today()
    return [exports.owned_row(row, day) for row in owned_queries.owned(user)]
