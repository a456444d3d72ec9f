"""Everything people write is a post: votes, tags, revisions and comments live here, for all kinds."""

from flask import Flask

from posts import kinds
from posts.models import Post


def _comment_path(comment: Post) -> str:
    return f"{kinds.url(comment.parent)}#comment-{comment.id}"


def init_app(app: Flask) -> None:
    """Attach the doors of the room."""
    from posts import api, views  # noqa
