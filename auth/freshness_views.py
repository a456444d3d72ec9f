"""Acts that need the password again: it must have been given in this session within the last 15 minutes.

A stolen session alone makes no API token, takes no data along, moves no address and ends no session.
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
from auth.passwords import guesses, passwords
from auth.security_log import actions as security_log
from auth.views import bp
from core.database.db import SAFE_METHODS, db, utcnow
from core.limits.rate_limits import limit
from core.web.access import require, safe_next
from core.web.error_answers import problem, wants_json

FRESH_FOR = timedelta(minutes=15)
FIELD = "current_password"
MAX_PROOFS = (10, 300)  # of one account in five minutes


def is_fresh(user: User) -> bool:
    """Whether the password was given in this session a short time ago."""
    return bool(user.session and user.session.proved_at and user.session.proved_at > utcnow() - FRESH_FOR)


def prove(user: User, password: str) -> bool:
    """Whether this is the password; if so, the session is fresh. Commits. Raises TooMany.

    Wrong ones count as failed log-ins on a device that is known; the owner gets a mail about the last one.
    """
    limit("re-authenticate", user.id, *MAX_PROOFS)
    counted = guesses.count_try(user, is_known_device=True)
    db.session.commit()
    if not passwords.verify(user.password_hash, password) or counted is None:
        if guesses.is_last(counted):
            notices.locked_out(user)
            security_log.record("locked_out", user=user)
        security_log.record("reauthentication_failed", user=user)
        db.session.commit()
        return False
    guesses.start_anew(user, failures=counted)
    if user.session is not None:
        user.session.proved_at = utcnow()
    db.session.commit()
    return True


def hold_session(user: User) -> None:
    """Go on only if this session was not ended meanwhile; nobody secures the account until this commits.

    Without it, a request that began before a reset could still open something after it.
    """
    links.hold_account(user.id)
    is_live = (
        user.session is not None
        and db.session.scalar(select(Session.id).where(Session.id == user.session.id)) is not None
    )
    require(is_live, _("You were logged out meanwhile. Log in again."))


def require_fresh(*, reads: bool = False) -> Callable:
    """Decorator, below login_required: the form (with `reads` the page too) needs a fresh session.

    A page asks for the password, carries along what was sent, and goes on with it. A form may send the
    password itself as `current_password`.
    """

    def decorate(view: Callable) -> Callable:
        @wraps(view)
        def guarded(**arguments: Any) -> ResponseReturnValue:
            user, is_read = me(), request.method in SAFE_METHODS
            if is_read and (is_fresh(user) or not reads):
                return view(**arguments)
            if is_read:
                return _ask(url_for("auth.prove_password", next=request.full_path.rstrip("?")), {})
            given = request.form.get(FIELD)
            if (given and prove(user, given)) or (not given and is_fresh(user)):
                hold_session(user)
                return view(**arguments)
            return _ask(request.full_path.rstrip("?"), request.form.to_dict(flat=False), is_wrong=bool(given))

        return guarded

    return decorate


def _ask(
    action: str, sent: dict[str, list[str]], *, is_wrong: bool = False, status: int = 403
) -> ResponseReturnValue:
    """The page that asks for the password, with everything that was sent."""
    if wants_json():
        return problem(403, "Forbidden", _("Give your password on the site first, then try again."))
    kept = [
        (name, value)
        for name, values in sent.items()
        if name not in (FIELD, "csrf_token")
        for value in values
    ]
    errors = {FIELD: [_("That is not your current password.")]} if is_wrong else {}
    return render_template(
        "auth/prove.html",
        action=action,
        kept=kept,
        errors=errors,
        minutes=int(FRESH_FOR.total_seconds() // 60),
    ), 422 if is_wrong else status


@bp.route("/settings/prove", methods=["GET", "POST"])
@sessions.even_suspended
@login_required
def prove_password() -> ResponseReturnValue:
    """Give the password again, then go on to a page of this site."""
    target = safe_next(request.args.get("next"), "/settings")
    action = url_for("auth.prove_password", next=target)
    if request.method == "POST":
        if prove(me(), request.form.get(FIELD, "")):
            flash(_("Thank you. You can go on for 15 minutes."))
            return redirect(target)
        return _ask(action, {}, is_wrong=True)
    return _ask(action, {}, status=200)
