"""Permissions on bulletins. Public ones are readable by everybody."""

from auth.models import User, Visitor
from posts import policy as posts


def can_curate(user: User | Visitor) -> bool:
    """Moderators write, edit, schedule and publish."""
    return user.is_moderator and posts.can_write(user)
