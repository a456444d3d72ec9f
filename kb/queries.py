"""Reads of the knowledge base; drafts are visible to moderators and to their authors."""

from sqlalchemy import Select, or_, select, true, union_all
from sqlalchemy.orm import joinedload, selectin_polymorphic

from auth.models import User, Visitor
from core.database import paging
from core.database.db import db
from kb.models import Article, ArticleFeedback
from posts.models import DRAFT, Post, PostTag
from posts.queries import changed_in, links_from, links_to, visible, visible_to
from search import similar_queries

SORTS = {"newest": [Post.created_at, Post.id], "helpful": [Article.helpful_count, Article.id]}
# Selected from posts, articles are sorted by an index and their own columns loaded by a second query. With a
# join SQLite would read and sort all of them, because it estimates the number of posts of a kind.
WITH_ARTICLE_COLUMNS = selectin_polymorphic(Post, [Article])
MAX_NOTES = 20  # shown on an article
MAX_RELATED = 5
MAX_CANDIDATES = 200  # newest posts of each tag, of which related posts are chosen


def _visible(user: User | Visitor, entity: type[Post] = Article) -> Select:
    """SELECT of visible posts; moderators see the drafts of everybody."""
    is_visible = or_(visible_to(user, entity), true()) if user.is_moderator else visible_to(user, entity)
    return select(entity).where(is_visible).options(joinedload(entity.author))


def get_article(article_id: int, user: User | Visitor) -> Article | None:
    """The article if `user` may see it."""
    return db.session.scalar(_visible(user).where(Article.id == article_id))


def public(user: User | Visitor, layer: str | None = None, *, entity: type[Post] = Post) -> Select:
    """Public articles, of one layer or all, to be sorted by columns of `entity`."""
    statement = (
        visible(entity, user).where(entity.kind == "article", entity.is_public).options(WITH_ARTICLE_COLUMNS)
    )
    if layer:
        table = Article.__table__.alias()
        statement = statement.where(
            select(table.c.id).where(table.c.id == entity.id, table.c.layer == layer).exists()
        )
    return statement


def articles(
    sort: str, user: User | Visitor, *, layer: str | None = None, after: paging.PageStart = None
) -> paging.Page:
    """Public articles in one of the SORTS, of one layer or all."""
    entity = Article if sort == "helpful" else Post
    return paging.keyset(
        public(user, layer, entity=entity), SORTS[sort], after=after, changed=changed_in(entity)
    )


def drafts(user: User | Visitor) -> list[Article]:
    """Unpublished articles that `user` may see, the newest first."""
    return list(
        db.session.scalars(
            _visible(user, Post)
            .where(Post.kind == "article", Post.status == DRAFT, Post.deleted_at.is_(None))
            .options(WITH_ARTICLE_COLUMNS)
            .order_by(Post.created_at.desc(), Post.id.desc())
            .limit(50)
        )
    )


def newest_public(layer: str | None = None, limit: int = 30) -> list[Article]:
    """The newest public articles, of one layer or all."""
    return list(
        db.session.scalars(
            public(Visitor(), layer).order_by(Post.created_at.desc(), Post.id.desc()).limit(limit)
        )
    )


def related(article: Article, user: User | Visitor, kind: str) -> list[Post]:
    """Up to MAX_RELATED posts of a kind: linked ones, then those with common tags, then similar ones."""
    found: dict[int, Post] = {}
    for link in ("related", "promoted"):
        linked = [*links_from(article, link, user), *links_to(article, link, user)]
        found.update({post.id: post for post in linked if post.kind == kind and post.is_public})
    tag_ids = [tag.id for tag in article.tags]
    if tag_ids and len(found) < MAX_RELATED:
        newest = (
            select(PostTag.post_id)
            .where(PostTag.tag_id == tag, PostTag.kind == kind, PostTag.is_public)
            .order_by(PostTag.created_at.desc(), PostTag.post_id.desc())
            .limit(MAX_CANDIDATES)
            .subquery()
            for tag in tag_ids
        )
        beside = union_all(*(select(tagged.c.post_id) for tagged in newest)).subquery()
        ids = (
            select(beside.c.post_id)
            .where(beside.c.post_id != article.id)
            .group_by(beside.c.post_id)
            .order_by(db.func.count().desc(), beside.c.post_id.desc())
            .limit(MAX_RELATED)
        )
        for post in db.session.scalars(visible(Post, user).where(Post.id.in_(ids))):
            found.setdefault(post.id, post)
    if len(found) < MAX_RELATED:
        for post in similar_queries.related(article.id, article.title, user=user, kind=kind):
            found.setdefault(post.id, post)
    return list(found.values())[:MAX_RELATED]


def feedback_of(article: Article, user: User | Visitor) -> ArticleFeedback | None:
    """The feedback of `user` on an article."""
    if user.id is None:
        return None
    return db.session.scalar(
        select(ArticleFeedback).where(
            ArticleFeedback.article_id == article.id, ArticleFeedback.user_id == user.id
        )
    )


def feedback_notes(article: Article) -> list[ArticleFeedback]:
    """Unread notes of readers on an article, for moderators; the newest first."""
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


def feedback_page(after: str | None = None, *, unread_only: bool = True) -> paging.Page:
    """Notes of readers on all articles, newest first."""
    statement = (
        select(ArticleFeedback)
        .where(ArticleFeedback.note != "")
        .options(joinedload(ArticleFeedback.user), joinedload(ArticleFeedback.article).lazyload(Article.tags))
    )
    if unread_only:
        statement = statement.where(ArticleFeedback.read_at.is_(None))
    return paging.keyset(statement, [ArticleFeedback.id], after=after)


def feedback_by_id(feedback_id: int) -> ArticleFeedback | None:
    """The feedback with this id."""
    return db.session.get(ArticleFeedback, feedback_id)
