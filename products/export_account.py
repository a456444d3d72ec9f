"""What a member runs, for the file of their data."""

from auth.export_account import part
from products import exports, owned_queries, queries


@part("products")
def _owned(user) -> list[dict]:
    day = queries.today()
    return [exports.owned_row(row, day) for row in owned_queries.owned(user)]
