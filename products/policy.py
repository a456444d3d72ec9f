"""Permissions on products; reading needs none."""

from auth.models import User, Visitor
from posts import policy as posts


def can_curate(user: User | Visitor) -> bool:
    """Whether `user` may edit the catalogue: moderators may."""
    return user.is_moderator and posts.can_write(user)


def can_own(user: User | Visitor) -> bool:
    """Whether `user` may edit their inventory: members may, once their address is confirmed."""
    return posts.can_write(user)
