"""Pages of moderators: add and edit products and releases, remove, undo, settle conflicts."""

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required

from auth.current_user import me
from core.database import versions
from core.database.db import db
from core.web.access import get_or_404, require
from core.web.confirmation import confirmation_page
from core.web.forms import Form
from products import actions, forms, policy, queries, schemas
from products.models import Product, Release
from products.views import bp, find


def _curator():
    """The moderator who edits, or 403."""
    require(policy.can_curate(me()), _("Only moderators can edit products."))
    return me()


def _release(product: Product, release_id: int) -> Release:
    return get_or_404(next((r for r in product.live_releases if r.id == release_id), None))


@bp.route("/products/new", methods=["GET", "POST"])
@login_required
def new_product():
    """Add a product."""
    form = Form(schemas.NewProductSchema, slug=request.args.get("slug", ""))
    valid = request.method == "POST" and form.validate()
    user = _curator()
    if valid and queries.full(form.data["slug"], removed=True):
        form.fail("slug", _("A product with this address already exists."))
    if valid and not form.errors:
        slug = form.data.pop("slug")
        product = actions.create(slug, form.data, by=user)
        db.session.commit()
        flash(_("Added. Now add its releases."))
        return redirect(product.path)
    return render_template("products/edit_product.html", form=form, product=None), 422 if form.errors else 200


@bp.route("/products/<slug>/edit", methods=["GET", "POST"])
@login_required
def edit_product(slug: str):
    """Change what is said of a product; what was said before is kept."""
    form = Form(schemas.ProductSchema)
    valid = request.method == "POST" and form.validate()
    user, product = _curator(), find(slug)
    if valid:
        actions.edit(product, form.data, by=user, expected=form.expected)
        db.session.commit()
        return redirect(product.path)
    if request.method == "GET":
        form.values = forms.values(product)
    return render_template(
        "products/edit_product.html", form=form, product=product
    ), 422 if form.errors else 200


@bp.route("/products/<slug>/releases/new", methods=["GET", "POST"])
@login_required
def new_release(slug: str):
    """Add a release."""
    form = Form(schemas.NewReleaseSchema)
    valid = request.method == "POST" and form.validate()
    user, product = _curator(), find(slug)
    if valid and any(r.cycle == form.data["cycle"] for r in product.releases):
        form.fail("cycle", _("This product already has that release. Deleted releases are in the history."))
    if valid and not form.errors:
        actions.add_release(product, form.data.pop("cycle"), form.data, by=user)
        db.session.commit()
        return redirect(product.path)
    return render_template(
        "products/edit_release.html", form=form, product=product, release=None
    ), 422 if form.errors else 200


@bp.route("/products/<slug>/releases/<int:release_id>/edit", methods=["GET", "POST"])
@login_required
def edit_release(slug: str, release_id: int):
    """Change a release and when its phases end."""
    form = Form(schemas.ReleaseSchema)
    valid = request.method == "POST" and form.validate()
    user, product = _curator(), find(slug)
    release = _release(product, release_id)
    if valid:
        actions.edit(release, form.data, by=user, expected=form.expected)
        db.session.commit()
        return redirect(product.path)
    if request.method == "GET":
        form.values = forms.values(release)
    return render_template(
        "products/edit_release.html", form=form, product=product, release=release
    ), 422 if form.errors else 200


@bp.route("/products/<slug>/remove", methods=["GET", "POST"])
@login_required
def remove_product(slug: str):
    """Take a product off every list. GET asks and says what will happen."""
    user, product = _curator(), find(slug)
    if request.method == "GET":
        return confirmation_page(
            _("Delete this product?"),
            [
                _("It and its releases will disappear from lists, search, feeds and calendars immediately."),
                _("Members who use or follow it get no more notifications about it."),
                _("You can restore it from its history page."),
            ],
            _("Delete"),
            back=url_for("products.edit_product", slug=slug),
            subject=product.name,
            subject_url=product.path,
            hidden={versions.FIELD: product.version},
        )
    actions.remove(product, by=user, expected=versions.expected_by_form())
    db.session.commit()
    flash(_("Deleted. You can restore it from the history page."))
    return redirect(url_for("products.history", slug=product.slug))


@bp.route("/products/<slug>/releases/<int:release_id>/remove", methods=["GET", "POST"])
@login_required
def remove_release(slug: str, release_id: int):
    """Take a release off every list. GET asks and says what will happen."""
    user, product = _curator(), find(slug)
    release = _release(product, release_id)
    if request.method == "GET":
        return confirmation_page(
            _("Delete this release?"),
            [
                _("It will disappear from its product page, lists, feeds and calendars immediately."),
                _("Members who use it get no more notifications about its support."),
                _("You can restore it from the history page of the product."),
            ],
            _("Delete"),
            back=url_for("products.edit_release", slug=slug, release_id=release.id),
            subject=release.title,
            subject_url=product.path,
            hidden={versions.FIELD: release.version},
        )
    actions.remove(release, by=user, expected=versions.expected_by_form())
    db.session.commit()
    flash(_("Deleted. You can restore it from the history page of the product."))
    return redirect(product.path)


@bp.post("/products/<slug>/history/<int:change_id>/undo")
@login_required
def undo(slug: str, change_id: int):
    """Set back what one change changed."""
    user, product = _curator(), find(slug, removed=True)
    change = get_or_404(queries.change(product, change_id))
    actions.undo(change, by=user, expected=versions.expected_by_form())
    db.session.commit()
    flash(_("Change reverted. The history shows it."))
    return redirect(url_for("products.history", slug=product.slug))


@bp.get("/products/conflicts")
@login_required
def conflicts():
    """Everything that imports dispute."""
    _curator()
    return render_template("products/conflicts.html", conflicts=queries.conflicts())


@bp.post("/products/conflicts/<int:conflict_id>")
@login_required
def decide(conflict_id: int):
    """Settle one: `keep` what a moderator wrote, or `take` what the import says."""
    user = _curator()
    conflict = get_or_404(queries.conflict(conflict_id))
    product = get_or_404(queries.full(conflict.product.slug, removed=True))
    actions.decide(conflict, take_theirs=request.form.get("decision") == "take", by=user)
    db.session.commit()
    return redirect(product.path)
