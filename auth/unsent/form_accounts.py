"""The signed form field that names the account that a page was rendered for."""

from flask import current_app, g
from itsdangerous import BadSignature, Signer

from auth.current_user import current_user

FIELD = "form_account"


def _signer() -> Signer:
    return Signer(current_app.config["SECRET_KEY"], salt="form-account")


def form_account() -> str:
    """The signed id of the account that this page is rendered for; "" for visitors."""
    if "form_account" not in g:
        g.form_account = (
            _signer().sign(str(current_user.id)).decode() if current_user.is_authenticated else ""
        )
    return g.form_account


def owner_id(signed: str) -> int | None:
    """The account id in a signed field; None when the signature is invalid."""
    try:
        return int(_signer().unsign(signed.encode()))
    except (BadSignature, ValueError):
        return None
