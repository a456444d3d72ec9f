"""Pages of moderators: add, edit and remove products and releases, undo changes, resolve conflicts."""

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug import Response

from auth.current_user import me
from auth.models import User
from core.database import versions
from core.database.db import db
from core.web.access import get_or_404, require
from core.web.confirmation import deletion_page
from core.web.forms import Form
from products import actions, forms, policy, queries, schemas
from products.models import Product, Release
from products.views import bp, product_or_404

FormResponse = Response | tuple[str, int]


def _require_curator() -> User:
    """The moderator who is logged in; stops with 403."""
    require(policy.can_curate(me()), _("Only moderators can edit products."))
    return me()


def _release(product: Product, release_id: int) -> Release:
    return get_or_404(next((r for r in product.live_releases if r.id == release_id), None))


@bp.route("/products/new", methods=["GET", "POST"])
@login_required
def new_product() -> FormResponse:
    """Add a product."""
    form = Form(schemas.NewProductSchema, slug=request.args.get("slug", ""))
    valid = form.validate_on_submit()
    user = _require_curator()
    if valid:
        facts = dict(form.data)
        try:
            product = actions.create(facts.pop("slug"), facts, by=user)
        except actions.SlugTaken:
            form.fail("slug", _("A product with this address already exists."))
        else:
            db.session.commit()
            flash(_("Added. Now add its releases."))
            return redirect(product.path)
    return form.page("products/edit_product.html", product=None)


@bp.route("/products/<slug>/edit", methods=["GET", "POST"])
@login_required
def edit_product(slug: str) -> FormResponse:
    """Edit a product."""
    form = Form(schemas.ProductSchema)
    valid = form.validate_on_submit()
    user = _require_curator()
    product = product_or_404(slug)
    if valid:
        actions.edit(product, form.data, by=user, expected=form.expected)
        db.session.commit()
        return redirect(product.path)
    if request.method == "GET":
        form.values = forms.values(product)
    return form.page("products/edit_product.html", product=product)


@bp.route("/products/<slug>/releases/new", methods=["GET", "POST"])
@login_required
def new_release(slug: str) -> FormResponse:
    """Add a release."""
    form = Form(schemas.NewReleaseSchema)
    valid = form.validate_on_submit()
    user = _require_curator()
    product = product_or_404(slug)
    if valid:
        facts = dict(form.data)
        try:
            actions.add_release(product, facts.pop("cycle"), facts, by=user)
        except actions.CycleTaken:
            form.fail(
                "cycle", _("This product already has that release. Deleted releases are in the history.")
            )
        else:
            db.session.commit()
            return redirect(product.path)
    return form.page("products/edit_release.html", product=product, release=None)


@bp.route("/products/<slug>/releases/<int:release_id>/edit", methods=["GET", "POST"])
@login_required
def edit_release(slug: str, release_id: int) -> FormResponse:
    """Edit a release and the ends of its phases."""
    form = Form(schemas.ReleaseSchema)
    valid = form.validate_on_submit()
    user = _require_curator()
    product = product_or_404(slug)
    release = _release(product, release_id)
    if valid:
        actions.edit(release, form.data, by=user, expected=form.expected)
        db.session.commit()
        return redirect(product.path)
    if request.method == "GET":
        form.values = forms.values(release)
    return form.page("products/edit_release.html", product=product, release=release)


@bp.route("/products/<slug>/remove", methods=["GET", "POST"])
@login_required
def remove_product(slug: str) -> FormResponse:
    """Remove a product; GET asks for confirmation."""
    user = _require_curator()
    product = product_or_404(slug)
    if request.method == "GET":
        return deletion_page(
            product,
            _("Delete this product?"),
            [
                _("It and its releases will disappear from lists, search, feeds and calendars immediately."),
                _("Members who use or follow it get no more notifications about it."),
                _("You can restore it from its history page."),
            ],
            subject=product.name,
            subject_url=product.path,
            back=url_for("products.edit_product", slug=slug),
        )
    _remove(product, user)
    return redirect(url_for("products.history", slug=product.slug))


def _remove(thing: Product | Release, user: User) -> None:
    actions.remove(thing, by=user, expected=versions.expected_by_form())
    db.session.commit()
    flash(_("Deleted. You can restore it from the history page of the product."))


@bp.route("/products/<slug>/releases/<int:release_id>/remove", methods=["GET", "POST"])
@login_required
def remove_release(slug: str, release_id: int) -> FormResponse:
    """Remove a release; GET asks for confirmation."""
    user = _require_curator()
    product = product_or_404(slug)
    release = _release(product, release_id)
    if request.method == "GET":
        return deletion_page(
            release,
            _("Delete this release?"),
            [
                _("It will disappear from its product page, lists, feeds and calendars immediately."),
                _("Members who use it get no more notifications about its support."),
                _("You can restore it from the history page of the product."),
            ],
            subject=release.title,
            subject_url=product.path,
            back=url_for("products.edit_release", slug=slug, release_id=release.id),
        )
    _remove(release, user)
    return redirect(product.path)


@bp.post("/products/<slug>/history/<int:change_id>/undo")
@login_required
def undo(slug: str, change_id: int) -> Response:
    """Revert one change."""
    user = _require_curator()
    product = product_or_404(slug, removed=True)
    change = get_or_404(queries.change(product, change_id))
    actions.undo(change, by=user, expected=versions.expected_by_form())
    db.session.commit()
    flash(_("Change reverted. The history shows it."))
    return redirect(url_for("products.history", slug=product.slug))


@bp.get("/products/conflicts")
@login_required
def conflicts() -> str:
    """List all unresolved import conflicts."""
    _require_curator()
    return render_template("products/conflicts.html", conflicts=queries.conflicts())


@bp.post("/products/conflicts/<int:conflict_id>")
@login_required
def decide(conflict_id: int) -> Response:
    """Resolve a conflict: `keep` the value of the moderator or `take` that of the import."""
    user = _require_curator()
    conflict = get_or_404(queries.conflict(conflict_id))
    product = get_or_404(queries.full(conflict.product.slug, removed=True))
    actions.resolve_conflict(conflict, accept_import=request.form.get("decision") == "take", by=user)
    db.session.commit()
    return redirect(product.path)
