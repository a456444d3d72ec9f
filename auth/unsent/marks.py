"""The mark in a form that says which account its page was made for."""

from flask import current_app, g
from itsdangerous import BadSignature, Signer

from auth.current_user import current_user

FIELD = "form_account"


def _signer() -> Signer:
    return Signer(current_app.config["SECRET_KEY"], salt="form-account")


def form_account() -> str:
    """The mark of the account that this page is made for; '' for visitors."""
    if "form_account" not in g:
        g.form_account = (
            _signer().sign(str(current_user.id)).decode() if current_user.is_authenticated else ""
        )
    return g.form_account


def owner_id(mark: str) -> int | None:
    """The account that a mark of ours names, else None."""
    try:
        return int(_signer().unsign(mark.encode()))
    except (BadSignature, ValueError):
        return None
