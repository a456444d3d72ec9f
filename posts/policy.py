"""Permissions on posts, tags and suggested edits."""

from flask_babel import gettext as _

from auth.models import User, Visitor
from auth.policy import why_read_only
from auth.privileges import Privilege, threshold
from core.web.access import require
from posts import kinds
from posts.models import Post
from posts.suggestions.models import Suggestion


def can_write(user: User | Visitor) -> bool:
    """Whether the user may post at all: logged in, confirmed, not suspended."""
    return user.id is not None and user.is_in_good_standing


def require_can_write(user: User | Visitor) -> None:
    """Raise Forbidden (403) unless can_write(), with what the member can do about it.

    Actions that any member may take call this, so that pages, API and shell refuse alike.
    """
    require(can_write(user), why_read_only(user))


def can_preview_long(user: User | Visitor, post: Post | None = None) -> bool:
    """Whether `user` may preview texts as long as articles: may write, edit or suggest one."""
    return can_write(user) and (
        user.is_moderator
        or user.can(Privilege.EDIT_ANY)
        or (
            post is not None
            and (post.author_id == user.id or can_edit(user, post) or can_suggest(user, post))
        )
    )


def can_vote(user: User | Visitor, post: Post, value: int) -> bool:
    """Whether `user` may vote `value`: with reputation, on public, unlocked posts of others."""
    if not can_write(user) or post.author_id == user.id:
        return False
    if not post.is_public or post.is_locked:
        return False
    return value == 0 or user.can(Privilege.VOTE_UP if value > 0 else Privilege.VOTE_DOWN)


def why_no_vote(user: User | Visitor, post: Post, value: int) -> str:
    """The message for a vote that can_vote() refused."""
    if post.author_id == user.id:
        return _("You cannot vote on your own posts.")
    need = threshold(Privilege.VOTE_UP if value > 0 else Privilege.VOTE_DOWN)
    return _(
        "You need %(n)s reputation earned here to vote %(way)s.",
        way=_("up") if value > 0 else _("down"),
        n=need,
    )


def can_comment(user: User | Visitor, post: Post, thread_author_id: int | None = None) -> bool:
    """Whether `user` may comment: on their own posts and threads always, elsewhere with reputation."""
    if not can_write(user) or not post.is_public or post.is_locked or post.kind == "comment":
        return False
    own = user.id in (post.author_id, thread_author_id)
    return own or user.can(Privilege.COMMENT_ANYWHERE)


def why_no_comment() -> str:
    """The message for a comment that can_comment() refused."""
    return _("You need %(n)s reputation to comment here.", n=threshold(Privilege.COMMENT_ANYWHERE))


def why_no_delete() -> str:
    """The message for a removal that can_delete() refused."""
    return _("Only the author can delete this post, and only while nobody has answered it or built on it.")


def can_edit(user: User | Visitor, post: Post) -> bool:
    """Whether `user` may edit: authors their own posts, also deleted ones; others with the privilege."""
    if user.is_moderator:
        return True
    is_own = post.author_id == user.id
    if not is_own and (post.kind == "comment" or not post.is_public or not user.can(Privilege.EDIT_ANY)):
        return False
    if post.is_deleted and (not is_own or post.is_emptied):
        return False
    return can_write(user) and not post.is_locked and not kinds.of(post).curated


def can_suggest(user: User | Visitor, post: Post) -> bool:
    """Whether `user` may suggest an edit: of a public post of another author that they may not edit."""
    return (
        can_write(user)
        and post.is_public
        and not post.is_locked
        and post.author_id != user.id
        and kinds.of(post).edit_schema is not None
        and not can_edit(user, post)
    )


def may_review(user: User | Visitor) -> bool:
    """Whether `user` sees all pending suggestions."""
    return can_write(user) and user.can(Privilege.REVIEW)


def can_decide(user: User | Visitor, suggestion: Suggestion, post: Post) -> bool:
    """Whether `user` may decide: the post's author and reviewers, never on their own suggestion.

    Only moderators decide on locked posts.
    """
    if not (can_write(user) and suggestion.is_open and post.is_public) or suggestion.author_id == user.id:
        return False
    return (user.is_moderator or not post.is_locked) and (
        post.author_id == user.id or user.can(Privilege.REVIEW)
    )


def can_delete(user: User | Visitor, post: Post) -> bool:
    """Whether `user` may delete: authors without answers or acceptance; moderators always."""
    if post.is_deleted or not can_write(user):
        return False
    if user.is_moderator:
        return True
    return post.author_id == user.id and not post.is_locked and not (post.answer_count or post.accepted)


def can_undelete(user: User | Visitor, post: Post) -> bool:
    """Whether `user` may restore: the author who deleted it, and moderators."""
    return (
        post.is_deleted
        and not post.is_emptied
        and can_write(user)
        and (user.is_moderator or (post.author_id == user.id and post.deleted_by_id == user.id))
    )


def can_make_tags(user: User | Visitor) -> bool:
    """Whether `user` may create tags."""
    return can_write(user) and user.can(Privilege.MAKE_TAGS)


def can_describe_tags(user: User | Visitor) -> bool:
    """Whether `user` may edit the descriptions of tags."""
    return can_write(user) and user.can(Privilege.EDIT_ANY)


def can_redact(user: User | Visitor) -> bool:
    """Whether `user` may redact revisions."""
    return user.is_moderator
