"""Reads of the knowledge base; drafts are for moderators and their authors."""

from sqlalchemy import Select, or_, select, true, union_all
from sqlalchemy.orm import joinedload, selectin_polymorphic

from auth.models import Visitor
from core.database import paging
from core.database.db import db
from kb.models import Article, ArticleFeedback
from posts.models import DRAFT, Post, PostTag
from posts.queries import changed_in, links_from, links_to, visible, visible_to
from search.queries import similar

SORTS = {"newest": [Post.created_at, Post.id], "helpful": [Article.helpful_count, Article.id]}
# Through posts, articles come in the order of an index and their own columns by a second query. Joined,
# SQLite reads and sorts all of them, for it knows only how many posts a kind has on average.
WHOLE = selectin_polymorphic(Post, [Article])
MAX_NOTES = 20  # shown on an article
BESIDE, CONSIDERED = 5, 200  # shown; newest posts of a tag among which they are sought


def _visible(user, entity: type[Post] = Article) -> Select:
    """Moderators curate every draft, whoever began it."""
    seen = or_(visible_to(user, entity), true()) if user.is_moderator else visible_to(user, entity)
    return select(entity).where(seen).options(joinedload(entity.author))


def get_article(article_id: int, user) -> Article | None:
    """The article if `user` may see it."""
    return db.session.scalar(_visible(user).where(Article.id == article_id))


def public(user, layer: str | None = None, *, entity: type[Post] = Post) -> Select:
    """Public articles, of one layer or all, to be sorted by columns of `entity`."""
    statement = visible(entity, user).where(entity.kind == "article", entity.is_public).options(WHOLE)
    if layer:
        table = Article.__table__.alias()
        statement = statement.where(
            select(table.c.id).where(table.c.id == entity.id, table.c.layer == layer).exists()
        )
    return statement


def articles(sort: str, user, *, layer: str | None = None, after: paging.PageStart = None) -> paging.Page:
    """Public articles in one of the SORTS, of one layer or all."""
    entity = Article if sort == "helpful" else Post
    return paging.keyset(
        public(user, layer, entity=entity), SORTS[sort], after=after, changed=changed_in(entity)
    )


def drafts(user) -> list[Article]:
    """What moderators have yet to publish."""
    return list(
        db.session.scalars(
            _visible(user, Post)
            .where(Post.kind == "article", Post.status == DRAFT, Post.deleted_at.is_(None))
            .options(WHOLE)
            .order_by(Post.created_at.desc(), Post.id.desc())
            .limit(50)
        )
    )


def newest_public(layer: str | None = None, limit: int = 30) -> list[Article]:
    """For the feeds."""
    return list(
        db.session.scalars(
            public(Visitor(), layer).order_by(Post.created_at.desc(), Post.id.desc()).limit(limit)
        )
    )


def related(article: Article, user, kind: str) -> list[Post]:
    """Posts of a kind beside an article: linked ones, then shared tags, then like words."""
    found = {
        p.id: p
        for link in ("related", "promoted")
        for p in [*links_from(article, link, user), *links_to(article, link, user)]
        if p.kind == kind and p.is_public
    }
    mine = [tag.id for tag in article.tags]
    if mine and len(found) < BESIDE:
        newest = (
            select(PostTag.post_id)
            .where(PostTag.tag_id == tag, PostTag.kind == kind, PostTag.is_public)
            .order_by(PostTag.created_at.desc(), PostTag.post_id.desc())
            .limit(CONSIDERED)
            .subquery()
            for tag in mine
        )
        beside = union_all(*(select(tagged.c.post_id) for tagged in newest)).subquery()
        ids = (
            select(beside.c.post_id)
            .where(beside.c.post_id != article.id)
            .group_by(beside.c.post_id)
            .order_by(db.func.count().desc(), beside.c.post_id.desc())
            .limit(BESIDE)
        )
        for post in db.session.scalars(visible(Post, user).where(Post.id.in_(ids))):
            found.setdefault(post.id, post)
    if len(found) < BESIDE:
        for post in similar(article.title, "", user=user, kind=kind, exclude_id=article.id):
            found.setdefault(post.id, post)
    return list(found.values())[:BESIDE]


def feedback_of(article: Article, user) -> ArticleFeedback | None:
    """What the reader said about this article."""
    if user.id is None:
        return None
    return db.session.scalar(
        select(ArticleFeedback).where(
            ArticleFeedback.article_id == article.id, ArticleFeedback.user_id == user.id
        )
    )


def feedback_notes(article: Article) -> list[ArticleFeedback]:
    """What readers say would make an article better and nobody has dealt with, for moderators."""
    return list(
        db.session.scalars(
            select(ArticleFeedback)
            .where(
                ArticleFeedback.article_id == article.id,
                ArticleFeedback.note != "",
                ArticleFeedback.read_at.is_(None),
            )
            .options(joinedload(ArticleFeedback.user))
            .order_by(ArticleFeedback.id.desc())
            .limit(MAX_NOTES)
        )
    )


def feedback_page(after: str | None = None, *, waiting_only: bool = True) -> paging.Page:
    """Notes of readers on all articles, newest first."""
    statement = (
        select(ArticleFeedback)
        .where(ArticleFeedback.note != "")
        .options(joinedload(ArticleFeedback.user), joinedload(ArticleFeedback.article).lazyload(Article.tags))
    )
    if waiting_only:
        statement = statement.where(ArticleFeedback.read_at.is_(None))
    return paging.keyset(statement, [ArticleFeedback.id], after=after)


def feedback_by_id(feedback_id: int) -> ArticleFeedback | None:
    """One note."""
    return db.session.get(ArticleFeedback, feedback_id)
