"""Who may watch, and be told."""

from posts import policy as posts


def can_watch(user) -> bool:
    """Members who may write may ask to be told."""
    return posts.can_write(user)
