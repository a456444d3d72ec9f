"""The data of a member as one JSON document; packages register their parts of it."""

import json
from collections.abc import Callable
from collections.abc import Set as AbstractSet

from sqlalchemy import inspect

from auth import queries
from auth.models import User
from core.database.db import utcnow
from core.mail import mail
from core.registry import Registry

SECRET_COLUMNS = {"password_hash", "token_hash", "confirm_hash", "cancel_hash", "undo_hash", "body_hash"}
_parts: Registry[str, Callable[[User], object]] = Registry("account_export")  # by name


def register_export_part(name: str) -> Callable:
    """Decorator: export what the function returns for a member under `name`."""

    def decorate(part: Callable[[User], object]) -> Callable:
        _parts.add(name, part)
        return part

    return decorate


def columns(row: object, *, exclude: AbstractSet[str] = frozenset()) -> dict:
    """A row as {column: value}, without secrets and the columns in `exclude`."""
    names = [column.key for column in inspect(row).mapper.column_attrs]
    return {name: getattr(row, name) for name in names if name not in SECRET_COLUMNS | exclude}


def document(user: User) -> str:
    """The JSON document of a member's data."""
    parts = {name: part(user) for name, part in _parts.items()}
    return json.dumps(
        {"site": mail.site_url(), "made_at": utcnow(), **parts},
        ensure_ascii=False,
        indent=2,
        default=lambda time: time.isoformat(),
    )


@register_export_part("account")
def _account(user: User) -> dict:
    return columns(user, exclude={"about_html", "markup_version"})


@register_export_part("sessions")
def _sessions(user: User) -> list[dict]:
    return [columns(row) for row in queries.sessions_of(user)]


@register_export_part("api_tokens")
def _api_tokens(user: User) -> list[dict]:
    return [columns(row) for row in queries.api_tokens_of(user)]


@register_export_part("reputation")
def _reputation(user: User) -> list[dict]:
    return [columns(row, exclude={"actor_id"}) for row in queries.ledger(user)]


@register_export_part("mail")
def _mail(user: User) -> list[dict]:
    """Mails, without the text of those that contain a link: the file must not open the account."""
    return [
        columns(row, exclude={"body", "html"} if row.has_secret else frozenset())
        for row in queries.mail_to(user)
    ]
