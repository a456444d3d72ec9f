"""Who flags and who decides."""

from auth.privileges import Privilege
from posts.policy import can_write

HELD_KINDS = ("question", "answer", "comment")


def can_flag(user, post) -> bool:
    """Members with the privilege, on what others wrote."""
    return can_write(user) and user.can(Privilege.FLAG) and post.author_id != user.id and not post.is_deleted


def flag_weight(user) -> int:
    """What a member's flag counts: more for those whom the community trusts with more."""
    return 1 + (user.reputation >= 500) + (user.reputation >= 2000)


def may_be_held(post) -> bool:
    """Flags hide what members wrote, never what moderators wrote, curate or have locked."""
    return (
        post.is_public
        and post.kind in HELD_KINDS
        and not post.is_locked
        and not (post.author and post.author.is_moderator)
    )


def can_moderate(user) -> bool:
    """Moderators who may act."""
    return user.is_moderator and can_write(user)


def can_see_queue(user) -> bool:
    """Moderators, and members who earned the tools: these read what is public and flagged."""
    return can_moderate(user) or (can_write(user) and user.can(Privilege.MOD_TOOLS))


def can_hide_spam(user, post, flags) -> bool:
    """With the tools, what somebody else flagged as spam; never a moderator's post or one's own."""
    return (
        can_see_queue(user)
        and post.is_public
        and not post.is_locked
        and post.author_id != user.id
        and not (post.author and post.author.is_staff)
        and any(flag.reason == "spam" and flag.user_id != user.id for flag in flags)
    )


def can_suspend(user, member) -> bool:
    """Moderators suspend members; only administrators suspend moderators; nobody themselves."""
    return (
        can_moderate(user)
        and user.id != member.id
        and not member.is_appointed_admin
        and (user.is_admin or not member.is_staff)
    )
