"""Pages of appeals: the author of a removed post asks to restore it; moderators decide."""

from flask import flash, redirect
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response

from auth.current_user import current_user, me
from core.database.db import db
from core.web.access import get_or_404, require
from core.web.forms import Form, parse
from moderation import queries as moderation_queries
from moderation.appeals import actions, policy, queries, schemas
from moderation.appeals.models import Appeal, state_of
from moderation.labels import decision_reasons
from moderation.views import bp, finish_decision, require_moderator
from posts import policy as posts_policy
from posts.access import visible_post


@bp.route("/posts/<int:post_id>/appeal", methods=["GET", "POST"])
@login_required
def appeal(post_id: int) -> Response | tuple[str, int]:
    """Why the member's post was removed, and the form of an appeal."""
    form = Form(schemas.AppealSchema)
    valid = form.validate_on_submit()
    post = visible_post(post_id, current_user)
    require(policy.can_appeal(me(), post), _("Only the author of a deleted post can ask for a review."))
    if valid:
        with form.catching():
            actions.appeal(post, form.data["text"], by=me())
            db.session.commit()
            flash(_("Request sent. A moderator will review it and tell you the outcome."))
            return redirect(post.url)
        post = visible_post(post_id, current_user)
    last = queries.of_post(post)
    return form.page(
        "moderation/appeal.html",
        post=post,
        reasons=decision_reasons(),
        appeal=last,
        may_ask=last is None or (last.outcome is not None and last.state != state_of(post)),
        may_edit=posts_policy.can_edit(me(), post),
        decision=moderation_queries.last_decision(post, "hide", "reject"),
    )


def _appeal(appeal_id: int) -> Appeal:
    require_moderator()
    return get_or_404(queries.get(appeal_id))


@bp.post("/appeals/<int:appeal_id>/approve")
@login_required
def approve_appeal(appeal_id: int) -> Response:
    """Restore the post."""
    actions.approve(_appeal(appeal_id), by=me())
    return finish_decision()


@bp.post("/appeals/<int:appeal_id>/refuse")
@login_required
def refuse_appeal(appeal_id: int) -> Response:
    """Leave the post removed and tell its author why."""
    data = parse(schemas.RefusalSchema)
    actions.refuse(_appeal(appeal_id), data["answer"], by=me())
    return finish_decision()
