"""Permissions of appeals."""

from auth.models import User, Visitor
from posts.models import Post
from posts.policy import can_write


def can_appeal(user: User | Visitor, post: Post) -> bool:
    """The author of a post that somebody else removed, unless its text was deleted."""
    return (
        can_write(user)
        and post.is_deleted
        and not post.is_emptied
        and post.author_id == user.id
        and post.deleted_by_id != user.id
    )
