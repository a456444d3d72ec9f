"""Columns of products that redaction masks; slugs and categories are not masked."""

from auth.models import User
from core import redaction
from core.jobs import events
from core.markup.markup import render
from products.change_models import ImportConflict, LifecycleNotice, ProductChange
from products.inventories.models import Inventory, InventoryMember
from products.models import LifecyclePhase, OwnedRelease, Product, ProductName, ProductWord, Release


def _update_derived(product: Product, by: User) -> None:
    if product.description_html:
        description = render(product.description)
        product.description_html = description.html
        product.markup_version = description.version
    events.record("product.changed", subject=product, actor=by)


redaction.register_text(
    Product,
    "name",
    "sort_name",
    "vendor",
    "tags",
    "description",
    "policy_url",
    "version_command",
    "phase_names",
    changed=_update_derived,
    derived=("description_html",),
)
redaction.register_text(Release, "label", "codename", "latest", "link")
redaction.register_text(ProductChange, "facts")
redaction.register_text(ImportConflict, "theirs")
redaction.register_text(ProductName, "value", "key")
redaction.register_without_text(Product, "slug", "category", "ours", "source", "supported_until")
redaction.register_without_text(Release, "cycle", "lts", "ours")
redaction.register_without_text(ProductWord, "word")
redaction.register_without_text(ProductName, "kind")
redaction.register_without_text(ProductChange, "source", "verb")
redaction.register_without_text(ImportConflict, "field", "source")
redaction.register_without_text(LifecyclePhase, "kind", "ends")
redaction.register_without_text(LifecycleNotice, "ends")
redaction.register_without_text(OwnedRelease, "source")
redaction.register_text(Inventory, "name")
redaction.register_without_text(InventoryMember, "right")
