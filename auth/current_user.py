"""The user of the current request, with a type (Flask-Login's proxy has none)."""

from typing import cast

from flask_login import current_user as _proxy

from auth.models import User, Visitor

current_user = cast("User | Visitor", _proxy)  # a proxy: pass me() where a row is needed


def me() -> User:
    """The logged-in member as a row; for views below login_required."""
    return cast("User", _proxy._get_current_object())
