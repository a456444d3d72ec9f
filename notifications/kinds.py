"""What members can be told of, and how they are told of it unless they choose otherwise."""

SITE, MAIL, DIGEST, NONE = "site", "mail", "digest", "none"
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


def kinds_for(user) -> list[str]:
    """The kinds of news that a member can get."""
    return [kind for kind in DEFAULTS if kind not in FOR_MODERATORS or user.is_moderator]
