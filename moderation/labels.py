"""Texts of reasons and decisions, for pages and the feed."""

from flask_babel import gettext as _

from forum.labels import close_reasons


def reason_labels() -> dict[str, str]:
    """Labels of the reasons of flags."""
    return {
        "spam": _("Spam or advertising"),
        "rude": _("Rude or abusive"),
        "harmful": _("Dangerous advice or harmful code"),
        "wrong-place": _("Off topic"),
        "duplicate": _("Duplicate of another post"),
        "secret": _("Contains a secret or private data"),
        "other": _("Other"),
    }


def decision_reasons() -> dict[str, str]:
    """Labels of what the log has as the reason of a decision: of a flag, or of closing a question."""
    closing = {name: label[:1].upper() + label[1:] for name, label in close_reasons().items()}
    return {**closing, **reason_labels()}


def action_labels() -> dict[str, str]:
    """Labels of the actions of decisions, in the past tense."""
    return {
        "hide": _("hidden"),
        "restore": _("unhidden"),
        "keep": _("flags dismissed"),
        "approve": _("approved"),
        "reject": _("rejected"),
        "lock": _("locked"),
        "unlock": _("unlocked"),
        "hold": _("hidden by flags"),
        "publish": _("published"),
        "unpublish": _("unpublished"),
        "withdraw": _("withdrawn"),
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
        "report-shown": _("deployment report unhidden"),
    }
