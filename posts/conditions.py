"""What readers see of a post by their rights: the conditions of templates (core.cache.marks)."""

from typing import Any

from auth.reader import Reader
from core.cache.marks import register_condition
from posts import policy
from posts.attachments.policy import can_attach


def _can_decide(reader: Any, post: Any) -> bool:
    return policy.can_decide(reader, post.open_suggestion, post)


def _is_removed_by_other(reader: Reader, post: Any) -> bool:
    """Whether the reader's own post was deleted by somebody else."""
    return (
        post.is_deleted
        and reader.id is not None
        and post.author_id == reader.id
        and post.deleted_by_id != post.author_id
    )


def _may_vote(value: int) -> Any:
    """The condition that a button to vote works: to vote, or to withdraw this vote."""
    return lambda reader, post: reader.votes.get(post.id) == value or policy.can_vote(reader, post, value)


register_condition("reviewer", lambda reader, _thing: policy.may_review(reader))
register_condition("attach", lambda reader, _thing: can_attach(reader.user))
register_condition("edit", policy.can_edit)
register_condition("suggest", policy.can_suggest)
register_condition("decide", _can_decide)
register_condition("own_suggestion", lambda reader, post: post.open_suggestion.author_id == reader.id)
register_condition("delete", policy.can_delete)
register_condition("undelete", policy.can_undelete)
register_condition("removed_by_other", _is_removed_by_other)
register_condition("comment", lambda reader, post: policy.can_comment(reader, post, post.thread.author_id))
register_condition("voted_up", lambda reader, post: reader.votes.get(post.id) == 1)
register_condition("voted_down", lambda reader, post: reader.votes.get(post.id) == -1)
register_condition("may_vote_up", _may_vote(1))
register_condition("may_vote_down", _may_vote(-1))
