"""Pages to secure an account: from a link in a mailed notice, and by administrators."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import login_required

from auth import links, policy, queries, schemas, sessions
from auth.address_changes import actions
from auth.current_user import me
from auth.freshness_views import require_fresh
from auth.models import User
from auth.security_log import actions as security_log
from auth.views import bp
from core.database.db import db
from core.web.access import get_or_404, require
from core.web.forms import Form


@bp.route("/secure/<token>", methods=["GET", "POST"])
@sessions.allow_suspended
def secure(token: str) -> ResponseReturnValue:
    """Secure an account through the link in a mailed notice; GET changes nothing."""
    link = get_or_404(queries.email_token(token, links.SECURE))
    if request.method == "POST":
        _link, user = get_or_404(links.consume(token, links.SECURE))
        actions.recover(user)
        db.session.commit()
        flash(_("Your account is secured. We emailed you a link to set a new password."))
        return redirect(url_for("auth.login"))
    return render_template("auth/secure.html", form=Form(schemas.NothingSchema), change=None, user=link.user)


@bp.route("/users/<username>/secure", methods=["GET", "POST"])
@login_required
@require_fresh()
def secure_user(username: str) -> ResponseReturnValue:
    """Secure a member's account and set its address, as an administrator."""
    form = Form(schemas.RecoverSchema)
    user = get_or_404(queries.by_username(username))
    require(
        policy.can_secure(me(), user),
        _("Only administrators can secure accounts, except those of other administrators."),
    )
    if form.validate_on_submit():
        with form.catching():
            actions.recover(user, email=form.data["email"] or None, end_undo=form.data["end_undo"], by=me())
            security_log.record("administrator_act", user=user, actor=me(), act="secure")
            db.session.commit()
            flash(_secured_message(user))
            return redirect(user.profile_url)
    return form.page("auth/secure_user.html", user=user)


def _secured_message(user: User) -> str:
    if user.email is None:
        return _("The account is secured. It has no email address, so no link was sent.")
    return _("The account is secured. A link to set a new password was sent to %(email)s.", email=user.email)
