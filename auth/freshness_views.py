"""Reauthentication: sensitive actions need the password, given in this session within FRESH_LIFETIME.

A stolen session alone cannot create an API token, export data, change the address or end sessions.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import login_required
from sqlalchemy import select

from auth import links, notices, sessions
from auth.current_user import me
from auth.models import Session, User
from auth.passwords import login_attempts, passwords
from auth.security_log import actions as security_log
from auth.views import bp
from core.database.db import SAFE_METHODS, db, utcnow
from core.limits.rate_limits import limit
from core.web.access import require, safe_next
from core.web.error_answers import problem, wants_json

FRESH_LIFETIME = timedelta(minutes=15)
FORM_FIELD = "current_password"
MAX_ATTEMPTS = 10  # of one account within ATTEMPTS_WINDOW_SECONDS
ATTEMPTS_WINDOW_SECONDS = 300


def is_fresh(user: User) -> bool:
    """Whether the password was given in this session within FRESH_LIFETIME."""
    return bool(
        user.session and user.session.proved_at and user.session.proved_at > utcnow() - FRESH_LIFETIME
    )


def reauthenticate(user: User, password: str) -> bool:
    """Verify the password and mark the session as fresh; commits. Raises TooMany.

    Wrong passwords count as failed logins on a known device; the owner gets a mail when that locks the login.
    """
    limit("re-authenticate", user.id, MAX_ATTEMPTS, ATTEMPTS_WINDOW_SECONDS)
    failures = login_attempts.count_attempt(user, is_known_device=True)
    db.session.commit()
    if not passwords.verify(user.password_hash, password) or failures is None:
        if login_attempts.is_lockout(failures):
            notices.locked_out(user)
            security_log.record("locked_out", user=user)
        security_log.record("reauthentication_failed", user=user)
        db.session.commit()
        return False
    login_attempts.reset_failures(user, failures=failures)
    if user.session is not None:
        user.session.proved_at = utcnow()
    db.session.commit()
    return True


def require_live_session(user: User) -> None:
    """Lock the account until this transaction ends; raises Forbidden when this session was ended.

    Without it, a request that started before a password reset could still grant access after it.
    """
    links.lock_account(user.id)
    is_live = (
        user.session is not None
        and db.session.scalar(select(Session.id).where(Session.id == user.session.id)) is not None
    )
    require(is_live, _("You have been logged out. Log in again."))


def require_fresh(*, reads: bool = False) -> Callable:
    """Decorator, below login_required: the form (with `reads` also the page) needs a fresh session.

    Otherwise a page asks for the password and then repeats the request with the submitted fields. A form may
    include the password as `current_password`.
    """

    def decorate(view: Callable) -> Callable:
        @wraps(view)
        def guarded(**arguments: Any) -> ResponseReturnValue:
            user = me()
            is_read = request.method in SAFE_METHODS
            if is_read and (is_fresh(user) or not reads):
                return view(**arguments)
            if is_read:
                return _ask(url_for("auth.prove_password", next=request.full_path.rstrip("?")), {})
            given = request.form.get(FORM_FIELD)
            if (given and reauthenticate(user, given)) or (not given and is_fresh(user)):
                require_live_session(user)
                return view(**arguments)
            return _ask(request.full_path.rstrip("?"), request.form.to_dict(flat=False), is_wrong=bool(given))

        return guarded

    return decorate


def _ask(
    action: str, sent: dict[str, list[str]], *, is_wrong: bool = False, status: int = 403
) -> ResponseReturnValue:
    """The page that asks for the password, with the submitted fields as hidden inputs."""
    if wants_json():
        return problem(403, "Forbidden", _("Enter your password on the site first, then try again."))
    fields: list[tuple[str, str]] = []
    for name, values in sent.items():
        if name not in (FORM_FIELD, "csrf_token"):
            fields += [(name, value) for value in values]
    errors = {FORM_FIELD: [_("That is not your current password.")]} if is_wrong else {}
    return render_template(
        "auth/prove.html",
        action=action,
        kept=fields,
        errors=errors,
        minutes=int(FRESH_LIFETIME.total_seconds() // 60),
    ), 422 if is_wrong else status


@bp.route("/settings/prove", methods=["GET", "POST"])
@sessions.allow_suspended
@login_required
def prove_password() -> ResponseReturnValue:
    """Ask for the password, then redirect to a page of this site."""
    target = safe_next(request.args.get("next"), url_for("auth.settings"))
    action = url_for("auth.prove_password", next=target)
    if request.method == "POST":
        if reauthenticate(me(), request.form.get(FORM_FIELD, "")):
            flash(_("Password confirmed. You won't be asked again for 15 minutes."))
            return redirect(target)
        return _ask(action, {}, is_wrong=True)
    return _ask(action, {}, status=200)
