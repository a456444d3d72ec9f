"""Pages of appeals: the author of a removed post reads why and asks for it back; moderators decide."""

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required

from auth.current_user import current_user, me
from core.database.db import db
from core.limits.rate_limits import limit
from core.web.access import get_or_404, require, safe_next
from core.web.forms import Form, parse
from moderation import policy as moderation_policy
from moderation import queries as moderation_queries
from moderation.appeals import actions, policy, queries, schemas
from moderation.appeals.models import Appeal, state_of
from moderation.views import bp, reason_words
from posts import policy as posts_policy
from posts.access import visible_post


@bp.route("/posts/<int:post_id>/appeal", methods=["GET", "POST"])
@login_required
def appeal(post_id: int):
    """Why one's post was removed, and a form to ask for it back."""
    form = Form(schemas.AppealSchema)
    valid = request.method == "POST" and form.validate()
    post = visible_post(post_id, current_user)
    require(policy.can_appeal(me(), post), _("Only the author of a deleted post can ask for a review."))
    if valid:
        limit("appeal", me().id, *actions.APPEALS_A_DAY)
        with form.catching():
            actions.appeal(post, form.data["text"], by=me())
            db.session.commit()
            flash(_("Request sent. A moderator will review it and tell you the outcome."))
            return redirect(post.url)
        post = visible_post(post_id, current_user)
    last = queries.of_post(post)
    return render_template(
        "moderation/appeal.html",
        form=form,
        post=post,
        words=reason_words(),
        appeal=last,
        may_ask=last is None or (last.outcome is not None and last.state != state_of(post)),
        may_edit=posts_policy.can_edit(me(), post),
        decision=moderation_queries.last_decision(post, "hide", "reject"),
    ), 422 if form.errors else 200


def _appeal(appeal_id: int) -> Appeal:
    require(moderation_policy.can_moderate(me()), _("Only moderators can do this."))
    return get_or_404(queries.get(appeal_id))


def _done():
    db.session.commit()
    return redirect(safe_next(request.form.get("next"), url_for("moderation.queue")))


@bp.post("/appeals/<int:appeal_id>/approve")
@login_required
def approve_appeal(appeal_id: int):
    """Restore the post."""
    actions.approve(_appeal(appeal_id), by=me())
    return _done()


@bp.post("/appeals/<int:appeal_id>/refuse")
@login_required
def refuse_appeal(appeal_id: int):
    """The post stays removed; its author reads why."""
    data = parse(schemas.RefusalSchema)
    actions.refuse(_appeal(appeal_id), data["answer"], by=me())
    return _done()
