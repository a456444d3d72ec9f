"""Pages of members: my products, SBOM upload, and the private calendar."""

import re

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import login_required
from werkzeug import Response as BaseResponse

from auth.current_user import me
from auth.models import User
from core.database.db import db
from core.formats.csv_files import csv_response
from core.limits.rate_limits import limit
from core.web.access import get_or_404, require
from core.web.confirmation import confirmation_page
from core.web.forms import parse
from core.web.query_parameters import query_text
from inventory import actions, exports, matching, sbom, schemas
from inventory import queries as owned_queries
from inventory.actions import MAX_OWNED, SBOM, ListFull
from inventory.release_versions import release_for
from products import policy, queries
from products.exports import file_response
from products.models import Product, Release

bp = Blueprint("inventory", __name__)
PICK = re.compile(r"(\d{1,9}):(\d{0,9})$")
MAX_SHOWN = 300  # unmatched components on the page
MAX_EXPORTED = 5_000  # unmatched components in the file


def _require_member() -> User:
    """The member who is logged in, with a confirmed address; stops with 403."""
    require(policy.can_own(me()), _("Confirm your email address first."))
    return me()


@bp.get("/settings/products")
@login_required
def mine() -> str:
    """List my products and their phases, and search for more."""
    user = me()
    text = query_text("q")
    address = owned_queries.address_of(user)
    found = [product.slug for product in queries.suggestions(text, limit=10)]
    return render_template(
        "inventory/mine.html",
        rows=owned_queries.owned(user),
        day=queries.today(),
        text=text,
        found=owned_queries.to_pick(found) if found else [],
        most=MAX_OWNED,
        calendar=url_for("inventory.my_calendar", secret=actions.calendar_secret(address), _external=True)
        if address
        else None,
    )


@bp.get("/settings/products.csv", defaults={"extension": "csv"})
@bp.get("/settings/products.json", defaults={"extension": "json"})
@login_required
def export_mine(extension: str) -> Response:
    """My products as CSV or JSON."""
    day = queries.today()
    return file_response(
        "my-products", extension, (exports.owned_row(row, day) for row in owned_queries.owned(me()))
    )


@bp.post("/settings/products")
@login_required
def add() -> BaseResponse:
    """Add a product and, when known, its release."""
    data = parse(schemas.OwnedSchema)
    user = _require_member()
    product = get_or_404(queries.full(data["product"]))
    release = next((r for r in product.live_releases if r.cycle == data["release"]), None)
    require(not data["release"] or release is not None, _("This product has no such release."))
    if data["version"]:
        _add_version(user, product, release, data["version"])
    else:
        _add(user, [(product, release)])
    return redirect(product.path if request.form.get("next") == "product" else url_for("inventory.mine"))


def _add_version(user: User, product: Product, release: Release | None, version: str) -> None:
    release = release or release_for(product.live_releases, version)
    try:
        actions.add_version(user, product, release, version)
    except ListFull:
        db.session.rollback()
        flash(_("Your list is full (%(n)s entries). Remove some first.", n=MAX_OWNED), "danger")
        return
    db.session.commit()
    flash(_("Saved %(product)s %(version)s.", product=product.name, version=version))


def _add(user: User, picks: list[tuple[Product, Release | None]], source: str = actions.PICKED) -> None:
    try:
        added = actions.add_products(user, picks, source=source)
    except ListFull:
        db.session.rollback()
        flash(_("Your list is full (%(n)s entries). Remove some first.", n=MAX_OWNED), "danger")
        return
    db.session.commit()
    flash(ngettext("%(num)s entry added to your products.", "%(num)s entries added to your products.", added))


@bp.post("/settings/products/<int:owned_id>/remove")
@login_required
def remove(owned_id: int) -> BaseResponse:
    """Remove an entry."""
    actions.remove_product(get_or_404(owned_queries.owned_row(me(), owned_id)))
    db.session.commit()
    return redirect(url_for("inventory.mine"))


@bp.post("/settings/products/sbom")
@login_required
def upload_sbom() -> str | BaseResponse:
    """Read a CycloneDX file and show what it matches; nothing is stored."""
    user = _require_member()
    upload = request.files.get("sbom")
    limit("sbom", user.id, 30, 3600)
    db.session.commit()
    try:
        components = sbom.read(upload.read(sbom.MAX_SBOM_BYTES + 1) if upload else b"")
        result = matching.match(components, max_comparisons=matching.MAX_COMPARISONS)
    except (sbom.BadSbom, matching.TooManyComparisons) as error:
        flash(str(error), "danger")
        return redirect(url_for("inventory.mine"))
    return render_template(
        "inventory/sbom.html",
        result=result,
        total=len(components),
        shown=MAX_SHOWN,
        exported=result.unmatched[:MAX_EXPORTED],
    )


@bp.post("/settings/products/sbom/keep")
@login_required
def keep_sbom() -> BaseResponse:
    """Add the selected matches."""
    user = _require_member()
    picks = [match.groups() for text in request.form.getlist("pick") if (match := PICK.match(text))]
    pairs = [(int(product), int(release) if release else None) for product, release in picks[: MAX_OWNED + 1]]
    _add(user, owned_queries.resolve(pairs), SBOM)
    return redirect(url_for("inventory.mine"))


@bp.post("/settings/products/sbom/unmatched.csv")
@login_required
def unmatched() -> Response:
    """The unmatched components as CSV; they come from the page, as nothing is stored."""
    lines = request.form.get("unmatched", "").splitlines()[:MAX_EXPORTED]
    return csv_response(
        "unmatched.csv", ("group", "name", "version", "purl", "cpe"), [line.split("\t")[:5] for line in lines]
    )


@bp.route("/settings/products/calendar", methods=["GET", "POST"])
@login_required
def renew_calendar() -> BaseResponse | tuple[str, int]:
    """Create or replace the address of the private calendar; GET asks for confirmation."""
    if request.method == "GET":
        return confirmation_page(
            _("Create a new calendar address?"),
            [
                _("The current address will stop working immediately in every calendar app."),
                _("You will see the new address to subscribe to."),
                _("The old address will never work again."),
            ],
            _("Create a new address"),
            back=url_for("inventory.mine") + "#calendar",
        )
    actions.renew_address(_require_member())
    db.session.commit()
    flash(_("Your calendar has a new address. The old one no longer works."))
    return redirect(url_for("inventory.mine") + "#calendar")
