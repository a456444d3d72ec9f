"""Links in mail that work without log-in: signed, so that they cannot be forged and are not stored.

Each purpose has its own signature: a link for one purpose is invalid for another.
"""

from flask import current_app, url_for
from itsdangerous import BadData, URLSafeSerializer, URLSafeTimedSerializer

from core.mail.mail import site_url

CONFIRM = "confirm"  # the purposes: confirm alerts, manage them, unsubscribe from them or from notifications
MANAGE = "manage"
STOP = "stop"
MUTE = "mute"
CONFIRM_MAX_AGE_SECONDS = 3 * 24 * 3600
_PAGES = {
    CONFIRM: "alerts.confirm_alerts",
    MANAGE: "alerts.manage_alerts",
    STOP: "alerts.stop_alerts",
    MUTE: "notifications.mute",
}


def _signer(purpose: str) -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt=f"notify-{purpose}")


def _timed_signer(purpose: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt=f"notify-{purpose}")


def token(purpose: str, *values: object) -> str:
    """The signed token of a link for `purpose`, with `values` (JSON)."""
    signer = _timed_signer(purpose) if purpose == CONFIRM else _signer(purpose)
    return str(signer.dumps(values))


def read(purpose: str, text: str) -> list | None:
    """The values in a token for `purpose`; None for an invalid one or a confirmation that is too old."""
    try:
        if purpose == CONFIRM:
            return _timed_signer(purpose).loads(text, max_age=CONFIRM_MAX_AGE_SECONDS)
        return _signer(purpose).loads(text)
    except (BadData, UnicodeError):
        return None


def url(purpose: str, *values: object) -> str:
    """The URL of a link for `purpose`."""
    return site_url() + url_for(_PAGES[purpose], token=token(purpose, *values))
