"""Who may do what in the forum."""

from auth.privileges import Privilege
from posts.policy import can_write


def can_ask(user) -> bool:
    """Every confirmed member asks."""
    return can_write(user)


def can_answer(user, question) -> bool:
    """Open, public questions take answers."""
    return can_write(user) and question.is_public and question.closed_at is None and not question.is_locked


def can_accept(user, question, answer) -> bool:
    """The asker accepts; moderators do not speak for the asker."""
    return can_write(user) and question.author_id == user.id and answer.is_public and not question.is_locked


def can_close(user, question) -> bool:
    """Moderators and members with the privilege close and reopen."""
    return (
        can_write(user)
        and question.is_public
        and not question.is_locked
        and (user.is_moderator or user.can(Privilege.CLOSE))
    )
