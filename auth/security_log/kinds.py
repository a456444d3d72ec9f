"""The kinds of events of the security log. Other kinds cannot be recorded."""

from dataclasses import dataclass
from types import MappingProxyType

from core.web.lazy_text import lazy_gettext as _

ACCOUNT = "account"
ACCESS = "access"
RIGHTS = "rights"
CONTENT = "content"
SITE = "site"


@dataclass(frozen=True)
class Kind:
    """A kind of event; `max_an_hour` limits the rows of one account, or of all events without an account.

    The limit keeps visitors from filling the table.
    """

    group: str
    label: str
    max_an_hour: int | None = None


KINDS = MappingProxyType(
    {
        "login": Kind(ACCESS, _("Logged in")),
        "login_failed": Kind(ACCESS, _("Log-in failed"), 200),
        "logout": Kind(ACCESS, _("Logged out")),
        "session_ended": Kind(ACCESS, _("Session logged out")),
        "sessions_ended": Kind(ACCESS, _("All other sessions logged out")),
        "reauthentication_failed": Kind(ACCESS, _("Password check failed"), 60),
        "locked_out": Kind(ACCESS, _("Log-in locked after too many failures"), 60),
        "lockout_lifted": Kind(ACCESS, _("Log-in lock lifted")),
        "new_device": Kind(ACCESS, _("Logged in on a new device")),
        "refused": Kind(ACCESS, _("Request refused: no permission"), 60),
        "limited": Kind(ACCESS, _("Request refused: too many attempts"), 60),
        "registered": Kind(ACCOUNT, _("Account created")),
        "confirmed": Kind(ACCOUNT, _("Email address confirmed")),
        "claimed": Kind(ACCOUNT, _("Imported account claimed")),
        "claim_sent": Kind(ACCOUNT, _("Claim link sent to an address")),
        "password_reset_asked": Kind(ACCOUNT, _("Password reset requested"), 60),
        "password_reset": Kind(ACCOUNT, _("Password reset")),
        "password_changed": Kind(ACCOUNT, _("Password changed")),
        "email_change_asked": Kind(ACCOUNT, _("Change of email address requested")),
        "email_change_cancelled": Kind(ACCOUNT, _("Change of email address cancelled")),
        "email_changed": Kind(ACCOUNT, _("Email address changed")),
        "email_change_undone": Kind(ACCOUNT, _("Change of email address undone")),
        "account_secured": Kind(ACCOUNT, _("Account secured: sessions, links and tokens revoked")),
        "second_factor_added": Kind(ACCOUNT, _("Second factor added")),
        "second_factor_removed": Kind(ACCOUNT, _("Second factor removed")),
        "token_made": Kind(ACCOUNT, _("API token created")),
        "token_revoked": Kind(ACCOUNT, _("API token revoked")),
        "data_exported": Kind(ACCOUNT, _("Account data exported"), 60),
        "account_erased": Kind(ACCOUNT, _("Account deleted")),
        "account_purged": Kind(ACCOUNT, _("Unconfirmed account removed")),
        "role_changed": Kind(RIGHTS, _("Role changed")),
        "suspended": Kind(RIGHTS, _("Account suspended")),
        "suspension_lifted": Kind(RIGHTS, _("Suspension lifted")),
        "revision_redacted": Kind(CONTENT, _("Revision redacted")),
        "setting_changed": Kind(SITE, _("Setting changed")),
        "site_exported": Kind(SITE, _("Site data exported")),
        "administrator_act": Kind(SITE, _("Administrator action")),
        "shell_act": Kind(SITE, _("Command run in the shell")),
    }
)
