"""All that the site knows of a member, as one JSON document; packages register the parts they know."""

import json
from collections.abc import Callable

from sqlalchemy import inspect

from auth import queries
from auth.models import User
from core.database.db import utcnow
from core.mail import mail
from core.registry import Registry

# secrets of the account, useless to its owner
NOT_TOLD = {"password_hash", "token_hash", "confirm_hash", "cancel_hash", "undo_hash", "body_hash"}
_parts: Registry[str, Callable[[User], object]] = Registry("account_export")  # by name


def register_export_part(name: str) -> Callable:
    """Decorator: put what the function returns for a member under `name`."""

    def decorate(part: Callable[[User], object]) -> Callable:
        _parts.add(name, part)
        return part

    return decorate


def columns(row: object, *, but: set[str] = frozenset()) -> dict:
    """A row as a plain object, without secrets and the columns in `but`."""
    names = [column.key for column in inspect(row).mapper.column_attrs]
    return {name: getattr(row, name) for name in names if name not in NOT_TOLD | but}


def document(user: User) -> str:
    """The whole document as text."""
    parts = {name: part(user) for name, part in _parts.items()}
    return json.dumps(
        {"site": mail.site_url(), "made_at": utcnow(), **parts},
        ensure_ascii=False,
        indent=2,
        default=lambda moment: moment.isoformat(),
    )


@register_export_part("account")
def _account(user: User) -> dict:
    return columns(user, but={"about_html", "markup_version"})


@register_export_part("sessions")
def _sessions(user: User) -> list[dict]:
    return [columns(row) for row in queries.sessions_of(user)]


@register_export_part("api_tokens")
def _api_tokens(user: User) -> list[dict]:
    return [columns(row) for row in queries.api_tokens_of(user)]


@register_export_part("reputation")
def _reputation(user: User) -> list[dict]:
    return [columns(row, but={"actor_id"}) for row in queries.ledger(user)]


@register_export_part("mail")
def _mail(user: User) -> list[dict]:
    """Without the text of what waits with a link in it: who has the file could open the account."""
    return [
        columns(row, but={"body", "html"} if row.has_secret else frozenset()) for row in queries.mail_to(user)
    ]
