"""The inventories in the export of an account."""

from auth.erasure.export_account import columns, register_export_part
from auth.models import User
from inventory import exports
from inventory import queries as owned_queries
from inventory.uploads import queries as upload_queries
from products import queries
from products.inventories import queries as inventory_queries


@register_export_part("products")
def _owned(user: User) -> list[dict]:
    day = queries.today()
    return [
        {**exports.owned_row(row, day), "inventory": membership.inventory.title}
        for membership in inventory_queries.memberships(user)
        if membership.inventory.owner_id == user.id
        for row in owned_queries.owned(user, membership.inventory)
    ]


@register_export_part("inventories")
def _inventories(user: User) -> list[dict]:
    """Own inventories with their members, and those that others share with the member."""
    return [
        {
            **columns(membership),
            "name": membership.inventory.title,
            "owner": membership.inventory.owner.username,
            "members": [
                {"username": each.user.username, "right": each.right, "accepted_at": each.accepted_at}
                for each in inventory_queries.members_of(membership.inventory)
                if membership.inventory.owner_id == user.id
            ],
        }
        for membership in inventory_queries.memberships(user)
    ]


@register_export_part("inventory_files")
def _uploads(user: User) -> list[dict]:
    return [columns(row, exclude={"content", "result", "claimed_by"}) for row in upload_queries.sent_by(user)]
