"""Sessions live in the database under a random token: logging out kills every copy of the cookie."""

from datetime import timedelta

from flask import redirect, request, session, url_for
from flask_login import LoginManager
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from auth.models import Session, User, Visitor
from auth.tokens import digest
from core.db import db, reading, utcnow
from core.web import problem, wants_json

LIFETIME = timedelta(days=30)
login_manager = LoginManager()
login_manager.session_protection = None
login_manager.anonymous_user = Visitor


@login_manager.user_loader
def load(token: str) -> User | None:
    """The member of a live session; read outside the writing transaction that may follow."""
    with reading():
        row = db.session.scalar(select(Session).where(Session.token_hash == digest(token))
                                .options(joinedload(Session.user)))
    if row is None or row.expires_at < utcnow() or row.user.erased_at is not None:
        return None
    row.user.session = row
    return row.user


@login_manager.unauthorized_handler
def ask_to_log_in():
    """People go to the log-in page and come back; programs get 401."""
    if wants_json():
        return problem(401, "Unauthorized", "Log in first.")
    target = request.full_path.rstrip("?") if request.method == "GET" else "/"
    return redirect(url_for("auth.login", next=target))


def enter(token: str) -> None:
    """Put a new session's token into the cookie; whatever was there before is gone."""
    session.clear()
    session["_user_id"], session["_fresh"] = token, True
    session.permanent = True


def leave() -> None:
    """Empty the cookie."""
    session.clear()
