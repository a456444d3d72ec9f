"""Pages of the knowledge base: lists, layers, the article, write, publish, verify, feedback."""

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required

from auth.current_user import current_user, me
from core.cache.page_cache import cached_for_visitors
from core.database import versions
from core.database.db import db
from core.markup import markup
from core.web.access import get_or_404, require, safe_next
from core.web.confirmation import confirmation_page
from core.web.forms import Form, parse
from kb import actions, policy, queries, schemas
from kb.markdown import export_article
from kb.models import LAYERS, Article
from posts import actions as post_actions
from posts import policy as post_policy
from posts import queries as post_queries
from posts.suggestions import queries as suggestion_queries

bp = Blueprint("kb", __name__)


def _sort() -> str:
    wanted = request.args.get("sort", "newest")
    return wanted if wanted in queries.SORTS else "newest"


def _article(article_id: int) -> Article:
    return get_or_404(queries.get_article(article_id, current_user))


def intro(layer: str) -> str:
    """What belongs to a layer, in a sentence or two."""
    return {
        "perimeter": _(
            "Where your network meets everybody else's: firewalls, gateways, remote "
            "access, mail and web filters. Decide what may come in, and what may leave."
        ),
        "network": _(
            "What moves between your machines: segments, name resolution, authentication "
            "on the wire, monitoring. Keep one lost machine from becoming all of them."
        ),
        "host": _(
            "The single machine: its updates, accounts, services, logging and hardening. "
            "Patch it, and shrink what can be attacked while you cannot."
        ),
        "application": _(
            "The software that does the work: configuration, input, sessions, "
            "dependencies. Most of what is exploited is here."
        ),
        "data": _(
            "What all of it is for: encryption, backups, access and disposal. When the other "
            "layers fail, this one decides what it costs."
        ),
    }[layer]


@bp.get("/articles")
@cached_for_visitors
def articles():
    """All articles: newest or most helpful."""
    sort = _sort()
    mine = queries.drafts(current_user) if policy.can_curate(current_user) else []
    return render_template(
        "kb/articles.html",
        sort=sort,
        sorts=list(queries.SORTS),
        layers=LAYERS,
        drafts=mine,
        can_curate=policy.can_curate(current_user),
        page=queries.articles(sort, current_user, after=request.args.get("after")),
    )


@bp.get("/layers/<layer>")
@cached_for_visitors
def layer(layer: str):
    """One of the five layers of defence."""
    if layer not in LAYERS:
        abort(404)
    sort = _sort()
    return render_template(
        "kb/layer.html",
        layer=layer,
        intro=intro(layer),
        sort=sort,
        sorts=list(queries.SORTS),
        layers=LAYERS,
        page=queries.articles(sort, current_user, layer=layer, after=request.args.get("after")),
    )


@bp.route("/articles/new", methods=["GET", "POST"])
@login_required
def new():
    """Begin an article."""
    form = Form(schemas.ArticleSchema, layer=request.args.get("layer", "host"))
    valid = request.method == "POST" and form.validate()
    require(policy.can_curate(me()), _("Moderators write articles."))
    if valid and form.values.get("action") != "preview":
        post_actions.limit_posting(me())
        facts = {k: form.data[k] for k in ("layer", "summary", "applies_to", "tags")}
        with form.catching():
            article = actions.write(form.data["title"], form.data["body"], by=me(), **facts)
            if form.data["verified_on"]:
                actions.verify(
                    article, by=me(), on=form.data["verified_on"], build=form.data["verified_build"]
                )
            db.session.commit()
            flash(_("Saved as a draft. Publish it when it is ready."))
            return redirect(article.url)
    return render_template(
        "kb/edit.html", form=form, article=None, layers=LAYERS, preview=form.data.get("body")
    ), 422 if form.errors else 200


@bp.get("/articles/<int:article_id>")
def article_by_id(article_id: int):
    """The address without its words leads to the one with them."""
    return redirect(_article(article_id).url, 301)


@bp.get("/articles/<int:article_id>/<slug>")
@cached_for_visitors
def article(article_id: int, slug: str):
    """An article with its table of contents and what belongs beside it."""
    article = _article(article_id)
    if slug != (article.slug or "-"):
        return redirect(article.url, 301)
    user = current_user
    return render_template(
        "kb/article.html",
        article=article,
        toc=[h for h in markup.headings(article.body_html) if h[0] in (2, 3)],
        comments=post_queries.comments_of([article.id], user),
        my_votes=post_queries.votes_of(user, [article.id]),
        edits=post_queries.last_edits([article]),
        proposals=suggestion_queries.open_on([article], user),
        questions=queries.related(article, user, "question"),
        others=queries.related(article, user, "article"),
        feedback=queries.feedback_of(article, user),
        can=post_policy,
        may=policy,
        notes=queries.feedback_notes(article) if policy.can_curate(user) else [],
        verification=actions.verification_state(article),
    )


@bp.get("/articles/<int:article_id>/history")
def history(article_id: int):
    """How the article came about."""
    return redirect(url_for("posts.history", post_id=_article(article_id).id))


@bp.get("/articles/<int:article_id>/print")
@cached_for_visitors
def print_view(article_id: int):
    """Only the article, for paper."""
    return render_template("kb/print.html", article=_article(article_id))


@bp.get("/articles/<int:article_id>.md")
def markdown(article_id: int):
    """The article as a Markdown file."""
    article = _article(article_id)
    answer = Response(export_article.export(article), mimetype="text/markdown")
    answer.headers["Content-Disposition"] = f'attachment; filename="{article.slug or article.id}.md"'
    return answer


@bp.route("/articles/<int:article_id>/edit", methods=["GET", "POST"])
@login_required
def edit(article_id: int):
    """Change an article; what it was is kept."""
    form = Form(schemas.EditArticleSchema)
    valid = request.method == "POST" and form.validate()
    article = _article(article_id)
    require(policy.can_edit(me(), article), _("Moderators and trusted members edit articles."))
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
    return render_template(
        "kb/edit.html", form=form, article=article, layers=LAYERS, preview=form.data.get("body")
    ), 422 if form.errors else 200


@bp.post("/articles/<int:article_id>/publish")
@login_required
def publish(article_id: int):
    """Make a draft public."""
    article = _article(article_id)
    require(policy.can_curate(me()))
    actions.publish(article, by=me())
    db.session.commit()
    flash(_("Published."))
    return redirect(article.url)


@bp.route("/articles/<int:article_id>/unpublish", methods=["GET", "POST"])
@login_required
def unpublish(article_id: int):
    """Take an article back to a draft. GET asks and says what will happen."""
    article = _article(article_id)
    require(policy.can_curate(me()))
    if request.method == "GET":
        return confirmation_page(
            _("Take this article back to a draft?"),
            [
                _("It disappears at once from pages, search and feeds; only moderators see it."),
                _("Its votes, comments and history stay. Its author is notified."),
                _("You can publish it again. It stands in the public log."),
            ],
            _("Unpublish"),
            back=article.url,
            subject=article.title,
        )
    actions.unpublish(article, by=me())
    db.session.commit()
    flash(_("Back to a draft: only moderators see it now."))
    return redirect(article.url)


@bp.post("/articles/<int:article_id>/verify")
@login_required
def verify(article_id: int):
    """Say that the steps were followed, when and on which build."""
    data = parse(schemas.VerifySchema)
    article = _article(article_id)
    require(policy.can_curate(me()))
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
def feedback(article_id: int):
    """Was this helpful?"""
    data = parse(schemas.FeedbackSchema)
    article = _article(article_id)
    require(policy.can_give_feedback(me(), article))
    actions.record_feedback(article, data["helpful"], by=me(), note=data["note"])
    db.session.commit()
    flash(_("Thank you. The moderators will see your feedback."))
    return redirect(article.url)


@bp.get("/articles/feedback")
@login_required
def feedback_list():
    """What readers say would make articles better, the newest first; what waits, or all."""
    require(policy.can_curate(me()), _("Moderators read what readers say about articles."))
    show_all = "all" in request.args
    return render_template(
        "kb/feedback.html",
        show_all=show_all,
        page=queries.feedback_page(request.args.get("after"), waiting_only=not show_all),
    )


@bp.post("/articles/feedback/<int:feedback_id>/read")
@login_required
def read_feedback(feedback_id: int):
    """A moderator has dealt with a note."""
    require(policy.can_curate(me()), _("Moderators read what readers say about articles."))
    actions.mark_read(get_or_404(queries.feedback_by_id(feedback_id)), by=me())
    db.session.commit()
    return redirect(safe_next(request.form.get("next"), url_for("kb.feedback_list")))
