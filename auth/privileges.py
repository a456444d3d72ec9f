"""Privileges and the reputation they need, with lower thresholds for small communities (start-up mode).

Thresholds rise with the number of active members. A number in `REDOUBT_PRIVILEGE_SCALE` switches that off
and multiplies the full thresholds.
"""

import time
from collections.abc import Callable
from enum import Enum

from flask import Flask, current_app
from flask_babel import gettext as _


class Privilege(Enum):
    """A right that is earned with reputation."""

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
GROWING_MEMBERS = 25
GROWN_MEMBERS = 100
COUNT_LIFETIME_SECONDS = 60


def meaning(privilege: Privilege) -> str:
    """A description of a privilege, for the help page."""
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
    """The reputation that `privilege` needs in a community of `active_members`."""
    if active_members < GROWING_MEMBERS:
        return STARTUP_POINTS.get(privilege, POINTS[privilege])
    if active_members < GROWN_MEMBERS:
        return GROWING_POINTS.get(privilege, POINTS[privilege])
    return POINTS[privilege]


def threshold(privilege: Privilege) -> int:
    """The reputation that `privilege` needs on this site at present."""
    scale = current_app.config["REDOUBT_PRIVILEGE_SCALE"]
    if scale is not None:
        return round(POINTS[privilege] * scale)
    return points(privilege, active_members())


def active_members() -> int:
    """The number of active members, up to GROWN_MEMBERS; cached for COUNT_LIFETIME_SECONDS."""
    cache = current_app.extensions["active_members"]
    now = time.monotonic()
    if cache.get("until", 0) <= now:
        cache["number"] = cache["count"](GROWN_MEMBERS)
        cache["until"] = now + COUNT_LIFETIME_SECONDS
    return cache["number"]


def is_startup() -> bool:
    """Whether thresholds are lowered because the community is small."""
    return current_app.config["REDOUBT_PRIVILEGE_SCALE"] is None and active_members() < GROWN_MEMBERS


def init_app(app: Flask, count: Callable[[int], int]) -> None:
    """Set up the count of active members: `count(max_count)` returns it, up to `max_count`."""
    app.extensions["active_members"] = {"count": count}
