"""Products and life cycles in the API."""

from datetime import date

from flask import Response
from flask_babel import gettext as _

from auth import tokens
from auth.models import User
from core.api.api import WRITE, ApiBlueprint, listing, no_content, page_of, saved
from core.database import versions
from core.database.db import db
from core.mail.mail import site_url
from core.web.access import get_or_404
from core.web.forms import Invalid
from products import actions, api_schemas, exports, policy, queries, schemas
from products.inventories.queries import one_inventory
from products.lifecycle import queries as lifecycle_queries
from products.models import Product, Release
from products.views import product_or_404

bp = ApiBlueprint("products", __name__, description="Products and their life cycles")


def item(product: Product) -> dict:
    """The JSON item of a product, as in lists of several kinds."""
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


def release_item(release: Release, day: date) -> dict:
    """The JSON item of a release."""
    return {**exports.release_row(release, day), "version": release.version}


def release_of(product: Product, cycle: str) -> Release | None:
    """The release with this cycle, unless it was removed."""
    return next((release for release in product.live_releases if release.cycle == cycle), None)


@bp.get("/products")
@bp.arguments(api_schemas.ProductQuery, location="query")
@bp.response(200, page_of(api_schemas.ProductItem))
def list_products(wanted: dict) -> dict | Response:
    """Products by name, each with where it stands today."""
    page = queries.products(
        text=wanted["q"],
        category=wanted["category"],
        vendor=wanted["vendor"],
        status=wanted["status"],
        after=wanted.get("after"),
    )
    summaries = queries.summaries(page, queries.today())
    return listing(
        page, lambda product: {**item(product), **exports.product_row(product, summaries[product.id])}
    )


@bp.post("/products")
@tokens.bearer(WRITE)
@bp.arguments(schemas.NewProductSchema)
@bp.response(201, api_schemas.WholeProduct)
def add_product(data: dict) -> dict | Response:
    """Add a product (moderators)."""
    user = tokens.permitted(policy.can_curate)
    slug = data.pop("slug")
    try:
        product = actions.create(slug, data, by=user)
    except actions.SlugTaken:
        raise Invalid({"slug": [_("A product with this address already exists.")]}) from None
    return saved(product, _whole)


@bp.get("/products/<slug>")
@bp.response(200, api_schemas.WholeProduct)
def get_product(slug: str) -> dict | Response:
    """One product with its releases."""
    product = product_or_404(slug)
    return versions.with_etag(product, _whole(product))


@bp.patch("/products/<slug>")
@tokens.bearer(WRITE)
@bp.arguments(schemas.ProductSchema(partial=True))
@bp.response(200, api_schemas.WholeProduct)
def edit_product(data: dict, slug: str) -> dict | Response:
    """Change what is sent, keep the rest (moderators); what it was stands in its history."""
    user = tokens.permitted(policy.can_curate)
    product = product_or_404(slug)
    actions.edit(product, data, by=user, expected=versions.expected_by_header())
    return saved(product, _whole)


@bp.delete("/products/<slug>")
@tokens.bearer(WRITE)
@bp.response(204)
def remove_product(slug: str) -> Response:
    """Take a product off every list (moderators); its history page brings it back."""
    user = tokens.permitted(policy.can_curate)
    actions.remove(product_or_404(slug), by=user, expected=versions.expected_by_header())
    db.session.commit()
    return no_content()


@bp.put("/products/<slug>/releases/<cycle>")
@tokens.bearer(WRITE)
@bp.arguments(schemas.ReleaseSchema(partial=True))
@bp.response(200, api_schemas.ReleaseItem)
def put_release(data: dict, slug: str, cycle: str) -> dict | Response:
    """Add a release, or change what is sent of it (moderators)."""
    user = tokens.permitted(policy.can_curate)
    product = product_or_404(slug)
    release = release_of(product, cycle)
    versions.require_header(release)
    if release is not None:
        actions.edit(release, data, by=user, expected=versions.expected_by_header())
    else:
        release = _add_release(product, cycle, data, user)
    return saved(release, lambda each: release_item(each, queries.today()))


def _add_release(product: Product, cycle: str, data: dict, user: User) -> Release:
    try:
        if schemas.CYCLE.match(cycle):
            return actions.add_release(product, cycle, data, by=user)
    except actions.CycleTaken:
        pass
    raise Invalid({"cycle": [_("This name cannot be used for a new release.")]})


@bp.delete("/products/<slug>/releases/<cycle>")
@tokens.bearer(WRITE)
@bp.response(204)
def remove_release(slug: str, cycle: str) -> Response:
    """Take a release off every list (moderators)."""
    user = tokens.permitted(policy.can_curate)
    product = product_or_404(slug)
    actions.remove(get_or_404(release_of(product, cycle)), by=user, expected=versions.expected_by_header())
    db.session.commit()
    return no_content()


@bp.get("/lifecycle")
@bp.arguments(api_schemas.LifecycleQuery, location="query")
@bp.response(200, page_of(api_schemas.EndItem))
@bp.alt_response(404, "NOT_FOUND")
def list_ends(wanted: dict) -> dict | Response:
    """What ends in so many days, the next first."""
    day = queries.today()
    owner = None
    if "inventory" in wanted:
        owner = get_or_404(one_inventory(tokens.reader(), str(wanted["inventory"])))
    page = lifecycle_queries.ending(
        day,
        wanted["days"],
        kind=wanted["kind"],
        category=wanted["category"],
        owner=owner,
        after=wanted.get("after"),
    )
    return listing(page, lambda phase: exports.phase_row(phase, day))
