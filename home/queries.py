"""Reads of the front page and the site map. Lists hold only what the reader may see."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import defer, lazyload, with_polymorphic

from auth.models import User, Visitor
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

LIST_SIZE = 6
BULLETIN_LIST_SIZE = 4
TAG_LIST_SIZE = 24
ENDING_SOON_DAYS = 90
SITEMAP_IDS = 10_000  # per part; a part may hold 50,000 URLs (sitemaps.org)


def unanswered_questions(user: User | Visitor, limit: int = LIST_SIZE) -> list[Question]:
    """Open questions without an answer, newest first."""
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


def unpatched(limit: int = BULLETIN_LIST_SIZE) -> list[Bulletin]:
    """Bulletins without a fix, the most urgent first."""
    return bulletin_queries.bulletins(bulletin_queries.Filter(unfixed=True), size=limit).items


def active_questions(user: User | Visitor, limit: int = LIST_SIZE) -> list[Question]:
    """Answered questions with the latest activity.

    `answer_count + 0` keeps the planner from the index of unanswered questions.
    """
    return list(
        db.session.scalars(
            visible(Question, user)
            .where(Question.kind == "question", Question.is_public, Question.answer_count + 0 > 0)
            .order_by(Question.last_activity_at.desc(), Post.id.desc())
            .limit(limit)
        )
    )


def recent_articles(user: User | Visitor, limit: int = LIST_SIZE) -> list[Article]:
    """Articles published or revised last."""
    return list(
        db.session.scalars(
            articles.public(user).order_by(Post.last_activity_at.desc(), Post.id.desc()).limit(limit)
        )
    )


def articles_by_layer() -> dict[str, int]:
    """The number of public articles by layer; an outer join, so that the planner starts with posts."""
    posts = Post.__table__
    articles_table = Article.__table__
    return dict(
        db.session.execute(
            select(articles_table.c.layer, func.count())
            .select_from(posts.outerjoin(articles_table, articles_table.c.id == posts.c.id))
            .where(posts.c.kind == "article", posts.c.is_public)
            .group_by(articles_table.c.layer)
        )
        .tuples()
        .all()
    )


def popular_tags(limit: int = TAG_LIST_SIZE) -> list[Tag]:
    """The tags with the most public posts."""
    return list(
        db.session.scalars(
            select(Tag).where(Tag.post_count > 0).order_by(Tag.post_count.desc(), Tag.id.desc()).limit(limit)
        )
    )


def ending_soon(user: User | Visitor, limit: int = LIST_SIZE) -> tuple[list[LifecyclePhase], bool]:
    """Phases of security support that end next, and whether they are those of the user's products."""
    if isinstance(user, User):
        mine = lifecycle_queries.ending(today(), ENDING_SOON_DAYS, owner=user, size=limit).items
        if mine:
            return mine, True
    return lifecycle_queries.ending(today(), ENDING_SOON_DAYS, size=limit).items, False


def sitemap_parts() -> int:
    """The number of parts of the site map with posts, one for every SITEMAP_IDS ids."""
    return ((db.session.scalar(select(func.max(Post.id))) or 0) + SITEMAP_IDS - 1) // SITEMAP_IDS


def sitemap_posts(number: int) -> Iterator[tuple[str, datetime]]:
    """Paths and times of the last change of public posts in a part of the site map, numbered from 1."""
    some = with_polymorphic(Post, [Bulletin])
    part = (
        select(some)
        .options(lazyload("*"), defer(some.body), defer(some.body_html))
        .where(
            some.id > (number - 1) * SITEMAP_IDS,
            some.id <= number * SITEMAP_IDS,
            some.is_public,
            some.kind.in_(("question", "article", "bulletin")),
        )
        .order_by(some.id)
    )
    for post in db.session.scalars(part):
        yield post.url, post.edited_at or post.last_activity_at


def sitemap_pages() -> Iterator[tuple[str, datetime]]:
    """Paths and times of the last change of products and months."""
    changed = (
        select(Product.slug, func.max(ProductChange.created_at))
        .join(ProductChange, ProductChange.product_id == Product.id)
        .where(Product.removed_at.is_(None))
        .group_by(Product.slug)
    )
    for slug, changed_at in db.session.execute(changed):
        yield path_to("products.product", slug=slug), changed_at
    for month, published_at in queries.latest():
        yield month.path, published_at
