"""Whether the index can be asked, how large it is, and how far it is behind the database."""

from collections.abc import Iterator

from flask import current_app
from sqlalchemy import select

from core.database.db import db, utcnow
from core.observability import history
from core.observability.gauges import Gauge, register_gauges
from posts import kinds
from posts.models import Post
from search.documents import key
from search.engines.base import Unavailable

LAG = "search_lag_seconds"
history.register_peak(LAG)


@register_gauges
def index() -> Iterator[Gauge]:
    """The state of the index, and how long the newest public post has been missing in it."""
    usable = True
    try:
        with current_app.extensions["search"].view() as found:
            yield Gauge("search_documents", "Documents in the search index.", found.size)
        yield Gauge(LAG, "Age of the newest public post if it is not in the index, else 0.", lag())
    except Unavailable:
        usable = False
    yield Gauge("search_usable", "1 if the index is available.", usable)


def lag() -> float:
    """Seconds since the newest public post was written, 0 when it is found; raises Unavailable."""
    newest = db.session.execute(
        select(Post.id, Post.created_at)
        .where(Post.is_public, Post.kind.in_(kinds.searchable()))
        .order_by(Post.id.desc())
        .limit(1)
    ).first()
    if newest is None:
        return 0.0
    with current_app.extensions["search"].view() as found:
        if found.has(key("post", newest.id)):
            return 0.0
    return max(0.0, (utcnow() - newest.created_at).total_seconds())
