"""Permissions on articles."""

from auth.models import User, Visitor
from kb.models import Article
from posts import policy as posts


def can_curate(user: User | Visitor) -> bool:
    """Moderators write, publish, withdraw and verify."""
    return user.is_moderator and posts.can_write(user)


def can_edit(user: User | Visitor, article: Article) -> bool:
    """Moderators, and members trusted to edit directly."""
    return posts.can_edit(user, article)


def can_give_feedback(user: User | Visitor, article: Article) -> bool:
    """Members rate published articles as helpful or not."""
    return posts.can_write(user) and article.is_public
