"""Who may attach files, and how much a day."""

from dataclasses import dataclass

from flask import current_app
from flask_babel import gettext as _

from auth.models import User, Visitor
from auth.policy import why_read_only
from auth.privileges import Privilege
from posts.policy import can_write


@dataclass(frozen=True)
class DailyLimit:
    """What one member may attach within 24 hours: files, and bytes."""

    files: int
    size: int


def can_attach(user: User | Visitor) -> bool:
    """Whether `user` may attach files: may post, and the site takes attachments."""
    return can_write(user) and current_app.config["REDOUBT_ATTACHMENTS"]


def why_not(user: User | Visitor) -> str:
    """The message for a file that can_attach() refused."""
    return why_read_only(user) if not can_write(user) else _("This site takes no attachments.")


def daily_limit(user: User) -> DailyLimit:
    """More for members with reputation: a fifth for new ones, five times for those who review."""
    whole = current_app.config["REDOUBT_ATTACHMENT_DAILY_MB"] * 1_000_000
    if user.is_moderator or user.can(Privilege.REVIEW):
        return DailyLimit(250, whole * 5)
    if user.can(Privilege.COMMENT_ANYWHERE):
        return DailyLimit(50, whole)
    return DailyLimit(15, whole // 5)
