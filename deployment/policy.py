"""Permissions of deployment reports. Reports of public bulletins are public."""

from auth.models import User, Visitor
from auth.privileges import Privilege
from deployment.models import DeploymentReport
from posts import policy as posts


def can_report(user: User | Visitor) -> bool:
    """Members who may write."""
    return posts.can_write(user)


def can_mark_helpful(user: User | Visitor, report: DeploymentReport) -> bool:
    """Members who may upvote, on visible reports of other members."""
    return (
        posts.can_write(user)
        and user.can(Privilege.VOTE_UP)
        and report.removed_at is None
        and report.user_id not in (None, user.id)
    )


def can_hide(user: User | Visitor) -> bool:
    """Moderators hide reports and show them again."""
    return user.is_moderator and posts.can_write(user)


def can_remove(user: User | Visitor, report: DeploymentReport) -> bool:
    """The author of a report, and moderators."""
    return posts.can_write(user) and (report.user_id == user.id or can_hide(user))
