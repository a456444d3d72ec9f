"""What reputation opens, in one table; `REDOUBT_PRIVILEGE_SCALE` scales it for young sites."""

from enum import Enum

from flask import current_app


class Privilege(Enum):
    """What a member may earn."""

    VOTE_UP = "vote up"
    FLAG = "flag"
    COMMENT_ANYWHERE = "comment anywhere"
    VOTE_DOWN = "vote down"
    MAKE_TAGS = "make tags"
    REVIEW = "review queues"
    EDIT_ANY = "edit directly"
    CLOSE = "close questions"
    MOD_TOOLS = "moderator tools"


POINTS = {
    Privilege.VOTE_UP: 15,
    Privilege.FLAG: 15,
    Privilege.COMMENT_ANYWHERE: 50,
    Privilege.VOTE_DOWN: 125,
    Privilege.MAKE_TAGS: 300,
    Privilege.REVIEW: 500,
    Privilege.EDIT_ANY: 2_000,
    Privilege.CLOSE: 3_000,
    Privilege.MOD_TOOLS: 10_000,
}


def threshold(privilege: Privilege) -> int:
    """Points needed for `privilege` on this site."""
    return round(POINTS[privilege] * current_app.config["REDOUBT_PRIVILEGE_SCALE"])
