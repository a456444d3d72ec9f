"""Who may do what with products. Reading is for everybody."""

from posts import policy as posts


def can_curate(user) -> bool:
    """Moderators keep the catalogue."""
    return user.is_moderator and posts.can_write(user)


def can_own(user) -> bool:
    """Members say what they run."""
    return posts.can_write(user)
