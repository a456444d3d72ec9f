"""Settings of one's own account: profile, password, address, sessions, API tokens."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import login_required

from auth import actions, notices, queries, schemas, sessions
from auth.current_user import me
from auth.freshness_views import hold_session, prove, require_fresh
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


@bp.get("/settings")
@login_required
def settings() -> ResponseReturnValue:
    """The first page of the settings."""
    return redirect(url_for("auth.settings_profile"))


@bp.route("/settings/profile", methods=["GET", "POST"])
@login_required
def settings_profile() -> ResponseReturnValue:
    """Change what the profile page shows."""
    user = me()
    form = Form(
        schemas.ProfileSchema,
        display_name=user.display_name,
        location=user.location,
        website=user.website,
        about=user.about,
    )
    if request.method == "POST" and form.validate():
        with form.catching():
            actions.edit_profile(
                user, expected=form.expected, **form.data | {"about": form.data["about"] or render("")}
            )
            db.session.commit()
            flash(_("Your profile is saved."))
            return redirect(user.profile_url)
    return render_template("auth/settings_profile.html", form=form, user=user), 422 if form.errors else 200


@bp.route("/settings/password", methods=["GET", "POST"])
@sessions.even_suspended
@login_required
def settings_password() -> ResponseReturnValue:
    """Change the password, knowing the present one; all other ways into the account end.

    API tokens end too, unless the member looked at the list and keeps them.
    """
    user, form = me(), Form(schemas.ChangePasswordSchema)
    if request.method == "POST" and form.validate():
        if knows(user, form) and (why := passwords.fault(form.data["password"], *user.own_words)):
            form.fail("password", why)
        if not form.errors:
            password_hash = passwords.hash_password(form.data["password"])
            hold_session(user)
            actions.set_password(
                user, password_hash, keep=user.session, keep_tokens=form.data["keep_tokens"], by=user
            )
            db.session.commit()
            flash(_("Your password is changed. Other sessions have ended."))
            return sessions.remember_device(redirect(url_for("auth.settings_password")), user)
    return render_template(
        "auth/settings_password.html", form=form, rows=queries.api_tokens_of(user)
    ), 422 if form.errors else 200


def knows(user: User, form: Form) -> bool:
    """Whether the present password was given; otherwise the form says so."""
    if not prove(user, form.data["current_password"]):
        form.fail("current_password", _("That is not your current password."))
    return not form.errors


@bp.get("/settings/sessions")
@login_required
def settings_sessions() -> ResponseReturnValue:
    """Where one is logged in."""
    return render_template("auth/settings_sessions.html", rows=queries.sessions_of(me()))


@bp.post("/settings/sessions/<int:session_id>/close")
@sessions.even_suspended
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
    """API tokens: make one (shown once) and see those there are."""
    form, made = Form(schemas.TokenSchema, scope="read"), None
    if request.method == "POST" and form.validate():
        limit("token", me().id, 20, 3600)
        made = actions.make_token(
            me(), form.data["name"], form.data["scope"], last_day=form.data["expires_on"]
        )
        notices.token_made(me(), form.data["name"], form.data["scope"])
        db.session.commit()
        form.values = {"scope": "read"}
    return render_template(
        "auth/settings_tokens.html", form=form, made=made, now=utcnow(), rows=queries.api_tokens_of(me())
    ), 422 if form.errors else 200


@bp.route("/settings/tokens/<int:token_id>/revoke", methods=["GET", "POST"])
@sessions.even_suspended
@login_required
@require_fresh()
def revoke_token(token_id: int) -> ResponseReturnValue:
    """End an API token. GET asks and says what will happen."""
    if request.method == "GET":
        return _ask_to_revoke(token_id)
    if token := actions.revoke_token(me(), token_id):
        notices.token_revoked(me(), token)
    db.session.commit()
    return redirect(url_for("auth.settings_tokens"))


def _ask_to_revoke(token_id: int) -> ResponseReturnValue:
    token = next((each for each in queries.api_tokens_of(me()) if each.id == token_id), None)
    if token is None:  # revoked meanwhile, on another page
        return redirect(url_for("auth.settings_tokens"))
    return confirmation_page(
        _("Revoke this API token?"),
        [
            _("Programs that use it are refused at once."),
            _("It cannot be brought back; you can make another."),
        ],
        _("Revoke"),
        back=url_for("auth.settings_tokens"),
        subject=token.name,
    )
