"""The form of a failed request, which the error page shows again so that no typed text is lost.

It is shown to its sender, who can submit it again; nothing is submitted automatically, and a form sent by
another site is not shown. Secrets and files are never shown: the form asks for them again.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Flask, Response, request, session
from werkzeug.exceptions import HTTPException

from core.database.db import SAFE_METHODS
from core.registry import Registry
from core.web.access import safe_next

MAX_FIELDS = 200
MAX_BODY_BYTES = 4 * 1024 * 1024  # of a form that is too large to be accepted, but is shown again
SECRET_PARTS = ("password", "passphrase", "code", "token", "secret", "credential")  # of names of fields
MIN_TEXT_CHARACTERS = 40  # a longer value was typed by a person
TEXT_NAMES = frozenset(
    (
        "title",
        "body",
        "tags",
        "summary",
        "change",
        "applies_to",
        "note",
        "reason",
        "text",
        "excerpt",
        "about",
        "answer",
        "message",
        "display_name",
        "location",
        "website",
        "username",
        "email",
        "name",
        "target",
        "duplicate_of",
    )
)
DRAFT_FIELD = "draft"  # the name of the browser's draft of a form, see static/js/drafts.js
DRAFT_NAME = re.compile(r"[\w./:-]{1,200}", re.ASCII)
MAX_DRAFTS = 5

OwnerCheck = Callable[[], bool]
_owner_checks: Registry[OwnerCheck, str] = Registry("form_owner_checks")  # name by function


def register_owner_check(is_foreign: OwnerCheck) -> OwnerCheck:
    """Decorator: the function returns whether the form was made for another account than the current one.

    Such a form is not shown.
    """
    _owner_checks.add(is_foreign, is_foreign.__qualname__)
    return is_foreign


@dataclass(frozen=True)
class SentForm:
    """A form as sent to the path `target`; `secrets` and `files` are names of fields to fill in again."""

    target: str
    fields: list[tuple[str, str]]
    secrets: list[str]
    files: list[str]
    action: str = ""

    @property
    def has_text(self) -> bool:
        """Whether a field has typed text."""
        return any(is_text(name, value) for name, value in self.fields)

    def value(self, name: str) -> str:
        """The first value of a field, or ''."""
        return next((value for field, value in self.fields if field == name), "")


def is_text(name: str, value: str) -> bool:
    """Whether a value was typed and is shown as text; other values become hidden fields."""
    if not value.strip() or name in (DRAFT_FIELD, "form_account"):
        return False
    return name in TEXT_NAMES or len(value) > MIN_TEXT_CHARACTERS or any(c.isspace() for c in value)


def sent_form(*, ask_owner: bool = True) -> SentForm | None:
    """The form in this request; None when there is none, or it must not be shown.

    `ask_owner=False` skips the owner checks, which query the database.
    """
    if request.method in SAFE_METHODS or request.path.startswith("/api/") or _is_cross_site():
        return None
    target = safe_next(request.full_path if request.query_string else request.path, "")
    fields = _fields()
    if not target or fields is None:
        return None
    if ask_owner and any(is_foreign() for is_foreign in _owner_checks):
        return None
    return _sent_form(target, fields)


def _sent_form(target: str, fields: list[tuple[str, str]]) -> SentForm:
    secrets = [name for name, _value in fields if _is_secret(name)]
    shown = [
        (name, value)
        for name, value in fields
        if name not in ("csrf_token", "action") and not _is_secret(name)
    ]
    action = next((value for name, value in fields if name == "action"), "")
    return SentForm(target, shown, secrets, list(request.files), action)


def _is_secret(name: str) -> bool:
    return name != "csrf_token" and any(part in name for part in SECRET_PARTS)


def _fields() -> list[tuple[str, str]] | None:
    is_large = (request.content_length or 0) > (request.max_content_length or MAX_BODY_BYTES)
    if is_large and not _may_read_more():
        return None
    try:
        fields = list(request.form.items(multi=True))
    except HTTPException:
        return None
    return fields if len(fields) <= MAX_FIELDS and (fields or request.files) else None


def _may_read_more() -> bool:
    """Raise the limit for a member's form that exceeds it, up to MAX_BODY_BYTES; returns whether it did."""
    if not session.get("_user_id") or (request.content_length or 0) > MAX_BODY_BYTES:
        return False
    request.max_content_length = request.max_form_memory_size = MAX_BODY_BYTES
    for name in ("form", "files"):
        request.__dict__.pop(name, None)  # a refused form counts as empty (core.web.site)
    return True


def _is_cross_site() -> bool:
    """Whether the browser reports that a page of another site sent this request."""
    if fetched := request.headers.get("Sec-Fetch-Site"):
        return fetched not in ("same-origin", "none")
    origin = request.headers.get("Origin")
    return origin is not None and urlsplit(origin).netloc != request.host


def referring_page() -> str:
    """The path of the page of this site that sent this request, or '/'."""
    before = urlsplit(request.referrer or "")
    if before.netloc != request.environ.get("HTTP_HOST"):  # request.host refuses a host that is not trusted
        return "/"
    return safe_next(before.path + (f"?{before.query}" if before.query else ""))


def _note_draft(response: Response) -> Response:
    """Remember the draft of an accepted form: views answer it with a redirect."""
    if (
        request.method == "POST"
        and response.status_code in (302, 303)
        and request.mimetype.endswith(("form-urlencoded", "form-data"))
    ):
        name = request.form.get(DRAFT_FIELD, "")
        if DRAFT_NAME.fullmatch(name):
            session["accepted_drafts"] = [*session.get("accepted_drafts", []), name][-MAX_DRAFTS:]
    return response


def accepted_drafts() -> str:
    """Names of drafts accepted since the last page, separated by spaces; each is returned once."""
    return " ".join(session.pop("accepted_drafts")) if "accepted_drafts" in session else ""


def init_app(app: Flask) -> None:
    """Note which drafts were accepted, for every form."""
    app.jinja_env.globals.update(accepted_drafts=accepted_drafts, is_typed_text=is_text)
    app.after_request(_note_draft)
