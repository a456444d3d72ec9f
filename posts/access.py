"""Guard of views and API: the post of the address, or 404."""

from auth.models import User, Visitor
from core.web.access import get_or_404
from posts import queries
from posts.models import Post


def visible_post(post_id: int, reader: User | Visitor) -> Post:
    """The post of any kind with this id, with its author loaded; 404 unless `reader` may see it."""
    return get_or_404(queries.get(Post, post_id, reader))
