"""Articles in the API."""

from auth import tokens
from core.api.api import WRITE, ApiBlueprint, listing, page_of
from core.database import versions
from core.database.db import db
from core.database.versions import tagged
from core.web.access import get_or_404, require
from kb import actions, policy, queries, schemas
from kb.models import Article
from posts import actions as posts
from posts import api as post_api

bp = ApiBlueprint("articles", __name__, description="Knowledge base articles")


def item(article: Article) -> dict:
    """An article as JSON."""
    return {
        **post_api.item(article),
        "layer": article.layer,
        "summary": article.summary,
        "applies_to": article.applies_to,
        "verified_on": article.verified_on,
        "verified_build": article.verified_build,
        "verified_by": article.verified_by_name or None,
        "verified_revision": article.verified_revision,
        "changed_since_verified": article.changed_since_verified,
        "helpful_count": article.helpful_count,
        "unhelpful_count": article.unhelpful_count,
    }


def _article(article_id: int) -> Article:
    return get_or_404(queries.get_article(article_id, tokens.reader()))


@bp.get("/articles")
@bp.arguments(schemas.ArticleQuery, location="query")
@bp.response(200, page_of(schemas.ArticleItem))
def list_articles(wanted: dict):
    """Public articles, of one layer or all."""
    return listing(
        queries.articles(
            wanted["sort"], tokens.reader(), layer=wanted.get("layer"), after=wanted.get("after")
        ),
        item,
    )


@bp.post("/articles")
@tokens.bearer(WRITE)
@bp.arguments(schemas.ArticleSchema)
@bp.response(201, schemas.ArticleItem)
def write_article(data: dict):
    """Begin an article as a draft (moderators)."""
    user = tokens.reader()
    require(policy.can_curate(user))
    posts.limit_posting(user)
    article = actions.write(
        data["title"],
        data["body"],
        by=user,
        layer=data["layer"],
        tags=data["tags"],
        summary=data["summary"],
        applies_to=data["applies_to"],
    )
    if data["verified_on"]:
        actions.verify(article, by=user, on=data["verified_on"], build=data["verified_build"])
    db.session.commit()
    return tagged(article, item(article))


@bp.get("/articles/<int:article_id>")
@bp.response(200, schemas.ArticleItem)
def get_article(article_id: int):
    """One article."""
    article = _article(article_id)
    return tagged(article, item(article))


@bp.patch("/articles/<int:article_id>")
@tokens.bearer(WRITE)
@bp.arguments(schemas.EditArticleSchema(partial=True))
@bp.response(200, schemas.ArticleItem)
def edit_article(data: dict, article_id: int):
    """Change what is sent, keep the rest; what it was is kept as a revision."""
    article, user = _article(article_id), tokens.reader()
    require(policy.can_edit(user, article))
    facts = {name: data[name] for name in actions.FACTS if name in data}
    actions.edit(
        article,
        data.get("body", article.rendered),
        by=user,
        title=data.get("title", article.title),
        tags=data.get("tags", [tag.name for tag in article.tags]),
        change=data.get("change", ""),
        expected=versions.expected_by_header(),
        **facts,
    )
    db.session.commit()
    return tagged(article, item(article))


@bp.post("/articles/<int:article_id>/publish")
@tokens.bearer(WRITE)
@bp.response(200, schemas.ArticleItem)
def publish_article(article_id: int):
    """Make a draft public (moderators)."""
    article, user = _article(article_id), tokens.reader()
    require(policy.can_curate(user))
    versions.require_header(article)
    actions.publish(article, by=user)
    db.session.commit()
    return tagged(article, item(article))


@bp.post("/articles/<int:article_id>/unpublish")
@tokens.bearer(WRITE)
@bp.response(200, schemas.ArticleItem)
def unpublish_article(article_id: int):
    """Take an article back to a draft (moderators)."""
    article, user = _article(article_id), tokens.reader()
    require(policy.can_curate(user))
    versions.require_header(article)
    actions.unpublish(article, by=user)
    db.session.commit()
    return tagged(article, item(article))


@bp.post("/articles/<int:article_id>/verify")
@tokens.bearer(WRITE)
@bp.arguments(schemas.VerifySchema)
@bp.response(200, schemas.ArticleItem)
def verify_article(data: dict, article_id: int):
    """Say when and on which build the steps were followed (moderators); null takes it back."""
    article, user = _article(article_id), tokens.reader()
    require(policy.can_curate(user))
    actions.verify(
        article,
        by=user,
        on=data["verified_on"],
        build=data["verified_build"],
        expected=versions.expected_by_header(),
    )
    db.session.commit()
    return tagged(article, item(article))


@bp.post("/articles/<int:article_id>/feedback")
@tokens.bearer(WRITE)
@bp.arguments(schemas.FeedbackSchema)
@bp.response(200, schemas.FeedbackItem)
def say_helpful(data: dict, article_id: int):
    """Was this article helpful? The last word counts."""
    article, user = _article(article_id), tokens.reader()
    require(policy.can_give_feedback(user, article))
    actions.record_feedback(article, data["helpful"], by=user, note=data["note"])
    db.session.commit()
    return {**data, "helpful_count": article.helpful_count, "unhelpful_count": article.unhelpful_count}
