"""Sessions live in the database under a random token: logging out kills every copy of the cookie.

A browser that logged in once keeps a device cookie. Guesses from elsewhere are counted per account,
guesses from such a device by themselves: who guesses from a thousand addresses locks out nobody
who has been here before (OWASP's device cookies). The cookie carries the account's generation of devices:
a higher one makes all of them unknown.
"""

import secrets
from collections.abc import Callable
from datetime import timedelta

from flask import Response, after_this_request, current_app, request, session
from flask_login import LoginManager
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from werkzeug.exceptions import Unauthorized

from auth import policy, tokens
from auth.current_user import current_user
from auth.models import EmailToken, Session, User, Visitor
from auth.tokens import digest
from core.database.db import SAFE_METHODS, db, read_transaction, utcnow
from core.web.access import require

LIFETIME, DEVICE_LIFETIME = timedelta(days=30), timedelta(days=365)
login_manager = LoginManager()
login_manager.session_protection = None
login_manager.anonymous_user = Visitor


@login_manager.user_loader
def load(token: str) -> User | None:
    """The member of a live session; read outside the writing transaction that may follow."""
    with read_transaction():
        row = db.session.scalar(
            select(Session).where(Session.token_hash == digest(token)).options(joinedload(Session.user))
        )
    if row is None or row.expires_at < utcnow() or row.user.erased_at is not None:
        return None
    row.user.session = row
    return row.user


def even_suspended(view: Callable) -> Callable:
    """Decorator: a suspended member may send this form too (log out, secure or leave the account)."""
    view.even_suspended = True
    return view


def refuse_suspended() -> None:
    """Who is suspended or unconfirmed only reads: no page takes their form, whatever it asks itself."""
    view = current_app.view_functions.get(request.endpoint)
    if (
        request.method in SAFE_METHODS
        or request.path.startswith("/api/")
        or getattr(view, "even_suspended", False)
    ):
        return
    if current_user.is_authenticated and not current_user.is_in_good_standing:
        require(False, policy.why_read_only(current_user))


def account_of_request() -> int | None:
    """The id of the member whose session or token a request brings; None for visitors and wrong tokens."""
    if not request.path.startswith("/api/"):
        return current_user.id
    try:
        return tokens.reader().id
    except Unauthorized:  # answered by the token's own check
        return None


def enter(token: str) -> None:
    """Put a new session's token into the cookie; whatever was there before is gone."""
    session.clear()
    session["_user_id"], session["_fresh"] = token, True
    session.permanent = True


def leave() -> None:
    """Empty the cookie, and let the browser forget the member's pages and drafts.

    Not `"cookies"`: the colours that were chosen and the mark of a known device stay (known_device()).
    Browsers obey on https and on localhost only.
    """
    session.clear()
    after_this_request(_clear_site_data)


def _clear_site_data(answer: Response) -> Response:
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


def _device_cookie() -> str:
    return "__Host-device" if current_app.config["SESSION_COOKIE_SECURE"] else "device"


def _devices() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="device")


def known_device(user: User | None) -> str | None:
    """The mark of this browser when `user` logged in on it before."""
    try:
        name, mark, *rest = _devices().loads(request.cookies.get(_device_cookie(), ""))
    except (BadSignature, ValueError, TypeError):
        return None
    generation = rest[0] if rest else 0
    is_theirs = user is not None and (name, generation) == (user.username, user.device_generation)
    return mark if is_theirs else None


def remember_device(answer: Response, user: User) -> Response:
    """Mark this browser as one that `user` has used."""
    mark = [user.username, secrets.token_urlsafe(12), user.device_generation]
    answer.set_cookie(
        _device_cookie(),
        _devices().dumps(mark),
        max_age=DEVICE_LIFETIME,
        httponly=True,
        samesite="Lax",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
    )
    return answer


def registering_browser() -> str:
    """A secret of this browser, by which it is known again when it confirms what it registered."""
    if "registration" not in session:
        session["registration"] = secrets.token_urlsafe(24)
    return session["registration"]


def has_registered(link: EmailToken) -> bool:
    """Whether this browser sent the registration that a link confirms."""
    mine = session.get("registration")
    return bool(mine and link.browser_hash) and secrets.compare_digest(digest(mine), link.browser_hash)
