"""The inventory in the API, and matching of software lists."""

from flask import Response, request
from flask_babel import gettext as _

from auth import tokens
from core.api.api import READ, WRITE, ApiBlueprint, Cursor, listing, no_content, page_of
from core.database.db import db, read_transaction
from core.limits.rate_limits import limit
from core.web.access import get_or_404
from core.web.forms import Invalid
from inventory import actions, exports, matching, schemas
from inventory import queries as owned_queries
from inventory.formats import recognise
from inventory.formats.component import FIELDS, BadDocument, Component
from inventory.formats.unpack import unpack
from inventory.release_versions import release_for
from products import policy, queries
from products.api import release_of

bp = ApiBlueprint("inventory", __name__, description="My products, and which products a software list names")
DOCUMENT_BODY = {
    "required": True,
    "description": (
        "A software list: CycloneDX (JSON, XML), SPDX 2.3 or 3.0 (JSON), the output of `dpkg -l`, `rpm -qa`, "
        "`winget export` or `winget list`, or CSV; packed with gzip or zip or not"
    ),
    "content": {
        "application/vnd.cyclonedx+json": {
            "schema": {
                "type": "object",
                "required": ["bomFormat", "components"],
                "properties": {
                    "bomFormat": {"type": "string", "enum": ["CycloneDX"]},
                    "components": {
                        "type": "array",
                        "items": {"type": "object"},
                        "example": [{"name": "django", "version": "4.2.1", "purl": "pkg:pypi/django@4.2.1"}],
                    },
                },
            }
        },
        "application/vnd.cyclonedx+xml": {"schema": {"type": "string"}},
        "text/csv": {"schema": {"type": "string"}},
    },
}


@bp.get("/users/me/products")
@tokens.bearer(READ)
@bp.arguments(Cursor, location="query")
@bp.response(200, page_of(schemas.OwnedItem))
def list_mine(wanted: dict) -> dict:
    """Your products, by name; all of them when no `limit` is given."""
    day = queries.today()
    page = owned_queries.page(tokens.reader(), wanted["after"], size=actions.MAX_OWNED)
    return listing(page, lambda row: exports.owned_row(row, day))


@bp.post("/users/me/products")
@tokens.bearer(WRITE)
@bp.arguments(schemas.OwnedSchema)
@bp.response(200, schemas.AddedItem)
def add_mine(data: dict) -> dict:
    """Add a product, and a release of it when `release` names its cycle; the same line counts once.

    With `version`, bulletins are compared with the exact version; it also finds the release.
    """
    user = tokens.member()
    policy.require_can_own(user)
    product = queries.full(data["product"])
    if product is None:
        raise Invalid({"product": [_("This product does not exist.")]})
    release = release_of(product, data["release"]) if data["release"] else None
    if data["release"] and release is None:
        raise Invalid({"release": [_("This product has no such release.")]})
    try:
        if data["version"]:
            release = release or release_for(product.live_releases, data["version"])
            added = int(actions.add_version(user, product, release, data["version"]))
        else:
            added = actions.add_products(user, [(product, release)])
    except actions.ListFull:
        raise Invalid(
            {"_": [_("Your list is full (%(n)s entries). Remove some first.", n=actions.MAX_OWNED)]}
        ) from None
    db.session.commit()
    return {"added": added}


@bp.delete("/users/me/products/<int:owned_id>")
@tokens.bearer(WRITE)
@bp.response(204)
def remove_mine(owned_id: int) -> Response:
    """Take a line off your list."""
    actions.remove_product(get_or_404(owned_queries.owned_row(tokens.reader(), owned_id)))
    db.session.commit()
    return no_content()


@bp.post("/users/me/products/match")
@tokens.bearer(READ)
@bp.doc(requestBody=DOCUMENT_BODY)
@bp.response(200, schemas.MatchesItem)
@bp.alt_response(422, "UNPROCESSABLE_ENTITY")
@bp.alt_response(429, "TOO_MANY_REQUESTS")
def match_sbom() -> dict:
    """Send a software list as the body: says what it matches, keeps nothing.

    For up to 8 MB and 20,000 components; send larger ones to an inventory.
    """
    limit("sbom", tokens.reader().id, 30, 3600)
    db.session.commit()
    try:
        files = unpack(request.get_data())
        if not recognise.is_small(files):
            raise BadDocument(_("The document is too large to match at once. Send it to an inventory."))
        components = recognise.read_files(files).components
        if len(components) > recognise.SMALL_COMPONENTS:
            raise BadDocument(_("The document has too many components to match. Send it to an inventory."))
        with read_transaction():
            result = matching.match(components, max_comparisons=matching.MAX_COMPARISONS)
    except BadDocument as error:
        raise Invalid({"_": [str(error), recognise.accepted()]}) from error
    except matching.TooManyComparisons as error:
        raise Invalid({"_": [str(error)]}) from error
    return {
        "matched": [_match(match) for match in result.found],
        "unmatched": [_component(component) for component in result.unmatched],
    }


def _match(match: matching.Match) -> dict:
    return {
        "product": match.product.slug,
        "release": match.release.cycle if match.release else None,
        "how": match.how,
        "is_sure": match.is_sure,
        "components": [_component(component) for component in match.components],
    }


def _component(component: Component) -> dict:
    return {field: getattr(component, field) for field in FIELDS}
