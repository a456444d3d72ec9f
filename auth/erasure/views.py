"""Pages to export one's data and to delete an account."""

from flask import Response, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import login_required

from auth import policy, queries, schemas, sessions
from auth.current_user import me
from auth.erasure import actions, export_account
from auth.freshness_views import require_fresh, require_live_session
from auth.security_log import actions as security_log
from auth.settings_views import check_password
from auth.views import bp
from core.database.db import db, write_transaction
from core.jobs import events
from core.web.access import get_or_404, require
from core.web.forms import Form


@bp.get("/settings/data.json")
@login_required
@require_fresh(reads=True)
def download_data() -> ResponseReturnValue:
    """Download one's data as a JSON file; a mail about it follows."""
    user = me()
    response = Response(export_account.document(user), mimetype="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="{user.username}.json"'
    with write_transaction():
        events.record("user.exported", subject=user, actor=user)
        security_log.record("data_exported", user=user)
    return response


@bp.route("/settings/erase", methods=["GET", "POST"])
@sessions.allow_suspended
@login_required
def erase_me() -> ResponseReturnValue:
    """Delete one's account with the password; posts stay without a name or are removed."""
    form = Form(schemas.EraseSchema)
    if form.validate_on_submit() and check_password(me(), form):
        with form.catching():
            require_live_session(me())
            actions.erase(me(), by=me(), keep_words=form.data["words"] == "keep")
            db.session.commit()
            sessions.log_out()
            flash(_("Your account is deleted. The rest of your request will finish within a few minutes."))
            return redirect(url_for("home.home"))
    return form.page("auth/erase.html", user=me())


@bp.route("/users/<username>/erase", methods=["GET", "POST"])
@login_required
def erase_user(username: str) -> ResponseReturnValue:
    """Delete a member's account, as an administrator; the public log records it without the name."""
    form = Form(schemas.EraseSchema)
    valid = form.validate_on_submit()
    user = get_or_404(queries.by_username(username))
    require(
        policy.can_erase(me(), user),
        _("Only administrators can delete accounts, except those of other administrators."),
    )
    if valid and check_password(me(), form):
        require_live_session(me())
        user = get_or_404(queries.by_username(username))
        actions.erase(user, by=me(), keep_words=form.data["words"] == "keep")
        security_log.record("administrator_act", user=user, actor=me(), act="erase")
        db.session.commit()
        flash(_("The account is deleted. Its posts and votes will be processed within a few minutes."))
        return redirect(url_for("auth.users"))
    return form.page("auth/erase.html", user=user)
