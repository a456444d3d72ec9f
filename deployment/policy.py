"""Who may do what with deployment reports. What is public everybody reads."""

from auth.privileges import Privilege
from posts import policy as posts


def can_report(user) -> bool:
    """Members who may write."""
    return posts.can_write(user)


def can_thank(user, report) -> bool:
    """Who may vote up may say that another's report helped; nobody thanks a former member."""
    return (
        posts.can_write(user)
        and user.can(Privilege.VOTE_UP)
        and report.removed_at is None
        and report.user_id not in (None, user.id)
    )


def can_hide(user) -> bool:
    """Moderators hide reports and show them again."""
    return user.is_moderator and posts.can_write(user)


def can_remove(user, report) -> bool:
    """Its author, or a moderator."""
    return posts.can_write(user) and (report.user_id == user.id or can_hide(user))
