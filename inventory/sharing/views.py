"""Pages of inventories and of those who share them."""

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug import Response

from auth.current_user import me
from auth.queries import by_username
from core.database.db import db
from core.web.access import get_or_404, require
from core.web.confirmation import confirmation_page
from core.web.forms import Form
from core.web.query_parameters import query_text
from inventory import queries as owned_queries
from inventory.actions import MAX_OWNED
from inventory.sharing import actions, policy, schemas
from inventory.uploads import queries as upload_queries
from inventory.views import bp, require_member
from products import queries
from products.inventories import queries as inventory_queries
from products.inventories.models import InventoryMember

FormResponse = Response | str | tuple[str, int]


def membership_or_404(inventory_id: int, *, invited: bool = False) -> InventoryMember:
    """The membership of the current member in an inventory; stops with 404 for others."""
    return get_or_404(inventory_queries.membership(me(), inventory_id, invited=invited))


def _managed(inventory_id: int) -> InventoryMember:
    """The owner's membership; stops with 403 for other members."""
    membership = membership_or_404(inventory_id)
    require(policy.can_manage(membership), _("Only its owner can do this."))
    require_member()
    return membership


def _page(membership: InventoryMember, form: Form | None = None, *, form_name: str = "") -> FormResponse:
    inventory = membership.inventory
    text = query_text("q")
    found = [product.slug for product in queries.suggestions(text, limit=10)]
    page = render_template(
        "inventory/inventory.html",
        membership=membership,
        inventory=inventory,
        rows=owned_queries.owned(me(), inventory),
        members=inventory_queries.members_of(inventory),
        uploads=upload_queries.latest(inventory),
        day=queries.today(),
        text=text,
        found=owned_queries.to_pick(found) if found else [],
        most=MAX_OWNED,
        can_edit=policy.can_edit(membership),
        can_manage=policy.can_manage(membership),
        form=form or Form(schemas.InvitationSchema),
        form_name=form_name,
    )
    return (page, 422) if form is not None and form.errors else page


@bp.route("/my/inventories", methods=["GET", "POST"])
@login_required
def inventories() -> FormResponse:
    """List my inventories, those shared with me and invitations; make a new one."""
    form = Form(schemas.InventorySchema)
    if request.method == "POST" and form.validate():
        user = require_member()
        with form.catching():
            inventory = actions.create(user, form.data["name"])
            db.session.commit()
            return redirect(url_for("inventory.inventory_page", inventory_id=inventory.id))
    found = inventory_queries.memberships(me())
    page = render_template(
        "inventory/inventories.html",
        memberships=[each for each in found if each.accepted_at],
        invitations=[each for each in found if not each.accepted_at],
        counts=owned_queries.counts([each.inventory_id for each in found if each.accepted_at]),
        form=form,
    )
    return (page, 422) if form.errors else page


@bp.get("/my/inventories/<int:inventory_id>")
@login_required
def inventory_page(inventory_id: int) -> FormResponse:
    """An inventory: its products, files and members."""
    return _page(membership_or_404(inventory_id))


@bp.post("/my/inventories/<int:inventory_id>/rename")
@login_required
def rename_inventory(inventory_id: int) -> FormResponse:
    """Give an inventory another name."""
    form = Form(schemas.InventorySchema)
    valid = form.validate()
    membership = _managed(inventory_id)
    if valid:
        with form.catching():
            actions.rename(membership.inventory, form.data["name"])
            db.session.commit()
            flash(_("Renamed."))
            return redirect(url_for("inventory.inventory_page", inventory_id=inventory_id))
    return _page(membership_or_404(inventory_id), form, form_name="rename")


@bp.route("/my/inventories/<int:inventory_id>/delete", methods=["GET", "POST"])
@login_required
def delete_inventory(inventory_id: int) -> FormResponse:
    """Delete an inventory; GET asks for confirmation."""
    membership = _managed(inventory_id)
    here = url_for("inventory.inventory_page", inventory_id=inventory_id)
    form = Form(schemas.InventorySchema)
    if request.method == "POST":
        with form.catching():
            actions.remove(membership.inventory)
            db.session.commit()
            flash(_("The inventory was deleted."))
            return redirect(url_for("inventory.inventories"))
    return confirmation_page(
        _("Delete this inventory?"),
        [
            _("Its products and the results of files are deleted for everybody who shares it."),
            _("Their pages, alerts and calendars no longer include its products."),
            _("This cannot be undone. Download the list first if you may need it."),
        ],
        _("Delete"),
        back=here,
        subject=membership.inventory.title,
        errors=form.errors,
    )


@bp.post("/my/inventories/<int:inventory_id>/members")
@login_required
def invite_member(inventory_id: int) -> FormResponse:
    """Invite a member by username, or change their right."""
    form = Form(schemas.InvitationSchema)
    valid = form.validate()
    membership = _managed(inventory_id)
    if valid:
        member = by_username(form.data["username"].removeprefix("@"))
        if member is None:
            form.fail("username", _("There is no member of this name."))
        else:
            with form.catching():
                invited = actions.invite(membership.inventory, member, form.data["right"], by=me())
                is_new = invited.accepted_at is None
                db.session.commit()
                flash(_("Invited. They see the inventory once they accept.") if is_new else _("Saved."))
                return redirect(url_for("inventory.inventory_page", inventory_id=inventory_id) + "#members")
    return _page(membership_or_404(inventory_id), form, form_name="invite")


@bp.post("/my/inventories/<int:inventory_id>/members/<int:user_id>/remove")
@login_required
def remove_member(inventory_id: int, user_id: int) -> Response:
    """Remove a member, or take back an invitation."""
    membership = _managed(inventory_id)
    members = inventory_queries.members_of(membership.inventory)
    other = get_or_404(next((each for each in members if each.user_id == user_id), None))
    require(policy.can_leave(other), _("The owner stays. Delete the inventory instead."))
    actions.end(other)
    db.session.commit()
    flash(_("Removed. They no longer see the inventory."))
    return redirect(url_for("inventory.inventory_page", inventory_id=inventory_id) + "#members")


@bp.post("/my/inventories/<int:inventory_id>/accept")
@login_required
def accept_invitation(inventory_id: int) -> Response:
    """Accept an invitation."""
    membership = membership_or_404(inventory_id, invited=True)
    require_member()
    actions.accept(membership)
    db.session.commit()
    return redirect(url_for("inventory.inventory_page", inventory_id=inventory_id))


@bp.post("/my/inventories/<int:inventory_id>/leave")
@login_required
def leave_inventory(inventory_id: int) -> Response:
    """Leave a shared inventory, or decline an invitation."""
    membership = membership_or_404(inventory_id, invited=True)
    require(policy.can_leave(membership), _("The owner stays. Delete the inventory instead."))
    actions.end(membership)
    db.session.commit()
    flash(_("Done. The inventory is no longer among yours."))
    return redirect(url_for("inventory.inventories"))


@bp.post("/my/inventories/<int:inventory_id>/use")
@login_required
def use_inventory(inventory_id: int) -> Response:
    """Choose whether an inventory counts on my pages, in my alerts and in my calendar."""
    membership = membership_or_404(inventory_id)
    actions.use(membership, request.form.get("choice", "yes"))
    db.session.commit()
    return redirect(url_for("inventory.inventories"))
