"""Settings of one's own account: profile, password, sessions, API tokens."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import login_required

from auth import actions, notices, queries, schemas, sessions
from auth.current_user import me
from auth.freshness_views import reauthenticate, require_fresh, require_live_session
from auth.models import User
from auth.passwords import passwords
from auth.security_log import actions as security_log
from auth.views import bp
from core.database.db import db, utcnow
from core.limits.rate_limits import limit
from core.markup.markup import render
from core.web.access import get_or_404
from core.web.confirmation import confirmation_page
from core.web.forms import Form

MAX_NEW_TOKENS = 20  # of one member within NEW_TOKENS_WINDOW_SECONDS
NEW_TOKENS_WINDOW_SECONDS = 3600


@bp.get("/settings")
@login_required
def settings() -> ResponseReturnValue:
    """Redirect to the first page of the settings."""
    return redirect(url_for("auth.settings_profile"))


@bp.route("/settings/profile", methods=["GET", "POST"])
@login_required
def settings_profile() -> ResponseReturnValue:
    """Edit the public profile."""
    user = me()
    form = Form(
        schemas.ProfileSchema,
        display_name=user.display_name,
        location=user.location,
        website=user.website,
        about=user.about,
    )
    if form.validate_on_submit():
        with form.catching():
            about = form.data.pop("about") or render("")
            actions.edit_profile(user, about=about, expected=form.expected, **form.data)
            db.session.commit()
            flash(_("Profile saved."))
            return redirect(user.profile_url)
    return form.page("auth/settings_profile.html", user=user)


@bp.route("/settings/password", methods=["GET", "POST"])
@sessions.allow_suspended
@login_required
def settings_password() -> ResponseReturnValue:
    """Change the password with the current one; ends other sessions and, unless kept, API tokens."""
    user = me()
    form = Form(schemas.ChangePasswordSchema)
    if form.validate_on_submit():
        if check_password(user, form) and (error := passwords.error(form.data["password"], *user.own_words)):
            form.fail("password", error)
        if not form.errors:
            password_hash = passwords.hash_password(form.data["password"])
            require_live_session(user)
            actions.set_password(
                user, password_hash, keep=user.session, keep_tokens=form.data["keep_tokens"], by=user
            )
            db.session.commit()
            flash(_("Password changed. Your other sessions are logged out."))
            return sessions.remember_device(redirect(url_for("auth.settings_password")), user)
    return form.page("auth/settings_password.html", rows=queries.api_tokens_of(user))


def check_password(user: User, form: Form) -> bool:
    """Whether the form has the current password; otherwise adds an error to it. Commits."""
    if not reauthenticate(user, form.data["current_password"]):
        form.fail("current_password", _("That is not your current password."))
    return not form.errors


@bp.get("/settings/sessions")
@login_required
def settings_sessions() -> ResponseReturnValue:
    """List one's sessions."""
    return render_template("auth/settings_sessions.html", rows=queries.sessions_of(me()))


@bp.post("/settings/sessions/<int:session_id>/close")
@sessions.allow_suspended
@login_required
@require_fresh()
def close_session(session_id: int) -> ResponseReturnValue:
    """End one of one's own sessions."""
    row = get_or_404(next((s for s in queries.sessions_of(me()) if s.id == session_id), None))
    actions.close_session(row)
    notices.session_ended(me(), row.user_agent)
    security_log.record("session_ended", user=me())
    db.session.commit()
    return redirect(url_for("auth.settings_sessions"))


@bp.route("/settings/tokens", methods=["GET", "POST"])
@login_required
@require_fresh()
def settings_tokens() -> ResponseReturnValue:
    """List one's API tokens and create one, which is shown once."""
    form = Form(schemas.TokenSchema, scope="read")
    token = None
    if form.validate_on_submit():
        limit("token", me().id, MAX_NEW_TOKENS, NEW_TOKENS_WINDOW_SECONDS)
        token = actions.make_token(
            me(), form.data["name"], form.data["scope"], last_day=form.data["expires_on"]
        )
        notices.token_made(me(), form.data["name"], form.data["scope"])
        db.session.commit()
        form.values = {"scope": "read"}
    return form.page("auth/settings_tokens.html", made=token, now=utcnow(), rows=queries.api_tokens_of(me()))


@bp.route("/settings/tokens/<int:token_id>/revoke", methods=["GET", "POST"])
@sessions.allow_suspended
@login_required
@require_fresh()
def revoke_token(token_id: int) -> ResponseReturnValue:
    """Revoke an API token; GET shows a confirmation page."""
    if request.method == "GET":
        return _ask_to_revoke(token_id)
    if token := actions.revoke_token(me(), token_id):
        notices.token_revoked(me(), token)
    db.session.commit()
    return redirect(url_for("auth.settings_tokens"))


def _ask_to_revoke(token_id: int) -> ResponseReturnValue:
    token = next((each for each in queries.api_tokens_of(me()) if each.id == token_id), None)
    if token is None:  # revoked on another page
        return redirect(url_for("auth.settings_tokens"))
    return confirmation_page(
        _("Revoke this API token?"),
        [
            _("Programs that use it lose access at once."),
            _("It can't be restored. You can create a new one."),
        ],
        _("Revoke"),
        back=url_for("auth.settings_tokens"),
        subject=token.name,
    )
