"""Pages of any post: vote, comment, delete, restore, history, redact; the editor's preview."""

from dataclasses import replace

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import login_required

from auth.conflicts import check_not_done, last_act
from auth.current_user import current_user, me
from auth.privileges import Privilege
from core.database import versions
from core.database.db import db, read_transaction
from core.limits.rate_limits import limiter
from core.web.access import get_or_404, require
from core.web.confirmation import confirmation_page
from core.web.error_responses import wants_json
from core.web.forms import Form, parse
from posts import actions, policy, queries, redaction, schemas, voting
from posts.access import visible_post
from posts.attachments.forms import AttachingForm
from posts.models import Comment, Post, Revision
from posts.revisions import diffs, history
from posts.suggestions import queries as suggestion_queries

bp = Blueprint("posts", __name__)


@bp.get("/posts/<int:post_id>")
def post(post_id: int) -> ResponseReturnValue:
    """Redirect to the page of a post of any kind."""
    return redirect(visible_post(post_id, current_user).url)


def _preview_rate() -> str:
    return schemas.PREVIEW_RATE if me().can(Privilege.COMMENT_ANYWHERE) else schemas.PREVIEW_RATE_NEW


def _preview_cost() -> int:
    return min(schemas.MAX_PREVIEW_COST, 1 + (request.content_length or 0) // schemas.BYTES_PER_PREVIEW)


@bp.post("/preview")
@login_required
@limiter.limit(_preview_rate, key_func=lambda: f"preview:{me().id}", cost=_preview_cost)
def preview() -> ResponseReturnValue:
    """Render Markdown; texts as long as articles only for users who may submit them."""
    data = parse(schemas.PreviewKindSchema)
    post = None
    if data["post"] is not None:
        with read_transaction():
            post = visible_post(data["post"], current_user)
    kind = post.kind if post is not None else data["kind"]
    require(
        kind not in schemas.LONG_KINDS or policy.can_preview_long(me(), post),
        _("Only members who can edit articles can preview long texts."),
    )
    rendered = parse(schemas.PREVIEWS[kind])["body"]
    return render_template("posts/_preview.html", html=rendered.html if rendered else "")


@bp.post("/posts/<int:post_id>/vote")
@login_required
def vote(post_id: int) -> ResponseReturnValue:
    """Vote up, down, or withdraw the vote."""
    value = parse(schemas.VoteSchema)["value"]
    post = visible_post(post_id, current_user)
    require(policy.can_vote(me(), post, value), policy.why_no_vote(me(), post, value))
    voting.vote(post, me(), value)
    db.session.commit()
    if wants_json():
        return jsonify(score=post.score, value=value)
    return redirect(post.url)


@bp.post("/posts/<int:post_id>/comments")
@login_required
def comment(post_id: int) -> ResponseReturnValue:
    """Post a comment."""
    form = AttachingForm(schemas.CommentSchema)
    is_valid = form.validate()
    post = visible_post(post_id, current_user)
    require(policy.can_comment(me(), post, post.thread.author_id), policy.why_no_comment())
    if not is_valid:
        return form.page("posts/comment_form.html", post=post)
    made = actions.comment(post, form.data["body"], by=me())
    db.session.commit()
    return redirect(made.url)


@bp.route("/comments/<int:post_id>/edit", methods=["GET", "POST"])
@login_required
def edit_comment(post_id: int) -> ResponseReturnValue:
    """Edit a comment."""
    form = AttachingForm(schemas.EditCommentSchema)
    is_valid = form.validate_on_submit()
    made = get_or_404(queries.get(Comment, post_id, current_user))
    require(policy.can_edit(me(), made))
    if is_valid:
        with form.catching():
            actions.revise(made, form.data["body"], by=me(), expected=form.expected)
            db.session.commit()
            return redirect(made.url)
    if request.method == "GET":
        form.values = {"body": made.body}
    return form.page("posts/comment_form.html", post=made, editing=True)


@bp.route("/posts/<int:post_id>/delete", methods=["GET", "POST"])
@login_required
def delete(post_id: int) -> ResponseReturnValue:
    """Delete a post; GET shows a confirmation page."""
    data = parse(schemas.RemoveSchema) if request.method == "POST" else {}
    post = visible_post(post_id, current_user)
    if _is_second_removal(post):
        return redirect(post.url)
    require(policy.can_delete(me(), post), policy.why_no_delete())
    if request.method == "GET":
        return _ask_to_delete(post)
    if actions.delete(post, by=me(), note=data["note"]) is None:
        _is_second_removal(post)
    db.session.commit()
    is_own = post.author_id == me().id
    flash(
        _("Deleted. You can restore it from its page.")
        if is_own
        else _("Hidden. You can unhide it on its page.")
    )
    return redirect((post.parent or post).url)


def _is_second_removal(post: Post) -> bool:
    """Whether a moderator deletes a post again; raises AlreadyDone when another user deleted it."""
    if not (post.is_deleted and me().is_moderator and policy.can_write(me())):
        return False
    actions.check_not_deleted(post, by=me())
    return True


def _ask_to_delete(post: Post) -> ResponseReturnValue:
    is_own = post.author_id == me().id
    effects = [
        _("It disappears at once from pages, search, feeds and email."),
        _("Its votes and their reputation are reversed until it is visible again."),
    ]
    if post.answer_count or post.comment_count:
        effects.append(_("All its answers and comments disappear with it."))
    effects.append(
        _("You can restore it from its page.")
        if is_own
        else _(
            "Its author gets a notification, still sees it, and can edit it and ask for a review. "
            "The decision appears in the public log."
        )
    )
    return confirmation_page(
        _("Delete this post?") if is_own else _("Hide this post?"),
        effects,
        _("Delete") if is_own else _("Hide"),
        back=post.url,
        subject=post.heading,
        fields=[] if is_own else [{"name": "note", "label": _("Reason, for the author")}],
    )


@bp.post("/posts/<int:post_id>/undelete")
@login_required
def undelete(post_id: int) -> ResponseReturnValue:
    """Restore a deleted post."""
    post = visible_post(post_id, current_user)
    if not post.is_deleted and me().is_moderator and last_act(post, [f"{post.kind}.undeleted"]):
        actions.check_not_undeleted(post, by=me())
        return redirect(post.url)
    require(policy.can_undelete(me(), post))
    if actions.undelete(post, by=me()) is None:
        actions.check_not_undeleted(post, by=me())
    db.session.commit()
    return redirect(post.url)


@bp.get("/posts/<int:post_id>/history", endpoint="history")
def revisions(post_id: int) -> ResponseReturnValue:
    """List the revisions of a post, newest first."""
    post = visible_post(post_id, current_user)
    return render_template("posts/history.html", post=post, revisions=queries.revisions(post))


@bp.get("/posts/<int:post_id>/revisions/<int:number>")
def revision(post_id: int, number: int) -> ResponseReturnValue:
    """Show a revision beside the one before it."""
    post = visible_post(post_id, current_user)
    after = get_or_404(queries.revision(post, number))
    before = queries.revision(post, number - 1)
    rows = diffs.side_by_side(before.body if before else "", after.body, after.changes)
    return render_template(
        "posts/revision.html",
        post=post,
        before=before,
        after=after,
        rows=rows,
        fact_rows=_fact_rows(post, before, after),
        suggestion=suggestion_queries.approved_as(post, number),
        can_restore=policy.can_edit(current_user, post)
        and not after.redacted_at
        and number != post.revision_count,
        can_redact=policy.can_redact(current_user) and not after.redacted_at,
    )


def _fact_rows(post: Post, before: Revision | None, after: Revision) -> list:
    """Title, tags and facts of two revisions side by side; [] where they are equal or not stored."""
    if before is None or before.redacted_at or after.redacted_at:
        return []
    old = history.of_revision(post, before)
    new = history.of_revision(post, after)
    if old.facts is None or new.facts is None:
        old = replace(old, facts=None)
        new = replace(new, facts=None)
    old_lines = history.fact_lines(post, old)
    new_lines = history.fact_lines(post, new)
    return diffs.side_by_side(old_lines, new_lines) if old_lines != new_lines else []


@bp.post("/posts/<int:post_id>/revisions/<int:number>/restore")
@login_required
def restore(post_id: int, number: int) -> ResponseReturnValue:
    """Restore an old revision as a new one."""
    post = visible_post(post_id, current_user)
    require(policy.can_edit(me(), post))
    wanted = get_or_404(queries.revision(post, number))
    require(wanted.redacted_at is None)
    actions.restore(post, wanted, by=me(), expected=versions.expected_by_form())
    db.session.commit()
    return redirect(url_for("posts.history", post_id=post.id))


@bp.route("/posts/<int:post_id>/revisions/<int:number>/redact", methods=["GET", "POST"])
@login_required
def redact(post_id: int, number: int) -> ResponseReturnValue:
    """Redact a revision and mask its copies; GET shows a confirmation page."""
    form = Form(schemas.RedactSchema)
    is_valid = form.validate_on_submit()
    post = visible_post(post_id, current_user)
    require(policy.can_redact(me()))
    revision = get_or_404(queries.revision(post, number))
    words = redaction.split_lines(form.data.get("words"))
    if revision.redacted_at is not None and words is None:
        check_not_done(
            revision,
            ["revision.redacted"],
            _("this revision is redacted."),
            by=me(),
            url=url_for("posts.history", post_id=post.id),
        )
        return redirect(url_for("posts.history", post_id=post.id))
    if is_valid and words is None and number == post.revision_count:
        form.fail("words", _("Enter the text to mask. This is the current version, which is not deleted."))
    if is_valid and not form.errors:
        with form.catching():
            counts = redaction.redact(revision, by=me(), reason=form.data["reason"], words=words)
            db.session.commit()
            flash(
                _(
                    "Redacted, and masked in %(n)s other places. Backups and sent email still contain it: "
                    "change any key or password that was public.",
                    n=sum(counts.values()),
                )
            )
            return redirect(url_for("posts.history", post_id=post.id))
        post = visible_post(post_id, current_user)
        revision = get_or_404(queries.revision(post, number))
    return _ask_to_redact(post, revision, form)


def _ask_to_redact(post: Post, revision: Revision, form: Form) -> ResponseReturnValue:
    texts = redaction.texts_of(post, revision)
    if request.method == "GET":
        form.values = {"words": "\n".join(texts.everywhere)}
    effects = [
        _("The text of this revision is permanently deleted; nobody can restore it.")
        if revision.number != post.revision_count
        else _("The text below is masked in the current version, as a new revision.")
    ]
    effects += [
        _(
            "The text below is masked wherever it appears: in other revisions, suggested edits, "
            "comments and posts, reports, flags, notifications, stored email and the search index."
        ),
        _(
            "Backups, sent email and copies made by other people are not changed. Change the key or "
            "password in any case."
        ),
        _(
            "The authors of masked posts are notified. The decision appears in the public log, without "
            "the text."
        ),
    ]
    return confirmation_page(
        _("Redact revision %(n)s?", n=revision.number),
        effects,
        _("Redact"),
        subject=post.heading,
        back=url_for("posts.revision", post_id=post.id, number=revision.number),
        values=form.values,
        errors=form.errors,
        fields=[
            {
                "name": "words",
                "label": _("Text to mask, one per line"),
                "type": "text",
                "rows": 5,
                "hint": _(
                    "Delete the lines that may stay. If empty, the text that only this revision contains "
                    "is masked."
                ),
            },
            {
                "name": "reason",
                "label": _("Reason, for the author and the log"),
                "type": "line",
                "required": True,
                "maxlength": 300,
            },
        ],
    )
