"""Names of the cached pages that an event about a post changes (core.cache.dependencies).

`thread:9` is the page of the question, article or bulletin 9, `kind:question` are all lists of questions,
`members` those of members, and `member:7` is a profile. Events that hide, delete, retitle or restore
something change all pages: they have no function here.
"""

from auth.models import User
from core.jobs.events import register_invalidation
from posts.models import Post


@register_invalidation("comment.created", "comment.revised", "post.voted")
def pages_of(post: Post | None, actor: User | None) -> set[str]:
    """The names of the pages that show a post: its thread, lists of the thread's kind, and of members.

    The reputations of its author and of `actor` may change, so their profiles belong to them.
    """
    if post is None:
        return set()
    root = post
    while root.parent is not None:
        root = root.parent
    people = {post.author_id, actor.id if actor is not None else None}
    return {f"thread:{root.id}", f"kind:{root.kind}", "members", *(f"member:{each}" for each in people)}
