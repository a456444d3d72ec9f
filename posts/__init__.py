"""Everything people write is a post: votes, tags, revisions and comments live here, for all kinds."""

from flask import Flask

from posts import kinds, views


def _comment_path(comment) -> str:
    return f"{kinds.url(comment.parent)}#comment-{comment.id}"


def init_app(app: Flask) -> None:
    """Attach the doors of the room."""
    kinds.register(kinds.Kind("comment", "comment", _comment_path, searchable=False))
    app.register_blueprint(views.bp)
