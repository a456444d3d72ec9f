"""Pages of judgement: flag a post, the queue, decisions, suspensions, the public log."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user, login_required

from auth import policy as auth_policy
from auth import queries as auth_queries
from auth.privileges import Privilege, threshold
from core.db import db
from core.limits import limit
from core.web import Form, get_or_404, parse, require, safe_next
from moderation import actions, policy, queries, schemas
from moderation.models import REASONS
from posts.views import me, visible_post

bp = Blueprint("moderation", __name__)


@bp.route("/posts/<int:post_id>/flag", methods=["GET", "POST"])
@login_required
def flag(post_id: int):
    """Ask moderators to look at a post."""
    form = Form(schemas.FlagSchema, reason="spam")
    valid = request.method == "POST" and form.validate()
    post = visible_post(post_id)
    require(policy.can_flag(me(), post),
            _("Flagging takes %(n)s reputation.", n=threshold(Privilege.FLAG)))
    if valid:
        limit("flag", current_user.id, 20, 3600)
        actions.flag(post, form.data["reason"], form.data["note"], by=me())
        db.session.commit()
        flash(_("Thank you. You will hear what came of it."))
        return redirect(post.url)
    return render_template("moderation/flag.html", form=form, post=post,
                           reasons=REASONS), 422 if form.errors else 200


@bp.get("/settings/flags")
@login_required
def my_flags():
    """One's own flags and what came of them."""
    return render_template("moderation/my_flags.html", flags=queries.flags_of(me()))


@bp.get("/moderation")
@login_required
def queue():
    """What waits for a moderator."""
    require(policy.can_moderate(me()), _("Moderators only."))
    return render_template("moderation/queue.html", items=queries.queue(), reasons=REASONS)


@bp.post("/moderation/posts/<int:post_id>/claim")
@login_required
def claim(post_id: int):
    """Take a post of the queue."""
    require(policy.can_moderate(me()))
    taken = actions.claim(visible_post(post_id), by=me())
    db.session.commit()
    if not taken:
        flash(_("Another moderator is looking at it."))
    return redirect(url_for("moderation.queue"))


@bp.post("/moderation/posts/<int:post_id>/decide")
@login_required
def decide(post_id: int):
    """Hide, keep, approve, restore, lock or unlock a post."""
    data = parse(schemas.DecisionSchema)
    post = visible_post(post_id)
    require(policy.can_moderate(me()))
    if not actions.claim(post, by=me()):
        flash(_("Another moderator is looking at it."))
        return redirect(url_for("moderation.queue"))
    note, decision = data["note"], data["decision"]
    if decision == "hide":
        actions.hide(post, by=me(), reason=data["reason"], note=note)
    elif decision == "keep":
        actions.keep(post, by=me(), note=note)
    elif decision == "approve":
        actions.approve(post, by=me())
    elif decision == "restore":
        actions.restore(post, by=me(), note=note)
    else:
        actions.set_lock(post, decision == "lock", by=me(), note=note)
    db.session.commit()
    return redirect(safe_next(request.form.get("next"), url_for("moderation.queue")))


@bp.get("/moderation/log")
def log():
    """Every decision, for everyone; titles only of what the reader may see."""
    return render_template("moderation/log.html", page=queries.log(request.args.get("after")))


@bp.route("/users/<username>/suspend", methods=["GET", "POST"])
@login_required
def suspend(username: str):
    """Let a member only read for some days, with the reason told."""
    form = Form(schemas.SuspendSchema, days="7")
    valid = request.method == "POST" and form.validate()
    user = get_or_404(auth_queries.by_username(username))
    require(auth_policy.can_suspend(me(), user))
    if valid:
        actions.suspend(user, form.data["days"], form.data["reason"], by=me())
        db.session.commit()
        return redirect(user.profile_url)
    return render_template("moderation/suspend.html", form=form, user=user), 422 if form.errors else 200


@bp.post("/users/<username>/lift")
@login_required
def lift(username: str):
    """End a suspension early."""
    user = get_or_404(auth_queries.by_username(username))
    require(auth_policy.can_suspend(me(), user))
    actions.lift(user, by=me())
    db.session.commit()
    return redirect(user.profile_url)
