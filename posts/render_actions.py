"""Texts that older rules made HTML of are rendered again. Nothing here commits."""

import logging
from collections import Counter

from sqlalchemy import select, update

from core import events
from core.db import db, reading
from core.markup import MARKUP_VERSION, TooLong, render
from posts.models import Post

log = logging.getLogger(__name__)


def render_old(after: int, most: int, count: Counter) -> int | None:
    """Render up to `most` old texts behind the id `after`; the last id, None when there are no more.

    A text that the present rules refuse stays as it is and is not tried again until the rules change.
    """
    with reading():
        rows = db.session.execute(
            select(Post.id, Post.body, Post.body_html)
            .where(Post.id > after, Post.markup_version < MARKUP_VERSION).order_by(Post.id).limit(most)).all()
        fresh = [(row, _rendered(row.id, row.body, count)) for row in rows]
    for row, html in fresh:
        db.session.execute(
            update(Post).where(Post.id == row.id, Post.body == row.body)
            .values(body_html=row.body_html if html is None else html, markup_version=MARKUP_VERSION)
            .execution_options(synchronize_session=False))
    if rows:
        events.record("posts.rendered")  # cached pages show them
    return rows[-1].id if rows else None


def _rendered(post_id: int, body: str, count: Counter) -> str | None:
    try:
        html = render(body).html
    except TooLong as error:
        log.warning("post %s stays as it was rendered: %s", post_id, error)
        count["refused"] += 1
        return None
    count["rendered"] += 1
    return html
