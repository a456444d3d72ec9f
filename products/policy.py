"""Permissions on products; reading needs none."""

from auth.models import User, Visitor
from posts import policy as posts


def can_curate(user: User | Visitor) -> bool:
    """Whether `user` may edit the catalogue: moderators may."""
    return user.is_moderator and posts.can_write(user)


def can_own(user: User | Visitor) -> bool:
    """Whether `user` may edit their inventory: members may, once their address is confirmed."""
    return posts.can_write(user)


def require_can_own(user: User | Visitor) -> None:
    """Raise Forbidden (403) unless can_own(), with what the member can do about it."""
    posts.require_can_write(user)
