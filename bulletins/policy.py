"""Who may do what with bulletins. What is public everybody reads."""

from posts import policy as posts


def can_curate(user) -> bool:
    """Moderators write, edit, schedule and publish."""
    return user.is_moderator and posts.can_write(user)
