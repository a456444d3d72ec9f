"""Writes of inventories and their members. Nothing commits."""

from flask_babel import gettext as _
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from auth.models import User
from core.database.db import changed_rows, db, utcnow
from core.jobs import events
from core.limits.rate_limits import limit
from core.web.forms import Invalid
from inventory import actions
from products.inventories.models import Inventory, InventoryMember

MAX_INVENTORIES = 50  # of a member
MAX_MEMBERS = 50  # of an inventory
MAX_INVITATIONS_A_DAY = 30  # of a member


def create(user: User, name: str) -> Inventory:
    """Make an inventory; raises Invalid for a name that `user` has already, and above MAX_INVENTORIES."""
    actions.default_inventory(user)
    number = db.session.scalar(
        select(func.count()).select_from(Inventory).where(Inventory.owner_id == user.id)
    )
    if (number or 0) >= MAX_INVENTORIES:
        raise Invalid({"name": [_("You have %(n)s inventories already.", n=MAX_INVENTORIES)]})
    try:
        with db.session.begin_nested():
            return actions.new_inventory(user, name)
    except IntegrityError:
        raise _taken() from None


def _taken() -> Invalid:
    return Invalid({"name": [_("You have an inventory of this name already. Choose another name.")]})


def rename(inventory: Inventory, name: str) -> None:
    """Give an inventory another name; raises Invalid when its owner has one of that name."""
    try:
        with db.session.begin_nested():
            inventory.name = name
            db.session.flush()
    except IntegrityError:
        db.session.refresh(inventory)
        raise _taken() from None


def remove(inventory: Inventory) -> None:
    """Delete an inventory with its entries, uploads and members; raises Invalid for a default one."""
    if inventory.is_default:
        raise Invalid({"_": [_("Your first inventory stays. Remove its entries instead.")]})
    db.session.delete(inventory)


def invite(inventory: Inventory, member: User, right: str, *, by: User) -> InventoryMember:
    """Invite a member, or change the right of one who is invited or takes part; raises Invalid."""
    known = db.session.get(InventoryMember, (inventory.id, member.id))
    if member.id == inventory.owner_id:
        raise Invalid({"username": [_("This member owns the inventory.")]})
    if known is not None:
        known.right = right
        return known
    number = db.session.scalar(
        select(func.count()).select_from(InventoryMember).where(InventoryMember.inventory_id == inventory.id)
    )
    if (number or 0) >= MAX_MEMBERS:
        raise Invalid({"username": [_("An inventory has up to %(n)s members.", n=MAX_MEMBERS)]})
    limit("inventory-invitation", by.id, MAX_INVITATIONS_A_DAY, 86_400)
    invited = InventoryMember(inventory_id=inventory.id, user_id=member.id, right=right)
    db.session.add(invited)
    events.record("invitation.sent", subject=inventory, actor=by, member=member.id)
    return invited


def accept(membership: InventoryMember) -> None:
    """Accept an invitation: from now on the inventory is among the member's own."""
    if membership.accepted_at is None:
        membership.accepted_at = utcnow()


def end(membership: InventoryMember) -> None:
    """Decline an invitation, leave, or remove a member: it ends at once. The owner stays."""
    db.session.delete(membership)


def use(membership: InventoryMember, choice: str) -> None:
    """Use an inventory for the member's own pages and alerts: `yes`, `no`, or `only` this one."""
    membership.is_used = choice != "no"
    if choice == "only":
        changed_rows(
            update(InventoryMember)
            .where(
                InventoryMember.user_id == membership.user_id,
                InventoryMember.inventory_id != membership.inventory_id,
            )
            .values(is_used=False)
        )
