"""Inventories in the API; they are shared on their pages."""

from typing import cast

from flask import Response

from auth import tokens
from auth.models import User
from core.api.api import READ, WRITE, Cursor, listing, no_content, page_of
from core.database import paging
from core.database.db import db
from core.mail.mail import site_url
from core.web.access import get_or_404, require
from inventory import actions as owned_actions
from inventory import exports
from inventory import queries as owned_queries
from inventory.api import bp
from inventory.schemas import OwnedItem
from inventory.sharing import actions, policy, schemas
from products import policy as product_policy
from products import queries
from products.inventories import queries as inventory_queries
from products.inventories.models import InventoryMember


def membership_or_404(inventory_id: int) -> InventoryMember:
    """The membership of the token's owner; stops with 404 for an inventory that they do not see."""
    return get_or_404(inventory_queries.membership(tokens.reader(), inventory_id))


def row(membership: InventoryMember) -> dict:
    """An inventory as the API shows it to a member."""
    inventory = membership.inventory
    return {
        "id": inventory.id,
        "name": inventory.title,
        "owner": inventory.owner.username,
        "right": membership.right,
        "is_default": inventory.is_default,
        "is_used": membership.is_used,
        "changed_at": inventory.changed_at,
        "url": f"{site_url()}/my/inventories/{inventory.id}",
    }


@bp.get("/inventories")
@tokens.bearer(READ)
@bp.arguments(Cursor, location="query")
@bp.response(200, page_of(schemas.InventoryItem))
def list_inventories(wanted: dict) -> dict:
    """The inventories that you see, by number."""
    found = [each for each in inventory_queries.memberships(tokens.reader()) if each.accepted_at]
    page = paging.page_in_memory(
        sorted(found, key=lambda each: each.inventory_id),
        lambda each: [each.inventory_id],
        wanted["after"],
        size=actions.MAX_INVENTORIES + actions.MAX_MEMBERS,
        types=[int],
        changed=lambda each: each.inventory.changed_at,
    )
    return listing(page, row)


@bp.post("/inventories")
@tokens.bearer(WRITE)
@bp.arguments(schemas.InventorySchema)
@bp.response(201, schemas.InventoryItem)
def create_inventory(data: dict) -> dict:
    """Make an inventory."""
    user = cast("User", tokens.reader())  # bearer() requires an account
    require(product_policy.can_own(user))
    inventory = actions.create(user, data["name"])
    db.session.commit()
    return row(membership_or_404(inventory.id))


@bp.get("/inventories/<int:inventory_id>")
@tokens.bearer(READ)
@bp.response(200, schemas.InventoryItem)
def get_inventory(inventory_id: int) -> dict:
    """An inventory that you see."""
    return row(membership_or_404(inventory_id))


@bp.delete("/inventories/<int:inventory_id>")
@tokens.bearer(WRITE)
@bp.response(204)
def delete_inventory(inventory_id: int) -> Response:
    """Delete an inventory of yours with its products; your first one stays."""
    membership = membership_or_404(inventory_id)
    require(policy.can_manage(membership))
    actions.remove(membership.inventory)
    db.session.commit()
    return no_content()


@bp.get("/inventories/<int:inventory_id>/products")
@tokens.bearer(READ)
@bp.arguments(Cursor, location="query")
@bp.response(200, page_of(OwnedItem))
def list_products_of_inventory(wanted: dict, inventory_id: int) -> dict:
    """The products of an inventory, by name; all of them when no `limit` is given."""
    day = queries.today()
    inventory = membership_or_404(inventory_id).inventory
    page = owned_queries.page(
        tokens.reader(), wanted["after"], size=owned_actions.MAX_OWNED, inventory=inventory
    )
    return listing(page, lambda each: exports.owned_row(each, day))
