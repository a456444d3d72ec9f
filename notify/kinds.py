"""What members can be told of, and how they are told of it unless they choose otherwise."""

SITE, MAIL, DIGEST, NONE = "site", "mail", "digest", "none"
DELIVERIES = (SITE, MAIL, DIGEST, NONE)
DEFAULTS = {
    "answer": MAIL, "comment": MAIL, "mention": MAIL, "accepted": SITE, "edit": MAIL, "flag": MAIL,
    "watched": DIGEST, "tag": DIGEST, "product": DIGEST,
}
