"""Products and life cycles in the API."""

from flask_babel import gettext as _

from auth import tokens
from core.api.api import WRITE, ApiBlueprint, listing, no_content, page_of
from core.database import versions
from core.database.db import db
from core.mail.mail import site_url
from core.web.access import get_or_404, require
from core.web.forms import Invalid
from products import actions, api_schemas, exports, policy, queries, schemas
from products.lifecycle import queries as lifecycle_queries
from products.models import Product, Release
from products.views import find

bp = ApiBlueprint("products", __name__, description="Products and their life cycles")


def item(product: Product) -> dict:
    """A product as every list of the API has it."""
    return {
        "id": product.id,
        "kind": "product",
        "title": product.name,
        "url": site_url() + product.path,
        "body": product.description,
        "author": None,
        "author_url": None,
        "score": 0,
        "tags": product.tags.split(),
        "created_at": product.created_at,
        "source": None,
        "slug": product.slug,
        "vendor": product.vendor,
        "category": product.category,
        "imported_from": product.source or None,
        "version": product.version,
    }


def _whole(product: Product) -> dict:
    day = queries.today()
    return {
        **item(product),
        "policy_url": product.policy_url or None,
        "version_command": product.version_command or None,
        "phase_names": product.phase_names,
        "names": [name.line for name in product.aliases],
        "releases": [release_item(release, day) for release in product.live_releases],
    }


def release_item(release: Release, day) -> dict:
    """A release as JSON."""
    return {**exports.release_row(release, day), "version": release.version}


def release_of(product: Product, cycle: str) -> Release | None:
    """The release called `cycle`, unless a moderator removed it."""
    return next((release for release in product.live_releases if release.cycle == cycle), None)


def _curator():
    user = tokens.reader()
    require(policy.can_curate(user))
    return user


@bp.get("/products")
@bp.arguments(api_schemas.ProductQuery, location="query")
@bp.response(200, page_of(api_schemas.ProductItem))
def list_products(wanted: dict):
    """Products by name, each with where it stands today."""
    page = queries.products(
        text=wanted["q"],
        category=wanted["category"],
        vendor=wanted["vendor"],
        status=wanted["status"],
        after=wanted.get("after"),
    )
    glances = queries.glances(page, queries.today())
    return listing(
        page, lambda product: {**item(product), **exports.product_row(product, glances[product.id])}
    )


@bp.post("/products")
@tokens.bearer(WRITE)
@bp.arguments(schemas.NewProductSchema)
@bp.response(201, api_schemas.WholeProduct)
def add_product(data: dict):
    """Add a product (moderators)."""
    user, slug = _curator(), data.pop("slug")
    if queries.full(slug, removed=True):
        raise Invalid({"slug": [_("A product with this address already exists.")]})
    product = actions.create(slug, data, by=user)
    db.session.commit()
    return versions.tagged(product, _whole(product))


@bp.get("/products/<slug>")
@bp.response(200, api_schemas.WholeProduct)
def get_product(slug: str):
    """One product with its releases."""
    product = find(slug)
    return versions.tagged(product, _whole(product))


@bp.patch("/products/<slug>")
@tokens.bearer(WRITE)
@bp.arguments(schemas.ProductSchema(partial=True))
@bp.response(200, api_schemas.WholeProduct)
def edit_product(data: dict, slug: str):
    """Change what is sent, keep the rest (moderators); what it was stands in its history."""
    user = _curator()
    product = find(slug)
    actions.edit(product, data, by=user, expected=versions.expected_by_header())
    db.session.commit()
    return versions.tagged(product, _whole(product))


@bp.delete("/products/<slug>")
@tokens.bearer(WRITE)
@bp.response(204)
def remove_product(slug: str):
    """Take a product off every list (moderators); its history page brings it back."""
    user = _curator()
    actions.remove(find(slug), by=user, expected=versions.expected_by_header())
    db.session.commit()
    return no_content()


@bp.put("/products/<slug>/releases/<cycle>")
@tokens.bearer(WRITE)
@bp.arguments(schemas.ReleaseSchema(partial=True))
@bp.response(200, api_schemas.ReleaseItem)
def put_release(data: dict, slug: str, cycle: str):
    """Add a release, or change what is sent of it (moderators)."""
    user = _curator()
    product = find(slug)
    release = release_of(product, cycle)
    versions.require_header(release)
    if release is not None:
        actions.edit(release, data, by=user, expected=versions.expected_by_header())
    elif not schemas.CYCLE.match(cycle) or any(r.cycle == cycle for r in product.releases):
        raise Invalid({"cycle": [_("This name cannot be used for a new release.")]})
    else:
        release = actions.add_release(product, cycle, data, by=user)
    db.session.commit()
    return versions.tagged(release, release_item(release, queries.today()))


@bp.delete("/products/<slug>/releases/<cycle>")
@tokens.bearer(WRITE)
@bp.response(204)
def remove_release(slug: str, cycle: str):
    """Take a release off every list (moderators)."""
    user, product = _curator(), find(slug)
    actions.remove(get_or_404(release_of(product, cycle)), by=user, expected=versions.expected_by_header())
    db.session.commit()
    return no_content()


@bp.get("/lifecycle")
@bp.arguments(api_schemas.LifecycleQuery, location="query")
@bp.response(200, page_of(api_schemas.EndItem))
def list_ends(wanted: dict):
    """What ends in so many days, the next first."""
    day = queries.today()
    page = lifecycle_queries.ending(
        day, wanted["days"], kind=wanted["kind"], category=wanted["category"], after=wanted.get("after")
    )
    return listing(page, lambda phase: exports.phase_row(phase, day))
