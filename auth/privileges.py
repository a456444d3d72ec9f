"""What reputation opens, in one table, and how a young site relaxes it (start-up mode).

While a community is small, nobody could have earned what its first questions take: thresholds begin low and
rise with the number of active members. `REDOUBT_PRIVILEGE_SCALE` as a number switches that off.
"""

import time
from collections.abc import Callable
from enum import Enum

from flask import Flask, current_app
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


STARTUP_POINTS = {  # below GROWING_MEMBERS active members; moderator tools are never relaxed
    Privilege.VOTE_UP: 1,
    Privilege.FLAG: 1,
    Privilege.COMMENT_ANYWHERE: 1,
    Privilege.VOTE_DOWN: 15,
    Privilege.MAKE_TAGS: 1,
    Privilege.REVIEW: 100,
    Privilege.EDIT_ANY: 500,
    Privilege.CLOSE: 750,
}
GROWING_POINTS = {  # below GROWN_MEMBERS
    Privilege.VOTE_UP: 5,
    Privilege.FLAG: 5,
    Privilege.COMMENT_ANYWHERE: 15,
    Privilege.VOTE_DOWN: 50,
    Privilege.MAKE_TAGS: 75,
    Privilege.REVIEW: 250,
    Privilege.EDIT_ANY: 1_000,
    Privilege.CLOSE: 1_500,
}
GROWING_MEMBERS, GROWN_MEMBERS = 25, 100
COUNT_FOR_SECONDS = 60


def meaning(privilege: Privilege) -> str:
    """What a privilege opens, in words, for the help."""
    return {
        Privilege.VOTE_UP: _("upvote"),
        Privilege.FLAG: _("flag posts for moderators"),
        Privilege.COMMENT_ANYWHERE: _("comment on other people's posts (always possible on your own)"),
        Privilege.VOTE_DOWN: _("downvote"),
        Privilege.MAKE_TAGS: _("create tags"),
        Privilege.REVIEW: _("review suggested edits"),
        Privilege.EDIT_ANY: _("edit other people's posts without review, and edit tag descriptions"),
        Privilege.CLOSE: _("close and reopen questions"),
        Privilege.MOD_TOOLS: _("see flagged posts, and hide posts that another member flagged as spam"),
    }[privilege]


def points(privilege: Privilege, active_members: int) -> int:
    """Points that `privilege` takes in a community of so many active members."""
    if active_members < GROWING_MEMBERS:
        return STARTUP_POINTS.get(privilege, POINTS[privilege])
    if active_members < GROWN_MEMBERS:
        return GROWING_POINTS.get(privilege, POINTS[privilege])
    return POINTS[privilege]


def threshold(privilege: Privilege) -> int:
    """Points needed for `privilege` on this site now."""
    scale = current_app.config["REDOUBT_PRIVILEGE_SCALE"]
    if scale is not None:
        return round(POINTS[privilege] * scale)
    return points(privilege, active_members())


def active_members() -> int:
    """How many members were active lately, up to GROWN_MEMBERS; counted once in COUNT_FOR_SECONDS."""
    known = current_app.extensions["active_members"]
    now = time.monotonic()
    if known.get("until", 0) <= now:
        known["number"] = known["count"](GROWN_MEMBERS)
        known["until"] = now + COUNT_FOR_SECONDS
    return known["number"]


def is_startup() -> bool:
    """Whether thresholds are lower here than they will be."""
    return current_app.config["REDOUBT_PRIVILEGE_SCALE"] is None and active_members() < GROWN_MEMBERS


def init_app(app: Flask, count: Callable[[int], int]) -> None:
    """`count(enough)` gives the number of active members, or `enough` when it is more."""
    app.extensions["active_members"] = {"count": count}
