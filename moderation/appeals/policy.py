"""Who may ask for a removed post."""

from posts.policy import can_write


def can_appeal(user, post) -> bool:
    """Its author, when somebody else removed it and its text is still there."""
    return (
        can_write(user)
        and post.is_deleted
        and not post.is_emptied
        and post.author_id == user.id
        and post.deleted_by_id != user.id
    )
