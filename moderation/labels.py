"""Texts of reasons and decisions, for pages and the feed."""

from flask_babel import gettext as _


def reason_labels() -> dict[str, str]:
    """Labels of the reasons of flags and decisions."""
    return {
        "spam": _("Spam or advertising"),
        "rude": _("Rude or abusive"),
        "harmful": _("Dangerous advice or harmful code"),
        "wrong-place": _("Off topic"),
        "duplicate": _("Duplicate of another post"),
        "secret": _("Contains a secret or private data"),
        "other": _("Other"),
    }


def action_labels() -> dict[str, str]:
    """Labels of the actions of decisions, in the past tense."""
    return {
        "hide": _("hidden"),
        "restore": _("restored"),
        "keep": _("flags dismissed"),
        "approve": _("approved"),
        "reject": _("rejected"),
        "lock": _("locked"),
        "unlock": _("unlocked"),
        "hold": _("hidden by flags"),
        "publish": _("published"),
        "unpublish": _("unpublished"),
        "withdraw": _("unpublished"),
        "verify": _("verification changed"),
        "redact": _("text masked"),
        "appeal-refused": _("request for review rejected"),
        "suspend": _("suspended"),
        "lift": _("suspension lifted"),
        "close": _("closed"),
        "reopen": _("reopened"),
        "erase": _("account deleted"),
        "correct": _("comparison corrected"),
        "correction-refused": _("correction refused"),
        "correction-undone": _("correction undone"),
        "report-hidden": _("deployment report hidden"),
        "report-shown": _("deployment report restored"),
    }
