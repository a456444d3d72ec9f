"""Pages of moderation: flag a post, my flags, the queue, the public log."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required

from auth.current_user import current_user, me
from auth.privileges import Privilege, threshold
from core.database.db import db
from core.limits.rate_limits import limit
from core.web.access import require
from core.web.forms import Form
from moderation import actions, policy, queries, schemas
from moderation.models import REASONS
from posts.access import visible_post

bp = Blueprint("moderation", __name__)


def reason_words() -> dict[str, str]:
    """What each reason says to people."""
    return {
        "spam": _("Spam or advertising"),
        "rude": _("Rude or abusive"),
        "harmful": _("Dangerous advice or harmful code"),
        "wrong-place": _("Off topic"),
        "duplicate": _("Duplicate of another post"),
        "secret": _("Contains a secret or private data"),
        "other": _("Other"),
    }


@bp.route("/posts/<int:post_id>/flag", methods=["GET", "POST"])
@login_required
def flag(post_id: int):
    """Ask a moderator to look at a post."""
    form = Form(schemas.FlagSchema)
    valid = request.method == "POST" and form.validate()
    post = visible_post(post_id, current_user)
    require(
        policy.can_flag(me(), post),
        _("You need %(n)s reputation to flag other people's posts.", n=threshold(Privilege.FLAG)),
    )
    if valid:
        limit("flag", current_user.id, 20, 3600)
        actions.flag(post, form.data["reason"], by=me(), note=form.data["note"])
        db.session.commit()
        flash(_("Thank you. A moderator will review it and tell you the outcome."))
        return redirect(post.url if post.is_public else url_for("moderation.my_flags"))
    return render_template(
        "moderation/flag.html", form=form, post=post, reasons=[(r, reason_words()[r]) for r in REASONS]
    ), 422 if form.errors else 200


@bp.get("/settings/flags")
@login_required
def my_flags():
    """What I flagged and what became of it."""
    return render_template(
        "moderation/my_flags.html",
        words=reason_words(),
        page=queries.flags_of(current_user, request.args.get("after")),
    )


@bp.get("/moderation")
@login_required
def queue():
    """What waits for a decision; members with the tools read it and may hide spam."""
    require(
        policy.can_see_queue(me()),
        _("This page is for moderators and members with %(n)s reputation.", n=threshold(Privilege.MOD_TOOLS)),
    )
    moderates = policy.can_moderate(me())
    return render_template(
        "moderation/queue.html",
        items=queries.queue(public_only=not moderates),
        words=reason_words(),
        moderates=moderates,
        can=policy,
        most=queries.QUEUE,
    )


@bp.get("/moderation/log")
def log():
    """Every decision, for everybody."""
    page = queries.log(request.args.get("after"))
    return render_template(
        "moderation/log.html",
        page=page,
        words=reason_words(),
        actions=action_words(),
        subjects={d.id: queries.subject(d, current_user) for d in page},
    )


def action_words() -> dict[str, str]:
    """What each decision is called."""
    return {
        "hide": _("hidden"),
        "restore": _("restored"),
        "keep": _("flags dismissed"),
        "approve": _("approved"),
        "reject": _("rejected"),
        "lock": _("locked"),
        "unlock": _("unlocked"),
        "hold": _("hidden by flags"),
        "publish": _("published"),
        "unpublish": _("unpublished"),
        "withdraw": _("unpublished"),
        "verify": _("verification changed"),
        "redact": _("text masked"),
        "appeal-refused": _("request for review rejected"),
        "suspend": _("suspended"),
        "lift": _("suspension lifted"),
        "close": _("closed"),
        "reopen": _("reopened"),
        "erase": _("account deleted"),
        "report-hidden": _("deployment report hidden"),
        "report-shown": _("deployment report restored"),
    }
