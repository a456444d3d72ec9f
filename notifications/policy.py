"""Permissions of following."""

from auth.models import User, Visitor
from posts import policy as posts


def can_watch(user: User | Visitor) -> bool:
    """Members who may write may follow posts, tags and products."""
    return posts.can_write(user)
