"""Pages of moderation: flag a post, my flags, the queue, the public log."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response

from auth.current_user import current_user, me
from auth.privileges import Privilege, threshold
from core.database.db import db
from core.web.access import require, safe_next
from core.web.forms import Form
from moderation import actions, policy, queries, schemas
from moderation.labels import action_labels, decision_reasons, reason_labels
from moderation.models import REASONS
from posts.access import visible_post

bp = Blueprint("moderation", __name__)


def require_moderator() -> None:
    """Stop with 403 unless the member may moderate."""
    require(policy.can_moderate(me()), _("Only moderators can do this."))


def finish_decision() -> Response:
    """Commit and return to the page that the form names, by default the queue."""
    db.session.commit()
    return redirect(safe_next(request.form.get("next"), url_for("moderation.queue")))


@bp.route("/posts/<int:post_id>/flag", methods=["GET", "POST"])
@login_required
def flag(post_id: int) -> Response | tuple[str, int]:
    """Flag a post for the moderators."""
    form = Form(schemas.FlagSchema)
    valid = form.validate_on_submit()
    post = visible_post(post_id, current_user)
    require(
        policy.can_flag(me(), post),
        _("You need %(n)s reputation to flag other people's posts.", n=threshold(Privilege.FLAG)),
    )
    if valid:
        actions.flag(post, form.data["reason"], by=me(), note=form.data["note"])
        db.session.commit()
        flash(_("Thank you. A moderator will review it and tell you the outcome."))
        return redirect(post.url if post.is_public else url_for("moderation.my_flags"))
    return form.page("moderation/flag.html", post=post, reasons=[(r, reason_labels()[r]) for r in REASONS])


@bp.get("/settings/flags")
@login_required
def my_flags() -> str:
    """The member's flags and their outcomes."""
    return render_template(
        "moderation/my_flags.html",
        reason_labels=reason_labels(),
        page=queries.flags_of(current_user, request.args.get("after")),
    )


@bp.get("/moderation")
@login_required
def queue() -> str:
    """The queue; members with the tools see its public posts and may hide spam."""
    require(
        policy.can_see_queue(me()),
        _("This page is for moderators and members with %(n)s reputation.", n=threshold(Privilege.MOD_TOOLS)),
    )
    moderates = policy.can_moderate(me())
    return render_template(
        "moderation/queue.html",
        items=queries.queue(public_only=not moderates),
        reason_labels=reason_labels(),
        moderates=moderates,
        can=policy,
        most=queries.MAX_QUEUE_ITEMS,
    )


@bp.get("/moderation/log")
def log() -> str:
    """The public log of all decisions."""
    page = queries.log(request.args.get("after"))
    return render_template(
        "moderation/log.html",
        page=page,
        reasons=decision_reasons(),
        actions=action_labels(),
        subjects={d.id: queries.subject(d, current_user) for d in page},
    )
