"""Who may flag and who judges."""

from auth.privileges import Privilege
from posts.policy import can_write


def can_flag(user, post) -> bool:
    """Members with the privilege flag what is public and not their own."""
    return (can_write(user) and post.is_public and post.author_id != user.id
            and user.can(Privilege.FLAG))


def can_moderate(user) -> bool:
    """Moderators, unless suspended themselves."""
    return can_write(user) and user.is_moderator
