"""Posts as entries of feeds, and the feed of what one member wrote. Public posts only."""

from flask import Blueprint, Response
from flask_babel import gettext as _

from auth.models import Visitor
from auth.queries import by_username
from core.formats import feeds
from core.markup.markup import excerpt
from core.web.access import get_or_404
from posts import kinds, queries
from posts.models import Post

bp = Blueprint("post_feeds", __name__)
SIZE = 30


def entry(post: Post, summary: str = "") -> feeds.Entry:
    """A post as an entry; its first words stand for a summary it has not."""
    return feeds.Entry(
        f"/posts/{post.id}",
        post.heading,
        post.url,
        summary or excerpt(post.body_html, 400),
        post.byline,
        post.created_at,
        post.edited_at or post.created_at,
    )


@bp.get("/users/<username>.atom")
def user(username: str) -> Response:
    """What a member wrote last: questions, answers, articles."""
    author = get_or_404(by_username(username))
    page = queries.by_author(author, kinds.searchable(), Visitor(), size=SIZE)
    return feeds.atom(
        _("Posts of %(name)s", name=author.display_name), author.profile_url, [entry(post) for post in page]
    )
