"""Who may do what to an article."""

from posts import policy as posts


def can_curate(user) -> bool:
    """Moderators write, publish, withdraw and verify."""
    return user.is_moderator and posts.can_write(user)


def can_edit(user, article) -> bool:
    """Moderators, and members trusted to edit directly."""
    return posts.can_edit(user, article)


def can_give_feedback(user, article) -> bool:
    """Members tell whether a published article helped."""
    return posts.can_write(user) and article.is_public
