"""Posts as feed entries, and the Atom feed of a member's public posts."""

from flask import Blueprint, Response, url_for
from flask_babel import gettext as _

from auth.models import Visitor
from auth.queries import by_username
from core.formats import feeds
from core.markup.markup import excerpt
from core.web.access import get_or_404
from posts import kinds, queries
from posts.models import Post

bp = Blueprint("post_feeds", __name__)
FEED_SIZE = 30  # entries


def entry(post: Post, summary: str = "") -> feeds.Entry:
    """A post as a feed entry; without a summary it has the beginning of the text."""
    return feeds.Entry(
        url_for("posts.post", post_id=post.id),
        post.heading,
        post.url,
        summary or excerpt(post.body_html, 400),
        post.byline,
        post.created_at,
        post.edited_at or post.created_at,
    )


@bp.get("/users/<username>.atom")
def user(username: str) -> Response:
    """Atom feed of a member's newest questions, answers and articles."""
    author = get_or_404(by_username(username))
    page = queries.by_author(author, kinds.searchable(), Visitor(), size=FEED_SIZE)
    return feeds.atom(
        _("Posts by %(name)s", name=author.display_name), author.profile_url, [entry(post) for post in page]
    )
