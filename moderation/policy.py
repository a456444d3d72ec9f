"""Permissions of flags and of moderators' decisions."""

from collections.abc import Iterable

from auth.models import User, Visitor
from auth.privileges import Privilege
from moderation.models import Flag
from posts.models import Post
from posts.policy import can_write

KINDS_HIDDEN_BY_FLAGS = ("question", "answer", "comment")


def can_flag(user: User | Visitor, post: Post) -> bool:
    """Members with the privilege, on posts of others."""
    return can_write(user) and user.can(Privilege.FLAG) and post.author_id != user.id and not post.is_deleted


def flag_weight(user: User) -> int:
    """The weight of a member's flag: 1 to 3, by reputation."""
    return 1 + (user.reputation >= 500) + (user.reputation >= 2000)


def can_be_hidden_by_flags(post: Post) -> bool:
    """Public posts of members, but not those that moderators wrote, curate or have locked."""
    return (
        post.is_public
        and post.kind in KINDS_HIDDEN_BY_FLAGS
        and not post.is_locked
        and not (post.author and post.author.is_moderator)
    )


def can_moderate(user: User | Visitor) -> bool:
    """Moderators in good standing."""
    return user.is_moderator and can_write(user)


def can_see_queue(user: User | Visitor) -> bool:
    """Moderators, and members with the moderation tools, who see only public flagged posts."""
    return can_moderate(user) or (can_write(user) and user.can(Privilege.MOD_TOOLS))


def can_hide_spam(user: User | Visitor, post: Post, flags: Iterable[Flag]) -> bool:
    """Members with the tools, on what another member flagged as spam; not moderators' or own posts."""
    return (
        can_see_queue(user)
        and post.is_public
        and not post.is_locked
        and post.author_id != user.id
        and not (post.author and post.author.is_staff)
        and any(flag.reason == "spam" and flag.user_id != user.id for flag in flags)
    )


def can_suspend(user: User | Visitor, member: User) -> bool:
    """Moderators on members, administrators also on moderators; never on themselves or administrators."""
    return (
        can_moderate(user)
        and user.id != member.id
        and not member.is_appointed_admin
        and (user.is_admin or not member.is_staff)
    )
