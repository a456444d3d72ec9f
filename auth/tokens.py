"""Random tokens, stored as hashes, and the Bearer authentication of the API."""

import hashlib
import secrets
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from flask import Flask, g, request
from flask_babel import gettext as _
from sqlalchemy import or_, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import joinedload
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Forbidden, Unauthorized

from auth import policy
from auth.models import ApiToken, User, Visitor
from core.api.api import WRITE, ApiBlueprint
from core.database.db import db, read_transaction, utcnow, write_immediately
from core.web.access import require
from core.web.database_errors import is_outage

USED_AT_PRECISION = timedelta(hours=1)


def new() -> str:
    """256 random bits as URL-safe text."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """The SHA-256 hash under which a token is stored."""
    return hashlib.sha256(token.encode()).hexdigest()


def init_app(app: Flask) -> None:
    """Refuse invalid tokens on every API route, even where none is needed."""
    app.before_request(_read_token)


def _read_token() -> None:
    if request.path.startswith("/api/v1/"):
        reader()


def reader() -> User | Visitor:
    """The user of an API request, without a token a Visitor; raises Unauthorized for an invalid one."""
    if "api_user" not in g:
        g.api_user, g.api_scope = _read_header()
    return g.api_user


def member() -> User:
    """The member of an API request, for operations below bearer(); raises Unauthorized without a token."""
    user = reader()
    if not isinstance(user, User):
        raise _unauthorized(_("Send a token: Authorization: Bearer …"))
    return user


def permitted(allowed: Callable[..., bool], *things: object, why: str | None = None) -> User:
    """The member of an API request if `allowed(member, *things)`, for operations below bearer().

    Raises Unauthorized without a token, and Forbidden (403) with the message `why` otherwise.
    """
    user = member()
    require(allowed(user, *things), why)
    return user


def _read_header() -> tuple[User | Visitor, str | None]:
    header = request.headers.get("Authorization")
    if header is None:
        return Visitor(), None
    scheme, _space, token = header.partition(" ")
    row = _valid_token(token.strip()) if scheme.lower() == "bearer" else None
    if row is None:
        raise _unauthorized(
            _("This token is not valid or has expired. Create one under Settings, API tokens."),
            error="invalid_token",
        )
    g.private_page = True
    _note_use(row)
    return row.user, row.scope


def _valid_token(token: str) -> ApiToken | None:
    """The row of a valid token; read in a transaction of its own, before one that may write."""
    with read_transaction():
        row = db.session.scalar(
            select(ApiToken).where(ApiToken.token_hash == digest(token)).options(joinedload(ApiToken.user))
        )
    if row is None or row.user.erased_at or (row.expires_at and row.expires_at <= utcnow()):
        return None
    return row


def _note_use(row: ApiToken) -> None:
    """Store when a token was last used, to USED_AT_PRECISION, so that few requests write.

    Skipped while the database is read-only, so that API reads go on.
    """
    now = utcnow()
    if row.used_at is not None and row.used_at >= now - USED_AT_PRECISION:
        return
    try:
        write_immediately(
            update(ApiToken)
            .where(
                ApiToken.id == row.id,
                or_(ApiToken.used_at.is_(None), ApiToken.used_at < now - USED_AT_PRECISION),
            )
            .values(used_at=now)
        )
    except DBAPIError as error:
        db.session.rollback()
        if not is_outage(error):
            raise


def _unauthorized(text: str, **parameters: str) -> Unauthorized:
    challenge = WWWAuthenticate("bearer", {"realm": "Redoubt API", **parameters})
    return Unauthorized(text, www_authenticate=challenge)


def bearer(scope: str) -> Callable:
    """Decorator: the operation needs a token of at least `scope` (read or write).

    Place it directly below the route, so that nothing is parsed for unauthorized requests.
    """

    def decorate(view: Callable) -> Callable:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            user = member()
            if scope == WRITE and g.api_scope != WRITE:
                raise Forbidden(_("This token can only read."))
            if scope == WRITE and not user.is_in_good_standing:
                raise Forbidden(policy.why_read_only(user))
            return view(*args, **kwargs)

        return ApiBlueprint.doc(security=[{"token": [scope]}])(guarded)

    return decorate
