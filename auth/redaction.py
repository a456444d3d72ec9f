"""The columns of accounts that redaction masks, and those without people's text."""

from auth.address_changes.models import AddressChange
from auth.models import ApiToken, EmailToken, ReputationEvent, Session, User, UsernameReservation
from auth.security_log.models import SecurityEvent, SecurityOrigin
from auth.unsent.models import UnsentForm
from core import redaction
from core.jobs import events
from core.markup.markup import render


def _render_about(user: User, by: User) -> None:
    about = render(user.about)
    user.about_html = about.html
    user.markup_version = about.version
    events.record("user.revised", subject=user)


redaction.register_text(
    User,
    "display_name",
    "location",
    "website",
    "about",
    "suspension_reason",
    changed=_render_about,
    derived=("about_html",),
)
redaction.register_text(ApiToken, "name")
redaction.register_without_text(
    User,
    "username",
    "username_key",
    "email",
    "password_hash",
    "role",
    "imported_badges",
    "imported_from",
    "external_id",
)
redaction.register_without_text(ApiToken, "token_hash", "scope")
redaction.register_without_text(Session, "token_hash", "user_agent")
redaction.register_without_text(
    EmailToken, "token_hash", "purpose", "email", "username", "password_hash", "browser_hash"
)
redaction.register_without_text(UsernameReservation, "username_key", "email_hash")
redaction.register_without_text(
    AddressChange, "old_email", "new_email", "confirm_hash", "cancel_hash", "undo_hash"
)
redaction.register_without_text(ReputationEvent, "kind", "cause")
redaction.register_without_text(SecurityEvent, "kind", "means", "facts")
redaction.register_without_text(SecurityOrigin, "address", "program")
redaction.register_text(UnsentForm, "fields")
redaction.register_without_text(UnsentForm, "token_hash", "target")
