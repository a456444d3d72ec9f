"""Pages of members: my products, and the private calendar."""

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import login_required
from werkzeug import Response as BaseResponse

from auth.current_user import me
from auth.models import User
from core.database.db import db
from core.web.access import get_or_404, require
from core.web.confirmation import confirmation_page
from core.web.forms import parse
from core.web.query_parameters import query_text
from inventory import actions, exports, schemas
from inventory import queries as owned_queries
from inventory.actions import MAX_OWNED, ListFull
from inventory.release_versions import release_for
from inventory.sharing import policy as sharing_policy
from products import policy, queries
from products.exports import file_response
from products.inventories import queries as inventory_queries
from products.inventories.models import Inventory
from products.models import Product, Release

bp = Blueprint("inventory", __name__)


def require_member() -> User:
    """The member who is logged in, with a confirmed address; stops with 403."""
    policy.require_can_own(me())
    return me()


@bp.get("/settings/products")
@login_required
def mine() -> str:
    """List my products and their phases, and search for more."""
    user = me()
    text = query_text("q")
    address = owned_queries.address_of(user)
    memberships = inventory_queries.memberships(user)
    accepted = [each for each in memberships if each.accepted_at]
    found = [product.slug for product in queries.suggestions(text, limit=10)]
    return render_template(
        "inventory/mine.html",
        rows=owned_queries.owned(user),
        names={each.inventory_id: each.inventory.title for each in accepted} if len(accepted) > 1 else {},
        editable={each.inventory_id for each in accepted if sharing_policy.can_edit(each)},
        invitations=len(memberships) - len(accepted),
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
    """My products as CSV or JSON, or those of one inventory."""
    day = queries.today()
    text = request.args.get("inventory", "")
    inventory = None
    if text:
        number = int(text) if text.isdecimal() and len(text) < 10 else 0
        inventory = get_or_404(inventory_queries.membership(me(), number)).inventory
    rows = owned_queries.owned(me(), inventory)
    return file_response("my-products", extension, (exports.owned_row(row, day) for row in rows))


@bp.post("/settings/products")
@login_required
def add() -> BaseResponse:
    """Add a product and, when known, its release."""
    data = parse(schemas.OwnedSchema)
    user = require_member()
    product = get_or_404(queries.full(data["product"]))
    release = next((r for r in product.live_releases if r.cycle == data["release"]), None)
    require(not data["release"] or release is not None, _("This product has no such release."))
    inventory = _inventory_of_form()
    if data["version"]:
        _add_version(user, (product, release), data["version"], inventory)
    else:
        _add(user, [(product, release)], inventory)
    if request.form.get("next") == "product":
        return redirect(product.path)
    return redirect(_page_of(inventory.id if inventory else None))


def _add_version(
    user: User, pick: tuple[Product, Release | None], version: str, inventory: Inventory | None
) -> None:
    product, release = pick
    release = release or release_for(product.live_releases, version)
    try:
        actions.add_version(user, product, release, version, inventory)
    except ListFull:
        db.session.rollback()
        flash(_("The list is full (%(n)s entries). Remove some first.", n=MAX_OWNED), "danger")
        return
    db.session.commit()
    flash(_("Saved %(product)s %(version)s.", product=product.name, version=version))


def _inventory_of_form() -> Inventory | None:
    """The inventory that the form names; None for the default one. Stops with 404 or 403."""
    text = request.form.get("inventory", "")
    if not text:
        return None
    number = int(text) if text.isdecimal() and len(text) < 10 else 0
    membership = get_or_404(inventory_queries.membership(me(), number))
    require(sharing_policy.can_edit(membership), _("You may read this inventory, not change it."))
    return membership.inventory


def _page_of(inventory_id: int | None) -> str:
    if inventory_id is None:
        return url_for("inventory.mine")
    return url_for("inventory.inventory_page", inventory_id=inventory_id)


def _add(user: User, picks: list[tuple[Product, Release | None]], inventory: Inventory | None) -> None:
    try:
        added = actions.add_products(user, picks, inventory=inventory)
    except ListFull:
        db.session.rollback()
        flash(_("The list is full (%(n)s entries). Remove some first.", n=MAX_OWNED), "danger")
        return
    db.session.commit()
    flash(ngettext("%(num)s entry added to your products.", "%(num)s entries added to your products.", added))


@bp.post("/settings/products/<int:owned_id>/remove")
@login_required
def remove(owned_id: int) -> BaseResponse:
    """Remove an entry."""
    row = get_or_404(owned_queries.owned_row(me(), owned_id))
    actions.remove_product(row)
    db.session.commit()
    return redirect(_page_of(row.inventory_id if request.form.get("next") == "inventory" else None))


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
    actions.renew_address(require_member())
    db.session.commit()
    flash(_("Your calendar has a new address. The old one no longer works."))
    return redirect(url_for("inventory.mine") + "#calendar")
