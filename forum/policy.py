"""Permissions in the forum."""

from flask_babel import gettext as _

from auth.models import User, Visitor
from auth.privileges import Privilege
from forum.models import Answer, Question
from posts.models import Post
from posts.policy import can_write


def can_ask(user: User | Visitor) -> bool:
    """Confirmed members ask, unless they are suspended."""
    return can_write(user)


def can_answer(user: User | Visitor, question: Question) -> bool:
    """Members answer public questions that are open and not locked."""
    return can_write(user) and question.is_public and question.closed_at is None and not question.is_locked


def why_no_answer(question: Question) -> str:
    """The message for an answer that can_answer() refused to a member who may write."""
    if question.closed_at:
        return _("This question is closed. It takes no more answers.")
    return _("You can't answer this question now.")


def can_accept(user: User | Visitor, question: Post, answer: Answer) -> bool:
    """The asker accepts answers; moderators cannot."""
    return can_write(user) and question.author_id == user.id and answer.is_public and not question.is_locked


def can_close(user: User | Visitor, question: Question) -> bool:
    """Moderators and members with the privilege close and reopen."""
    return (
        can_write(user)
        and question.is_public
        and not question.is_locked
        and (user.is_moderator or user.can(Privilege.CLOSE))
    )
