"""Permissions on inventories, by membership; reading needs an accepted one."""

from products.inventories.models import EDIT, OWNER, InventoryMember


def can_edit(membership: InventoryMember) -> bool:
    """Whether a member may add and remove entries, and send files."""
    return membership.accepted_at is not None and membership.right in (OWNER, EDIT)


def can_manage(membership: InventoryMember) -> bool:
    """Whether a member may rename, share and delete the inventory: its owner may."""
    return membership.right == OWNER


def can_leave(membership: InventoryMember) -> bool:
    """Whether a member may leave: all but the owner, who can delete it."""
    return membership.right != OWNER
