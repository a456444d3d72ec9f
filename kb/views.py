"""Pages of the knowledge base: lists, layers, articles, editing, publication, verification, feedback."""

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import login_required

from auth.current_user import current_user, me
from auth.reader import reader
from core.cache.dependencies import depends_on
from core.cache.page_cache import cached_for_visitors
from core.database import versions
from core.database.db import db
from core.markup import markup
from core.web.access import get_or_404, require, safe_next
from core.web.confirmation import confirmation_page
from core.web.forms import parse
from kb import actions, policy, queries, schemas
from kb.labels import layer_introduction
from kb.markdown import export_article
from kb.models import LAYERS, Article
from posts import policy as post_policy
from posts import queries as post_queries
from posts.attachments.forms import AttachingForm
from posts.suggestions import queries as suggestion_queries

bp = Blueprint("kb", __name__)


def _requested_sort() -> str:
    sort = request.args.get("sort", "newest")
    return sort if sort in queries.SORTS else "newest"


def _article(article_id: int) -> Article:
    return get_or_404(queries.get_article(article_id, current_user))


def _curated(article_id: int) -> Article:
    """The article, for a moderator; 404 before 403."""
    article = _article(article_id)
    require(policy.can_curate(me()))
    return article


@bp.get("/articles")
@cached_for_visitors
def articles() -> ResponseReturnValue:
    """All articles: newest or most helpful."""
    depends_on(lists=["kind:article"])
    sort = _requested_sort()
    curates = policy.can_curate(current_user)
    return render_template(
        "kb/articles.html",
        sort=sort,
        layers=LAYERS,
        drafts=queries.drafts(current_user) if curates else [],
        can_curate=curates,
        page=queries.articles(sort, current_user, after=request.args.get("after")),
    )


@bp.get("/layers/<layer>")
@cached_for_visitors
def layer(layer: str) -> ResponseReturnValue:
    """One of the five layers of defence."""
    depends_on(lists=["kind:article", "kind:question"])
    if layer not in LAYERS:
        abort(404)
    sort = _requested_sort()
    return render_template(
        "kb/layer.html",
        layer=layer,
        intro=layer_introduction(layer),
        sort=sort,
        layers=LAYERS,
        page=queries.articles(sort, current_user, layer=layer, after=request.args.get("after")),
    )


@bp.route("/articles/new", methods=["GET", "POST"])
@login_required
def new() -> ResponseReturnValue:
    """Write an article."""
    form = AttachingForm(schemas.ArticleSchema, layer=request.args.get("layer", "host"))
    valid = form.validate_on_submit()
    require(policy.can_curate(me()), _("Only moderators can write articles."))
    if valid and form.values.get("action") != "preview":
        facts = {k: form.data[k] for k in ("layer", "summary", "applies_to", "tags")}
        with form.catching():
            article = actions.write(form.data["title"], form.data["body"], by=me(), **facts)
            if form.data["verified_on"]:
                actions.verify(
                    article, by=me(), on=form.data["verified_on"], build=form.data["verified_build"]
                )
            db.session.commit()
            flash(_("Draft saved. Publish it when it is ready."))
            return redirect(article.url)
    return form.page("kb/edit.html", article=None, layers=LAYERS, preview=form.data.get("body"))


@bp.get("/articles/<int:article_id>")
def article_by_id(article_id: int) -> ResponseReturnValue:
    """Redirect to the URL with the slug."""
    return redirect(_article(article_id).url, 301)


@bp.get("/articles/<int:article_id>/<slug>")
@cached_for_visitors
def article(article_id: int, slug: str) -> ResponseReturnValue:
    """An article with table of contents, related posts, comments and feedback."""
    depends_on(f"thread:{article_id}", lists=["kind:article", "kind:question"])
    article = _article(article_id)
    if slug != (article.slug or "-"):
        return redirect(article.url, 301)
    user = current_user
    reader().votes = post_queries.votes_of(user, [article.id])
    suggestion_queries.open_on([article], user)
    return render_template(
        "kb/article.html",
        article=article,
        toc=[h for h in markup.headings(article.body_html) if h[0] in (2, 3)],
        comments=post_queries.comments_of([article.id], user),
        edits=post_queries.last_edits([article]),
        questions=queries.related(article, user, "question"),
        others=queries.related(article, user, "article"),
        feedback=queries.feedback_of(article, user),
        can=post_policy,
        may=policy,
        notes=queries.feedback_notes(article) if policy.can_curate(user) else [],
        verification=actions.verification_state(article),
    )


@bp.get("/articles/<int:article_id>/history")
def history(article_id: int) -> ResponseReturnValue:
    """Redirect to the revisions of the article."""
    return redirect(url_for("posts.history", post_id=_article(article_id).id))


@bp.get("/articles/<int:article_id>/print")
@cached_for_visitors
def print_view(article_id: int) -> ResponseReturnValue:
    """The article alone, for printing."""
    depends_on(f"thread:{article_id}")
    return render_template("kb/print.html", article=_article(article_id))


@bp.get("/articles/<int:article_id>.md")
def markdown(article_id: int) -> ResponseReturnValue:
    """The article as a Markdown file."""
    article = _article(article_id)
    response = Response(export_article.export(article), mimetype="text/markdown")
    response.headers["Content-Disposition"] = f'attachment; filename="{article.slug or article.id}.md"'
    return response


@bp.route("/articles/<int:article_id>/edit", methods=["GET", "POST"])
@login_required
def edit(article_id: int) -> ResponseReturnValue:
    """Edit an article, as a new revision."""
    form = AttachingForm(schemas.EditArticleSchema)
    valid = form.validate_on_submit()
    article = _article(article_id)
    require(policy.can_edit(me(), article), _("Only moderators and trusted members can edit articles."))
    if valid and form.values.get("action") != "preview":
        facts = {k: form.data[k] for k in ("layer", "summary", "applies_to", "title", "tags", "change")}
        with form.catching():
            actions.edit(article, form.data["body"], by=me(), expected=form.expected, **facts)
            db.session.commit()
            return redirect(article.url)
    if request.method == "GET":
        form.values = {
            "title": article.title,
            "body": article.body,
            "layer": article.layer,
            "summary": article.summary,
            "applies_to": "\n".join(article.applies_to),
            "tags": " ".join(tag.name for tag in article.tags),
        }
    return form.page("kb/edit.html", article=article, layers=LAYERS, preview=form.data.get("body"))


@bp.post("/articles/<int:article_id>/publish")
@login_required
def publish(article_id: int) -> ResponseReturnValue:
    """Publish a draft."""
    article = _curated(article_id)
    actions.publish(article, by=me())
    db.session.commit()
    flash(_("Published."))
    return redirect(article.url)


@bp.route("/articles/<int:article_id>/unpublish", methods=["GET", "POST"])
@login_required
def unpublish(article_id: int) -> ResponseReturnValue:
    """Make an article a draft again. GET asks for confirmation."""
    article = _curated(article_id)
    if request.method == "GET":
        return confirmation_page(
            _("Unpublish this article?"),
            [
                _("It will disappear from pages, search and feeds immediately. Only moderators will see it."),
                _("Its votes, comments and history are kept. Its author is notified."),
                _("You can publish it again. The public log will record this."),
            ],
            _("Unpublish"),
            back=article.url,
            subject=article.title,
        )
    actions.unpublish(article, by=me())
    db.session.commit()
    flash(_("Unpublished. Only moderators can see it now."))
    return redirect(article.url)


@bp.post("/articles/<int:article_id>/verify")
@login_required
def verify(article_id: int) -> ResponseReturnValue:
    """Record on which day and build the steps were followed."""
    data = parse(schemas.VerifySchema)
    article = _curated(article_id)
    actions.verify(
        article,
        by=me(),
        on=data["verified_on"],
        build=data["verified_build"],
        expected=versions.expected_by_form(),
        seen=request.form.get("seen"),
    )
    db.session.commit()
    return redirect(article.url)


@bp.post("/articles/<int:article_id>/feedback")
@login_required
def feedback(article_id: int) -> ResponseReturnValue:
    """Rate an article as helpful or not."""
    data = parse(schemas.FeedbackSchema)
    article = _article(article_id)
    require(policy.can_give_feedback(me(), article))
    actions.record_feedback(article, data["helpful"], by=me(), note=data["note"])
    db.session.commit()
    flash(_("Thank you. The moderators will see your feedback."))
    return redirect(article.url)


@bp.get("/articles/feedback")
@login_required
def feedback_list() -> ResponseReturnValue:
    """Notes of readers on articles, the newest first: unread ones, or all."""
    require(policy.can_curate(me()), _("Only moderators can read feedback on articles."))
    show_all = "all" in request.args
    return render_template(
        "kb/feedback.html",
        show_all=show_all,
        page=queries.feedback_page(request.args.get("after"), unread_only=not show_all),
    )


@bp.post("/articles/feedback/<int:feedback_id>/read")
@login_required
def read_feedback(feedback_id: int) -> ResponseReturnValue:
    """Mark a note as read."""
    require(policy.can_curate(me()), _("Only moderators can read feedback on articles."))
    actions.mark_read(get_or_404(queries.feedback_by_id(feedback_id)), by=me())
    db.session.commit()
    return redirect(safe_next(request.form.get("next"), url_for("kb.feedback_list")))
