"""Articles in the API."""

from auth import tokens
from auth.models import User
from core.api.api import WRITE, ApiBlueprint, listing, page_of, saved
from core.database import versions
from core.database.db import db
from core.database.versions import with_etag
from core.web.access import get_or_404
from kb import actions, policy, queries, schemas
from kb.models import Article
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


def _curated(article_id: int) -> tuple[Article, User]:
    """The article and the moderator who changes it; 404 before 403."""
    article = _article(article_id)
    user = tokens.permitted(policy.can_curate)
    return article, user


@bp.get("/articles")
@bp.arguments(schemas.ArticleQuery, location="query")
@bp.response(200, page_of(schemas.ArticleItem))
def list_articles(wanted: dict) -> dict:
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
def write_article(data: dict) -> dict:
    """Create an article as a draft (moderators)."""
    user = tokens.permitted(policy.can_curate)
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
    return saved(article, item)


@bp.get("/articles/<int:article_id>")
@bp.response(200, schemas.ArticleItem)
def get_article(article_id: int) -> dict:
    """One article."""
    article = _article(article_id)
    return with_etag(article, item(article))


@bp.patch("/articles/<int:article_id>")
@tokens.bearer(WRITE)
@bp.arguments(schemas.EditArticleSchema(partial=True))
@bp.response(200, schemas.ArticleItem)
def edit_article(data: dict, article_id: int) -> dict:
    """Change the fields that are sent, as a new revision."""
    article = _article(article_id)
    user = tokens.permitted(policy.can_edit, article)
    facts = {name: data[name] for name in actions.ARTICLE_FACTS if name in data}
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
    return saved(article, item)


@bp.post("/articles/<int:article_id>/publish")
@tokens.bearer(WRITE)
@bp.response(200, schemas.ArticleItem)
def publish_article(article_id: int) -> dict:
    """Publish a draft (moderators)."""
    article, user = _curated(article_id)
    versions.require_header(article)
    actions.publish(article, by=user)
    return saved(article, item)


@bp.post("/articles/<int:article_id>/unpublish")
@tokens.bearer(WRITE)
@bp.response(200, schemas.ArticleItem)
def unpublish_article(article_id: int) -> dict:
    """Make an article a draft again (moderators)."""
    article, user = _curated(article_id)
    versions.require_header(article)
    actions.unpublish(article, by=user)
    return saved(article, item)


@bp.post("/articles/<int:article_id>/verify")
@tokens.bearer(WRITE)
@bp.arguments(schemas.VerifySchema)
@bp.response(200, schemas.ArticleItem)
def verify_article(data: dict, article_id: int) -> dict:
    """Record on which day and build the steps were followed (moderators); null withdraws it."""
    article, user = _curated(article_id)
    actions.verify(
        article,
        by=user,
        on=data["verified_on"],
        build=data["verified_build"],
        expected=versions.expected_by_header(),
    )
    return saved(article, item)


@bp.post("/articles/<int:article_id>/feedback")
@tokens.bearer(WRITE)
@bp.arguments(schemas.FeedbackSchema)
@bp.response(200, schemas.FeedbackItem)
def say_helpful(data: dict, article_id: int) -> dict:
    """Rate an article as helpful or not; replaces an earlier answer."""
    article = _article(article_id)
    user = tokens.permitted(policy.can_give_feedback, article)
    actions.record_feedback(article, data["helpful"], by=user, note=data["note"])
    db.session.commit()
    return {**data, "helpful_count": article.helpful_count, "unhelpful_count": article.unhelpful_count}
