"""Sessions and device cookies.

Sessions are rows under a random token: logging out invalidates every copy of the cookie.

A browser that logged in once has a device cookie (OWASP). Failed logins from known devices are counted per
device, all others per account, so that guessing from many addresses does not lock out a member on a known
device. The cookie contains the account's device generation: raising it invalidates all device cookies.
"""

import secrets
from collections.abc import Callable
from datetime import timedelta
from functools import cache

from flask import after_this_request, current_app, g, request, session
from flask_login import LoginManager
from flask_wtf.csrf import generate_csrf
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import Select, String, bindparam, select
from sqlalchemy.orm import joinedload
from werkzeug.exceptions import Unauthorized
from werkzeug.wrappers import Response

from auth import policy, tokens
from auth.current_user import current_user
from auth.models import EmailToken, Session, User, Visitor
from auth.tokens import digest
from core.database.db import SAFE_METHODS, UTCDateTime, db, read_transaction, utcnow
from core.registry import Registry
from core.web.access import require

LIFETIME = timedelta(days=30)
DEVICE_LIFETIME = timedelta(days=365)
login_manager = LoginManager()
login_manager.session_protection = None  # pyright: ignore[reportAttributeAccessIssue]  (stub: str)
login_manager.anonymous_user = Visitor


_with_session: Registry[str, Callable[..., Select]] = Registry("read_with_session")


def register_with_session(name: str) -> Callable[[Callable[..., Select]], Callable[..., Select]]:
    """Decorator: the function returns the SELECT of a value that is read with each session.

    Its arguments are the parameters for the hash of the token and the time. The value is then
    User.read_with_session[name].
    """

    def decorate(function: Callable[..., Select]) -> Callable[..., Select]:
        _with_session.add(name, function)
        return function

    return decorate


@cache
def _session_statement(names: tuple[str, ...]) -> Select:
    token_hash, now = bindparam("token_hash", type_=String), bindparam("now", type_=UTCDateTime)
    values = [_with_session[name](token_hash, now).scalar_subquery() for name in names]
    return select(Session, *values).where(Session.token_hash == token_hash).options(joinedload(Session.user))


@login_manager.user_loader
def load(token: str) -> User | None:
    """The member of a valid session; read in a transaction of its own, before one that may write."""
    names = tuple(_with_session)
    with read_transaction():
        found = db.session.execute(
            _session_statement(names), {"token_hash": digest(token), "now": utcnow()}
        ).one_or_none()
    if found is None:
        return None
    row, *values = found
    if row.expires_at < utcnow() or row.user.erased_at is not None:
        return None
    user = row.user
    user.session = row
    user.read_with_session = dict(zip(names, values, strict=True))
    return user


def allow_suspended(view: Callable) -> Callable:
    """Decorator: suspended members may submit this form too (log out, secure or delete the account)."""
    view.__dict__["allow_suspended"] = True
    return view


def refuse_suspended() -> None:
    """Refuse forms of members who are suspended or unconfirmed, before any view; raises Forbidden."""
    view = current_app.view_functions.get(request.endpoint or "")
    if (
        request.method in SAFE_METHODS
        or request.path.startswith("/api/")
        or getattr(view, "allow_suspended", False)
    ):
        return
    if current_user.is_authenticated and not current_user.is_in_good_standing:
        require(False, policy.why_read_only(current_user))


def account_of_request() -> int | None:
    """The id of the member by session or API token; None for visitors and invalid tokens."""
    if not request.path.startswith("/api/"):
        return current_user.id
    try:
        return tokens.reader().id
    except Unauthorized:  # tokens.init_app() answers it
        return None


def log_in(token: str) -> None:
    """Put a new session's token into the cookie, replacing its content.

    The CSRF token is made here, not by the first page: two pages loaded together would each make one, and
    the form of the page whose cookie arrives first would be refused.
    """
    session.clear()
    session["_user_id"] = token
    session["_fresh"] = True
    session.permanent = True
    g.pop("csrf_token", None)  # of the form that was just sent
    generate_csrf()


def log_out() -> None:
    """Empty the cookie and make the browser clear cached pages and drafts (Clear-Site-Data).

    Not `"cookies"`: the theme and the device cookie stay. Browsers obey on https and localhost only.
    """
    session.clear()
    after_this_request(_clear_site_data)


def _clear_site_data(response: Response) -> Response:
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


def _device_cookie() -> str:
    return "__Host-device" if current_app.config["SESSION_COOKIE_SECURE"] else "device"


def _device_serializer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="device")


def known_device(user: User | None) -> str | None:
    """The device id of this browser if `user` logged in on it before."""
    try:
        username, device_id, *rest = _device_serializer().loads(request.cookies.get(_device_cookie(), ""))
    except (BadSignature, ValueError, TypeError):
        return None
    generation = rest[0] if rest else 0
    if user is None or (username, generation) != (user.username, user.device_generation):
        return None
    return device_id


def remember_device(response: Response, user: User) -> Response:
    """Set the device cookie: this browser is a known device of `user`."""
    content = [user.username, secrets.token_urlsafe(12), user.device_generation]
    response.set_cookie(
        _device_cookie(),
        _device_serializer().dumps(content),
        max_age=DEVICE_LIFETIME,
        httponly=True,
        samesite="Lax",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
    )
    return response


def registration_secret() -> str:
    """A secret in this browser's cookie that identifies it when it confirms its registration."""
    if "registration" not in session:
        session["registration"] = secrets.token_urlsafe(24)
    return session["registration"]


def is_registering_browser(link: EmailToken) -> bool:
    """Whether this browser submitted the registration that a link confirms."""
    secret = session.get("registration")
    if not secret or not link.browser_hash:
        return False
    return secrets.compare_digest(digest(secret), link.browser_hash)
