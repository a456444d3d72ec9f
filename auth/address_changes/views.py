"""Pages of address changes: request, cancel; undo from the old address."""

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import login_required

from auth import schemas, sessions
from auth.address_changes import actions, queries
from auth.current_user import me
from auth.freshness_views import is_fresh, require_fresh
from auth.views import bp
from core.database.db import db
from core.web.access import get_or_404
from core.web.forms import Form


@bp.route("/settings/email", methods=["GET", "POST"])
@sessions.allow_suspended
@login_required
@require_fresh()
def settings_email() -> ResponseReturnValue:
    """Request a change of address; does not reveal whether another account has it."""
    user = me()
    form = Form(schemas.EmailSchema, email=user.email)
    if form.validate_on_submit():
        actions.request_change(user, form.data["email"])
        db.session.commit()
        flash(_("Open the link we emailed to the new address. Until then the old address stays in use."))
        return redirect(url_for("auth.settings_email"))
    return form.page(
        "auth/settings_email.html", user=user, asks=not is_fresh(user), pending=queries.pending_of(user)
    )


@bp.post("/settings/email/cancel")
@sessions.allow_suspended
@login_required
@require_fresh()
def cancel_address_change() -> ResponseReturnValue:
    """Cancel the pending change; its confirmation link stops working."""
    actions.cancel(me())
    db.session.commit()
    flash(_("Change cancelled. Your email address stays the same."))
    return redirect(url_for("auth.settings_email"))


@bp.route("/secure/address/<token>", methods=["GET", "POST"])
@sessions.allow_suspended
def take_back_address(token: str) -> ResponseReturnValue:
    """Cancel or undo a change through the link mailed to the old address; GET changes nothing."""
    change = get_or_404(queries.to_revert(token))
    form = Form(schemas.NothingSchema)
    if request.method == "POST":
        with form.catching():
            link = get_or_404(actions.revert(token))
            db.session.commit()
            flash(_("Your account is secured and all devices are logged out. Set a new password now."))
            return redirect(url_for("auth.new_password", token=link, purpose="reset"))
    return form.page("auth/secure.html", change=change, user=change.user)
