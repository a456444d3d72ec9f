"""What reputation opens, in one table; `REDOUBT_PRIVILEGE_SCALE` scales it for young sites."""

from enum import Enum

from flask import current_app
from flask_babel import gettext as _


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


def meaning(privilege: Privilege) -> str:
    """What a privilege opens, in words, for the help."""
    return {
        Privilege.VOTE_UP: _("vote up what is useful"),
        Privilege.FLAG: _("flag what needs a moderator"),
        Privilege.COMMENT_ANYWHERE: _("comment on what others wrote (on your own always)"),
        Privilege.VOTE_DOWN: _("vote down what is not useful"),
        Privilege.MAKE_TAGS: _("make new tags"),
        Privilege.REVIEW: _("review the edits that members suggest"),
        Privilege.EDIT_ANY: _("edit what others wrote without a review, and describe tags"),
        Privilege.CLOSE: _("close questions and open them again"),
        Privilege.MOD_TOOLS: _("read what was flagged, and hide what another member flagged as spam"),
    }[privilege]


def threshold(privilege: Privilege) -> int:
    """Points needed for `privilege` on this site."""
    return round(POINTS[privilege] * current_app.config["REDOUBT_PRIVILEGE_SCALE"])
