"""Which inventories, and which of their entries, a member sees."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import joinedload

from auth.models import User, Visitor
from core.database.db import db
from products.inventories.models import Inventory, InventoryMember
from products.models import OwnedRelease

MAX_ID_DIGITS = 9


@dataclass(frozen=True)
class OneInventory:
    """A member who looks at one of their inventories, whether they use it or not: in place of the member.

    `id` is that of the member.
    """

    id: int
    inventory_id: int


Owner = User | Visitor | OneInventory


def one_inventory(user: User | Visitor, number: str) -> OneInventory | None:
    """`user` with one inventory, by its id as typed; None unless they see it."""
    if not (number.isascii() and number.isdigit() and len(number) <= MAX_ID_DIGITS):
        return None
    found = db.session.scalar(visible_ids(user).where(InventoryMember.inventory_id == int(number)))
    return OneInventory(user.id, found) if user.id is not None and found is not None else None


def visible_ids(user: Owner) -> Select:
    """SELECT of the ids of the inventories that `user` owns or has accepted."""
    return select(InventoryMember.inventory_id).where(
        InventoryMember.user_id == user.id, InventoryMember.accepted_at.is_not(None)
    )


def used_ids(user: Owner) -> Select:
    """SELECT of the ids of the visible inventories that `user` has chosen to use, or looks at."""
    if isinstance(user, OneInventory):
        return visible_ids(user).where(InventoryMember.inventory_id == user.inventory_id)
    return visible_ids(user).where(InventoryMember.is_used)


def is_used_by(user: Owner) -> ColumnElement[bool]:
    """SQL condition on OwnedRelease: it is in an inventory that `user` uses."""
    return OwnedRelease.inventory_id.in_(used_ids(user))


def members_using(*conditions: ColumnElement[bool]) -> Select:
    """SELECT of the ids of members who use an inventory with an entry that meets `conditions`."""
    return (
        select(InventoryMember.user_id)
        .join(OwnedRelease, OwnedRelease.inventory_id == InventoryMember.inventory_id)
        .where(InventoryMember.accepted_at.is_not(None), InventoryMember.is_used, *conditions)
        .distinct()
    )


def memberships(user: User | Visitor) -> list[InventoryMember]:
    """The inventories of `user` and the invitations, with owners: the default one first, then by name."""
    found = db.session.scalars(
        select(InventoryMember)
        .where(InventoryMember.user_id == user.id)
        .options(joinedload(InventoryMember.inventory).joinedload(Inventory.owner))
    )
    return sorted(
        found,
        key=lambda each: (
            not (each.inventory.is_default and each.inventory.owner_id == user.id),
            each.inventory.name.casefold(),
            each.inventory_id,
        ),
    )


def membership(user: User | Visitor, inventory_id: int, *, invited: bool = False) -> InventoryMember | None:
    """The membership of `user` in an inventory; None unless it is accepted, or `invited` counts too."""
    statement = (
        select(InventoryMember)
        .where(InventoryMember.user_id == user.id, InventoryMember.inventory_id == inventory_id)
        .options(joinedload(InventoryMember.inventory).joinedload(Inventory.owner))
    )
    if not invited:
        statement = statement.where(InventoryMember.accepted_at.is_not(None))
    return db.session.scalar(statement)


def members_of(inventory: Inventory) -> list[InventoryMember]:
    """The members of an inventory and those invited, with their accounts; the owner first."""
    return list(
        db.session.scalars(
            select(InventoryMember)
            .where(InventoryMember.inventory_id == inventory.id)
            .options(joinedload(InventoryMember.user))
            .order_by(InventoryMember.user_id != inventory.owner_id, InventoryMember.invited_at)
        )
    )


def default_of(user: User | Visitor) -> Inventory | None:
    """The default inventory of `user`, if there is one."""
    return db.session.scalar(select(Inventory).where(Inventory.owner_id == user.id, Inventory.is_default))
