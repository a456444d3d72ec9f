"""Secrets that travel: random, kept only as hashes. Bearer tokens of the API among them."""

import hashlib
import secrets
from collections.abc import Callable
from functools import wraps

from flask import g, request
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from werkzeug.exceptions import Forbidden, Unauthorized

from auth.models import ApiToken, Visitor
from core.db import db, reading, utcnow


def new() -> str:
    """256 random bits as URL-safe text."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """What the database keeps of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def reader():
    """Who calls the API: the token's member, or a Visitor. A wrong token is refused, not ignored."""
    if "api_user" not in g:
        g.api_user, g.api_scope = _read_header()
    return g.api_user


def _read_header():
    header = request.headers.get("Authorization")
    if header is None:
        return Visitor(), "read"
    scheme, _, token = header.partition(" ")
    row = None
    if scheme.lower() == "bearer" and token:
        with reading():
            row = db.session.scalar(select(ApiToken).where(ApiToken.token_hash == digest(token.strip()))
                                    .options(joinedload(ApiToken.user)))
    if row is None or row.user.erased_at or (row.expires_at and row.expires_at < utcnow()):
        raise Unauthorized("This token is not valid (any more). Make one under Settings, API tokens.")
    return row.user, row.scope


def bearer(scope: str) -> Callable:
    """Decorator: the endpoint needs a token of at least `scope` (read or write)."""

    def decorate(view: Callable) -> Callable:
        @wraps(view)
        def guarded(*args, **kwargs):
            user = reader()
            if user.id is None:
                raise Unauthorized("Send a token: Authorization: Bearer …")
            if scope == "write" and g.api_scope != "write":
                raise Forbidden("This token may only read.")
            return view(*args, **kwargs)

        return guarded

    return decorate
