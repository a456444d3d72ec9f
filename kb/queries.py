"""Reads of the knowledge base; drafts are for moderators and their authors."""

from sqlalchemy import Select, or_, select, true, union_all
from sqlalchemy.orm import joinedload

from core import paging
from core.db import db
from kb.models import Article, ArticleFeedback
from posts.models import Post, PostTag
from posts.queries import links_from, links_to, visible, visible_to
from search.queries import similar

SORTS = {"newest": [Article.created_at, Post.id],
         "helpful": [Article.helpful_count, Article.id]}
BESIDE, CONSIDERED = 5, 200  # shown; newest posts of a tag among which they are sought


def _visible(user) -> Select:
    """Moderators curate every draft, whoever began it."""
    seen = or_(visible_to(user, Article), true()) if user.is_moderator else visible_to(user, Article)
    return select(Article).where(seen).options(joinedload(Article.author))


def get_article(article_id: int, user) -> Article | None:
    """The article if `user` may see it."""
    return db.session.scalar(_visible(user).where(Article.id == article_id))


def articles(sort: str, user, *, layer: str | None = None, after: str | None = None) -> paging.Page:
    """Public articles in one of the SORTS, of one layer or all."""
    statement = visible(Article, user).where(Article.kind == "article", Article.is_public)
    if layer:
        statement = statement.where(Article.layer == layer)
    return paging.keyset(statement, SORTS[sort], after=after)


def drafts(user) -> list[Article]:
    """What moderators have yet to publish."""
    return list(db.session.scalars(
        _visible(user).where(Article.kind == "article", Article.status != "published",
                             Article.deleted_at.is_(None))
        .order_by(Article.created_at.desc(), Post.id.desc()).limit(50)))


def newest_public(layer: str | None = None, limit: int = 30) -> list[Article]:
    """For the feeds."""
    statement = select(Article).where(Article.kind == "article", Article.is_public)
    if layer:
        statement = statement.where(Article.layer == layer)
    return list(db.session.scalars(statement.options(joinedload(Article.author))
                                   .order_by(Article.created_at.desc(), Post.id.desc())
                                   .limit(limit)))


def related(article: Article, user, kind: str) -> list[Post]:
    """Posts of a kind beside an article: linked ones, then shared tags, then like words."""
    found = {p.id: p for link in ("related", "promoted")
             for p in [*links_from(article, link, user), *links_to(article, link, user)]
             if p.kind == kind and p.is_public}
    mine = [tag.id for tag in article.tags]
    if mine and len(found) < BESIDE:
        newest = (select(PostTag.post_id)
                  .where(PostTag.tag_id == tag, PostTag.kind == kind, PostTag.is_public)
                  .order_by(PostTag.created_at.desc(), PostTag.post_id.desc()).limit(CONSIDERED).subquery()
                  for tag in mine)
        beside = union_all(*(select(tagged.c.post_id) for tagged in newest)).subquery()
        ids = (select(beside.c.post_id).where(beside.c.post_id != article.id).group_by(beside.c.post_id)
               .order_by(db.func.count().desc(), beside.c.post_id.desc()).limit(BESIDE))
        for post in db.session.scalars(visible(Post, user).where(Post.id.in_(ids))):
            found.setdefault(post.id, post)
    if len(found) < BESIDE:
        for post in similar(article.title, "", user=user, kind=kind, but=article.id):
            found.setdefault(post.id, post)
    return list(found.values())[:BESIDE]


def feedback_of(article: Article, user) -> ArticleFeedback | None:
    """What the reader said about this article."""
    if user.id is None:
        return None
    return db.session.scalar(select(ArticleFeedback).where(
        ArticleFeedback.article_id == article.id, ArticleFeedback.user_id == user.id))
