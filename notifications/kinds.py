"""Kinds of notifications, and how each is delivered by default."""

from auth.models import User

SITE = "site"  # ways of delivery
MAIL = "mail"
DIGEST = "digest"
NONE = "none"
DELIVERIES = (SITE, MAIL, DIGEST, NONE)
DEFAULTS = {
    "answer": MAIL,
    "comment": MAIL,
    "mention": MAIL,
    "accepted": SITE,
    "edit": MAIL,
    "flag": MAIL,
    "watched": DIGEST,
    "tag": DIGEST,
    "product": DIGEST,
    "moderated": MAIL,
    "urgent": MAIL,
    "queue": SITE,
    "feedback": SITE,
}
FOR_MODERATORS = ("urgent", "queue", "feedback")


def kinds_for(user: User) -> list[str]:
    """The kinds of notifications that a member can get, in the order of the settings page."""
    return [kind for kind in DEFAULTS if kind not in FOR_MODERATORS or user.is_moderator]
