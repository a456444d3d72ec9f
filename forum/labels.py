"""Labels of the forum, for pages and notifications."""

from flask_babel import gettext as _


def close_reasons() -> dict[str, str]:
    """The label of each reason for closing a question."""
    return {
        "duplicate": _("duplicate"),
        "off-topic": _("off topic"),
        "needs-details": _("needs details"),
        "too-broad": _("too broad"),
        "opinion": _("opinion-based"),
        "imported": _("closed on the original site"),
    }
