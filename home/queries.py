"""What the front page shows: a few rows of each room, always as the reader may see them."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import defer, lazyload, with_polymorphic

from bulletins import queries as bulletin_queries
from bulletins.models import Bulletin
from core.database.db import db
from core.web.site import path_to
from deployment.calendar import queries
from forum.models import Question
from kb import queries as articles
from kb.models import Article
from posts.models import Post, Tag
from posts.queries import visible
from products.change_models import ProductChange
from products.lifecycle import queries as lifecycle_queries
from products.models import LifecyclePhase, Product
from products.queries import today

LISTED = 6
SHOWN = 4
SOON = 90
MAPPED = 10_000  # ids; a site map may hold 50,000 addresses (sitemaps.org)


def waiting_questions(user, limit: int = LISTED) -> list[Question]:
    """Open questions nobody has answered yet, newest first."""
    return list(
        db.session.scalars(
            visible(Question, user)
            .where(
                Question.kind == "question",
                Question.is_public,
                Question.answer_count == 0,
                Question.closed_at.is_(None),
            )
            .order_by(Question.created_at.desc(), Post.id.desc())
            .limit(limit)
        )
    )


def unpatched(limit: int = SHOWN) -> list[Bulletin]:
    """Bulletins without a fix, the most urgent first."""
    return bulletin_queries.bulletins(bulletin_queries.Filter(unfixed=True), size=limit).items


def active_questions(user, limit: int = LISTED) -> list[Question]:
    """Answered questions where something happened last; by the index of activity, not of answers."""
    return list(
        db.session.scalars(
            visible(Question, user)
            .where(Question.kind == "question", Question.is_public, Question.answer_count + 0 > 0)
            .order_by(Question.last_activity_at.desc(), Post.id.desc())
            .limit(limit)
        )
    )


def fresh_articles(user, limit: int = LISTED) -> list[Article]:
    """Articles published or revised last."""
    return list(
        db.session.scalars(
            articles.public(user).order_by(Post.last_activity_at.desc(), Post.id.desc()).limit(limit)
        )
    )


def articles_by_layer() -> dict[str, int]:
    """Number of public articles in each layer; an outer join, so that an index of posts leads."""
    posts, own = Post.__table__, Article.__table__
    return dict(
        db.session.execute(
            select(own.c.layer, func.count())
            .select_from(posts.outerjoin(own, own.c.id == posts.c.id))
            .where(posts.c.kind == "article", posts.c.is_public)
            .group_by(own.c.layer)
        ).all()
    )


def popular_tags(limit: int = 24) -> list[Tag]:
    """The tags with the most public posts."""
    return list(
        db.session.scalars(
            select(Tag).where(Tag.post_count > 0).order_by(Tag.post_count.desc(), Tag.id.desc()).limit(limit)
        )
    )


def ending_soon(user, limit: int = LISTED) -> tuple[list[LifecyclePhase], bool]:
    """Whose security support ends next, and whether the list is of what `user` runs."""
    if user.id is not None:
        mine = lifecycle_queries.ending(today(), SOON, owner=user, size=limit).items
        if mine:
            return mine, True
    return lifecycle_queries.ending(today(), SOON, size=limit).items, False


def sitemap_parts() -> int:
    """How many parts the posts of the site map have: one for each MAPPED ids, whatever became of them."""
    return ((db.session.scalar(select(func.max(Post.id))) or 0) + MAPPED - 1) // MAPPED


def mapped_posts(number: int) -> Iterator[tuple[str, datetime]]:
    """Paths of the public pages of one part, from 1 on, with the moment of their last change."""
    some = with_polymorphic(Post, [Bulletin])
    part = (
        select(some)
        .options(lazyload("*"), defer(some.body), defer(some.body_html))
        .where(
            some.id > (number - 1) * MAPPED,
            some.id <= number * MAPPED,
            some.is_public,
            some.kind.in_(("question", "article", "bulletin")),
        )
        .order_by(some.id)
    )
    for post in db.session.scalars(part):
        yield post.url, post.edited_at or post.last_activity_at


def mapped_pages() -> Iterator[tuple[str, datetime]]:
    """Paths of products and months with the moment of their last change."""
    changed = (
        select(Product.slug, func.max(ProductChange.created_at))
        .join(ProductChange, ProductChange.product_id == Product.id)
        .where(Product.removed_at.is_(None))
        .group_by(Product.slug)
    )
    for slug, moment in db.session.execute(changed):
        yield path_to("products.product", slug=slug), moment
    for month, moment in queries.latest():
        yield month.path, moment
