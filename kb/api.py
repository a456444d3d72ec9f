"""Articles in the API."""

from flask import abort, request

from auth import tokens
from core import markup
from core.api import ApiBlueprint
from core.db import db
from core.mail import site_url
from core.web import get_or_404, parse, require
from kb import actions, policy, queries, schemas
from kb.models import LAYERS, Article
from posts import actions as posts
from posts import policy as post_policy

bp = ApiBlueprint("articles", __name__, description="Knowledge base articles")


def item(article: Article) -> dict:
    """The article as JSON."""
    return {
        "id": article.id, "kind": "article", "title": article.title, "url": site_url() + article.url,
        "body": article.body, "author": article.author.username if article.author else article.byline,
        "score": article.score, "tags": [tag.name for tag in article.tags],
        "created_at": article.created_at.isoformat(), "source": article.source_url or None,
        "status": article.status, "layer": article.layer, "summary": article.summary,
        "applies_to": article.applies_to,
        "verified_on": article.verified_on.isoformat() if article.verified_on else None,
        "verified_build": article.verified_build, "license": article.license or None,
    }


def _article(article_id: int) -> Article:
    return get_or_404(queries.get_article(article_id, tokens.reader()))


@bp.get("/articles")
def list_articles():
    """Public articles: ?sort=newest|helpful, ?layer=, ?after=."""
    sort, layer = request.args.get("sort", "newest"), request.args.get("layer")
    if sort not in queries.SORTS or layer not in (None, *LAYERS):
        abort(422)
    page = queries.articles(sort, tokens.reader(), layer=layer, after=request.args.get("after"))
    return {"items": [item(article) for article in page], "next": page.next}


@bp.post("/articles")
@tokens.bearer("write")
def create_article():
    """Begin an article as a draft (moderators)."""
    data, user = parse(schemas.ArticleSchema), tokens.reader()
    require(policy.can_curate(user))
    article = actions.write(data["title"], data["body"], by=user, layer=data["layer"],
                            tags=data["tags"], summary=data["summary"], applies_to=data["applies_to"])
    if data["verified_on"]:
        actions.verify(article, by=user, on=data["verified_on"], build=data["verified_build"])
    db.session.commit()
    return item(_article(article.id)), 201


@bp.get("/articles/<int:article_id>")
def get_article(article_id: int):
    """One article."""
    return item(_article(article_id))


@bp.patch("/articles/<int:article_id>")
@tokens.bearer("write")
def change_article(article_id: int):
    """Change what is sent, keep the rest."""
    data, article, user = parse(schemas.ArticlePatchSchema), _article(article_id), tokens.reader()
    require(policy.can_edit(user, article))
    facts = {name: data[name] for name in actions.FACTS if name in data}
    body = data.get("body") or markup.render(article.body)
    actions.edit(article, body, by=user, title=data.get("title", article.title),
                 tags=data.get("tags", [tag.name for tag in article.tags]),
                 change=data.get("change", ""), **facts)
    db.session.commit()
    return item(article)


@bp.delete("/articles/<int:article_id>")
@tokens.bearer("write")
def delete_article(article_id: int):
    """Hide an article everywhere; moderators can bring it back."""
    article, user = _article(article_id), tokens.reader()
    require(post_policy.can_delete(user, article))
    posts.delete(article, by=user)
    db.session.commit()
    return "", 204


@bp.post("/articles/<int:article_id>/publish")
@tokens.bearer("write")
def publish_article(article_id: int):
    """Publish a draft (moderators)."""
    article, user = _article(article_id), tokens.reader()
    require(policy.can_curate(user))
    actions.publish(article, by=user)
    db.session.commit()
    return item(article)
