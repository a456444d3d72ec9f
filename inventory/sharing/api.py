"""Inventories in the API, and with whom they are shared."""

from flask import Response
from flask_babel import gettext as _

from auth import tokens
from auth.queries import by_username
from core.api.api import READ, WRITE, Cursor, listing, no_content, page_of
from core.database import paging
from core.database.db import db
from core.mail.mail import site_url
from core.web.access import get_or_404, require
from core.web.forms import Invalid
from inventory import actions as owned_actions
from inventory import exports
from inventory import queries as owned_queries
from inventory.api import bp
from inventory.schemas import OwnedItem
from inventory.sharing import actions, policy, schemas
from products import policy as product_policy
from products import queries
from products.inventories import queries as inventory_queries
from products.inventories.models import OWNER, InventoryMember


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
    user = tokens.member()
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


@bp.patch("/inventories/<int:inventory_id>")
@tokens.bearer(WRITE)
@bp.arguments(schemas.InventorySchema)
@bp.response(200, schemas.InventoryItem)
def rename_inventory(data: dict, inventory_id: int) -> dict:
    """Give an inventory of yours another name."""
    membership = membership_or_404(inventory_id)
    require(policy.can_manage(membership))
    actions.rename(membership.inventory, data["name"])
    db.session.commit()
    return row(membership_or_404(inventory_id))


@bp.get("/inventories/<int:inventory_id>/members")
@tokens.bearer(READ)
@bp.arguments(Cursor, location="query")
@bp.response(200, page_of(schemas.InventoryMemberItem))
def list_members(wanted: dict, inventory_id: int) -> dict:
    """The members of an inventory, the owner first; its owner sees those who are invited, too."""
    membership = membership_or_404(inventory_id)
    found = [
        each
        for each in inventory_queries.members_of(membership.inventory)
        if each.accepted_at or policy.can_manage(membership)
    ]
    page = paging.page_in_memory(
        found,
        lambda each: [int(each.right != OWNER), each.user_id],
        wanted["after"],
        size=actions.MAX_MEMBERS,
        types=[int, int],
        changed=lambda each: each.accepted_at or each.invited_at,
    )
    return listing(page, _member_row)


def _member_row(membership: InventoryMember) -> dict:
    return {
        "username": membership.user.username,
        "right": membership.right,
        "invited_at": membership.invited_at,
        "accepted_at": membership.accepted_at,
    }


@bp.post("/inventories/<int:inventory_id>/members")
@tokens.bearer(WRITE)
@bp.arguments(schemas.InvitationSchema)
@bp.response(201, schemas.InventoryMemberItem)
def invite_member(data: dict, inventory_id: int) -> dict:
    """Invite a member to an inventory of yours, or change their right; they see it once they accept."""
    membership = membership_or_404(inventory_id)
    require(policy.can_manage(membership))
    member = by_username(data["username"].removeprefix("@"))
    if member is None:
        raise Invalid({"username": [_("There is no member of this name.")]})
    user = tokens.member()
    invited = actions.invite(membership.inventory, member, data["right"], by=user)
    db.session.commit()
    return _member_row(invited) | {"username": member.username}


@bp.delete("/inventories/<int:inventory_id>/members/<username>")
@tokens.bearer(WRITE)
@bp.response(204)
def remove_member(inventory_id: int, username: str) -> Response:
    """Remove a member or an invitation (owners); by your own name, leave an inventory or decline."""
    user = tokens.member()
    is_mine = username.casefold() == user.username.casefold()
    membership = get_or_404(inventory_queries.membership(user, inventory_id, invited=is_mine))
    other: InventoryMember | None = membership
    if not is_mine:
        require(policy.can_manage(membership))
        members = inventory_queries.members_of(membership.inventory)
        named = (each for each in members if each.user.username.casefold() == username.casefold())
        other = next(named, None)
    found = get_or_404(other)
    require(policy.can_leave(found), _("The owner stays. Delete the inventory instead."))
    actions.end(found)
    db.session.commit()
    return no_content()


@bp.get("/users/me/invitations")
@tokens.bearer(READ)
@bp.arguments(Cursor, location="query")
@bp.response(200, page_of(schemas.InvitationItem))
def list_invitations(wanted: dict) -> dict:
    """Invitations to inventories that you have not accepted."""
    found = [each for each in inventory_queries.memberships(tokens.reader()) if not each.accepted_at]
    page = paging.page_in_memory(
        sorted(found, key=lambda each: each.inventory_id),
        lambda each: [each.inventory_id],
        wanted["after"],
        size=actions.MAX_INVENTORIES + actions.MAX_MEMBERS,
        types=[int],
        changed=lambda each: each.invited_at,
    )
    return listing(page, lambda each: row(each) | {"invited_at": each.invited_at})


@bp.put("/inventories/<int:inventory_id>/membership")
@tokens.bearer(WRITE)
@bp.arguments(schemas.ChangedMembershipSchema)
@bp.response(200, schemas.InventoryItem)
def put_membership(data: dict, inventory_id: int) -> dict:
    """Accept an invitation, and choose whether the inventory counts on your pages and in your alerts."""
    user = tokens.member()
    membership = get_or_404(inventory_queries.membership(user, inventory_id, invited=True))
    require(product_policy.can_own(user))
    actions.accept(membership)
    actions.use(membership, "yes" if data["is_used"] else "no")
    db.session.commit()
    return row(membership_or_404(inventory_id))
