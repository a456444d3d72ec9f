"""Reads of uploads: visible to the members of their inventory."""

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from auth.models import User, Visitor
from core.database.db import db
from inventory.uploads.models import InventoryUpload
from products.inventories.models import Inventory
from products.inventories.queries import visible_ids


def visible(user: User | Visitor, upload_id: int) -> InventoryUpload | None:
    """An upload of an inventory that `user` sees, with the inventory."""
    return db.session.scalar(
        select(InventoryUpload)
        .where(InventoryUpload.id == upload_id, InventoryUpload.inventory_id.in_(visible_ids(user)))
        .options(joinedload(InventoryUpload.inventory).joinedload(Inventory.owner))
    )


def latest(inventory: Inventory, limit: int = 10) -> list[InventoryUpload]:
    """The latest uploads of an inventory, with who sent them."""
    return list(
        db.session.scalars(
            select(InventoryUpload)
            .where(InventoryUpload.inventory_id == inventory.id)
            .options(joinedload(InventoryUpload.user))
            .order_by(InventoryUpload.id.desc())
            .limit(limit)
        )
    )


def content_of(upload: InventoryUpload) -> bytes | None:
    """The packed document, until it has been read."""
    return db.session.scalar(select(InventoryUpload.content).where(InventoryUpload.id == upload.id))


def result_of(upload: InventoryUpload) -> bytes | None:
    """The packed result."""
    return db.session.scalar(select(InventoryUpload.result).where(InventoryUpload.id == upload.id))


def sent_by(user: User) -> list[InventoryUpload]:
    """All uploads that `user` sent, for the export of the account."""
    return list(
        db.session.scalars(
            select(InventoryUpload).where(InventoryUpload.user_id == user.id).order_by(InventoryUpload.id)
        )
    )
