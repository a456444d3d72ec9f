"""Links in mails that need no log-in: signed, so that nobody makes one up and the database opens none.

Each purpose has its own signature; a link of one opens nothing of another.
"""

from flask import current_app, url_for
from itsdangerous import BadData, URLSafeSerializer, URLSafeTimedSerializer

from core.mail.mail import site_url

CONFIRM, MANAGE, STOP, MUTE = "confirm", "manage", "stop", "mute"
CONFIRM_WITHIN = 3 * 24 * 3600
_PAGES = {
    CONFIRM: "alerts.confirm_alerts",
    MANAGE: "alerts.manage_alerts",
    STOP: "alerts.stop_alerts",
    MUTE: "notifications.mute",
}


def _signer(purpose: str) -> URLSafeSerializer:
    kind = URLSafeTimedSerializer if purpose == CONFIRM else URLSafeSerializer
    return kind(current_app.config["SECRET_KEY"], salt=f"notify-{purpose}")


def token(purpose: str, *values: object) -> str:
    """What stands at the end of a link for `purpose`."""
    return _signer(purpose).dumps(values)


def read(purpose: str, text: str) -> list | None:
    """The values in a token of ours for `purpose`; None for any other, or a confirmation that is too old."""
    limit = {"max_age": CONFIRM_WITHIN} if purpose == CONFIRM else {}
    try:
        return _signer(purpose).loads(text, **limit)
    except (BadData, UnicodeError):
        return None


def url(purpose: str, *values: object) -> str:
    """The whole link, for a mail."""
    return site_url() + url_for(_PAGES[purpose], token=token(purpose, *values))
