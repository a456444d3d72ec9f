"""Products in the search index."""

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from core.markup.markup import to_text
from products import names
from products.models import Product
from search.documents import MAX_BODY_LENGTH, Family, key
from search.fields import Document


def _document(product: Product) -> Document:
    spellings = [name.value for name in product.names if name.kind in (names.NAME, names.TITLE)]
    releases = [f"{r.label} {r.codename} {r.latest}" for r in product.live_releases]
    body = " ".join([*spellings, product.vendor, *releases, to_text(product.description_html)])
    return Document(
        key=key("product", product.id),
        kind="product",
        title=product.name,
        body=body[:MAX_BODY_LENGTH],
        tags=tuple(product.tags.split()),
        created_at=product.created_at,
    )


def _show(product: Product) -> tuple[str, str, str]:
    return product.name, product.path, product.description_html


family = Family(
    "product",
    Product,
    select(Product)
    .where(Product.removed_at.is_(None))
    .options(selectinload(Product.names), selectinload(Product.releases)),
    _document,
    _show,
)
