"""Pages of suggested edits: suggest, review, decide, one's own suggestions."""

from collections.abc import Callable

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import login_required

from auth.current_user import current_user, me
from auth.privileges import Privilege, threshold
from auth.reputation import POINTS
from core.database.db import db, read_transaction
from core.markup.markup import render
from core.web.access import get_or_404, require
from core.web.forms import Form, Invalid
from posts import kinds, policy, queries, schemas
from posts.access import visible_post
from posts.models import Post, Revision
from posts.revisions import diffs
from posts.suggestions import actions
from posts.suggestions import queries as suggestion_queries
from posts.suggestions.models import Suggestion
from posts.views import bp


@bp.route("/posts/<int:post_id>/suggest", methods=["GET", "POST"])
@login_required
def suggest(post_id: int) -> ResponseReturnValue:
    """Suggest an edit of a post, or change one's open suggestion."""
    with read_transaction():
        kind = get_or_404(queries.kind_of(post_id, current_user))
    form = _form(kind)
    post = visible_post(post_id, current_user)
    require(policy.can_suggest(me(), post), _("You can't suggest an edit here."))
    pending = suggestion_queries.open_on([post], me()).get(post.id)
    mine = pending if pending is not None and pending.author_id == me().id else None
    if _is_final(form):
        with form.catching():
            made = actions.propose(
                post,
                form.data["body"],
                by=me(),
                title=form.data.get("title", post.title),
                base_number=request.form.get("base", 0, type=int),
                tags=form.data.get("tags", []),
                summary=form.data["summary"],
            )
            db.session.commit()
            flash(_("Thank you. Your edit will appear once it has been reviewed."))
            return redirect(url_for("posts.suggestion", suggestion_id=made.id))
    if request.method == "GET":
        form.values = _values(mine or post)
    return form.page(
        "posts/suggest.html",
        post=post,
        preview=form.data.get("body"),
        reward=POINTS["edit_accepted"],
        taken=pending is not None and mine is None,
        base=post.revision_count,
        changes=diffs.side_by_side(post.body, form.values.get("body", ""))
        if _is_outdated(mine, post)
        else None,
    )


def _form(kind: str) -> Form:
    """The form for an edit of this kind, validated if submitted; the summary is required."""
    form = Form(get_or_404(kinds.named(kind).edit_schema))
    if form.validate_on_submit() and _is_final(form) and not form.data["summary"]:
        form.fail("summary", _("Describe your edit."))
    return form


def _is_final(form: Form) -> bool:
    """Whether a valid form was submitted, not only for a preview."""
    return bool(form.data) and not form.errors and form.values.get("action") != "preview"


def _values(text: Post | Suggestion) -> dict:
    """The form values of a post or a suggestion."""
    names = [tag if isinstance(tag, str) else tag.name for tag in text.tags]
    return {
        "title": text.title,
        "body": text.body,
        "tags": " ".join(names),
        "summary": getattr(text, "summary", ""),
    }


def _is_outdated(mine: Suggestion | None, post: Post) -> bool:
    """Whether the post was edited since the version on which the text in the form is based."""
    if request.method == "POST":
        return request.form.get("base", 0, type=int) != post.revision_count
    return mine is not None and mine.base_number != post.revision_count


@bp.get("/review")
@login_required
def review() -> ResponseReturnValue:
    """List open suggestions, oldest first."""
    require(
        policy.may_review(me()),
        _("You need %(n)s reputation to review edits.", n=threshold(Privilege.REVIEW)),
    )
    return render_template(
        "posts/review.html", page=suggestion_queries.pending(me(), request.args.get("after"))
    )


@bp.get("/settings/edits")
@login_required
def my_edits() -> ResponseReturnValue:
    """List one's own suggestions."""
    return render_template(
        "posts/my_edits.html", page=suggestion_queries.by_member(me(), request.args.get("after"))
    )


@bp.get("/suggestions/<int:suggestion_id>")
@login_required
def suggestion(suggestion_id: int) -> ResponseReturnValue:
    """Show a suggestion beside the text that it changes."""
    found = _suggestion(suggestion_id)
    base = get_or_404(queries.revision(found.post, found.base_number))
    before = _heading(base)
    after = _heading(found)
    return render_template(
        "posts/suggestion.html",
        suggestion=found,
        post=found.post,
        heading_rows=diffs.side_by_side(before, after) if before != after else None,
        rows=diffs.side_by_side(base.body, found.body, found.changes),
        can_decide=policy.can_decide(me(), found, found.post),
    )


def _heading(text: Revision | Suggestion) -> str:
    return f"{text.title}\n{' '.join(text.tags)}"


def _suggestion(suggestion_id: int) -> Suggestion:
    return get_or_404(suggestion_queries.get(suggestion_id, current_user))


def _decidable(suggestion_id: int) -> Suggestion:
    found = _suggestion(suggestion_id)
    require(found.author_id != me().id, _("You cannot review your own suggestion."))
    require(policy.can_decide(me(), found, found.post) or not found.is_open)
    return found


def _decide(suggestion_id: int, decision: Callable[[], object], thanks: str) -> ResponseReturnValue:
    """Run and commit a decision; if it is refused, show the message on the page of the suggestion."""
    try:
        decision()
        db.session.commit()
        flash(thanks)
    except Invalid as refusal:
        db.session.rollback()
        flash(refusal.text)
    return redirect(url_for("posts.suggestion", suggestion_id=suggestion_id))


@bp.post("/suggestions/<int:suggestion_id>/approve")
@login_required
def approve(suggestion_id: int) -> ResponseReturnValue:
    """Approve a suggestion."""
    with read_transaction():
        source = _suggestion(suggestion_id).body
    body = render(source)
    found = _decidable(suggestion_id)
    return _decide(
        found.id,
        lambda: actions.approve(found, body, by=me(), seen=request.form.get("seen", "")),
        _("Approved and published under its author's name."),
    )


@bp.route("/suggestions/<int:suggestion_id>/improve", methods=["GET", "POST"])
@login_required
def improve(suggestion_id: int) -> ResponseReturnValue:
    """Approve a suggestion with further changes."""
    with read_transaction():
        found = _suggestion(suggestion_id)
        form = _form(found.post.kind)
        seen = request.form.get("seen", found.version)
        source = found.body
    proposed = render(source)
    found = _decidable(suggestion_id)
    require(found.is_open, _("This suggestion has already been reviewed."))
    if _is_final(form):
        with form.catching():
            actions.improve(
                found,
                proposed,
                form.data["body"],
                by=me(),
                seen=seen,
                title=form.data.get("title", found.post.title),
                tags=form.data.get("tags", []),
                summary=form.data["summary"],
            )
            db.session.commit()
            flash(_("Approved with your changes."))
            return redirect(found.post.url)
        found = _suggestion(suggestion_id)  # reload: the rollback expired it
    if request.method == "GET":
        form.values = _values(found) | {"summary": _("Improved the suggested edit")}
    changes = (
        diffs.side_by_side(found.post.body, form.values.get("body", ""))
        if request.method == "POST" and (found.is_stale or not found.is_open)
        else None
    )
    return form.page(
        "posts/improve.html",
        suggestion=found,
        post=found.post,
        seen=seen,
        preview=form.data.get("body"),
        changes=changes,
    )


@bp.post("/suggestions/<int:suggestion_id>/reject")
@login_required
def reject(suggestion_id: int) -> ResponseReturnValue:
    """Reject a suggestion, with a reason for its author."""
    form = Form(schemas.RejectSchema)
    is_valid = form.validate()
    found = _decidable(suggestion_id)
    if not is_valid:
        raise Invalid(form.errors)
    actions.reject(found, form.data["reason"], by=me())
    db.session.commit()
    flash(_("Rejected. The author can see your reason."))
    return redirect(url_for("posts.suggestion", suggestion_id=found.id))


@bp.post("/suggestions/<int:suggestion_id>/withdraw")
@login_required
def withdraw(suggestion_id: int) -> ResponseReturnValue:
    """Withdraw one's own suggestion."""
    found = _suggestion(suggestion_id)
    require(found.author_id == me().id)
    return _decide(found.id, lambda: actions.withdraw(found, by=me()), _("Withdrawn."))
