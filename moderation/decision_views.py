"""What moderators press: claim, hide, keep, restore, approve, refuse, lock, suspend."""

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required

from auth.current_user import current_user, me
from auth.queries import by_username
from core.database.db import db
from core.web.access import get_or_404, require, safe_next
from core.web.confirmation import confirmation_page
from core.web.forms import Form, parse
from moderation import actions, policy, queries, schemas
from moderation.models import REASONS
from moderation.views import bp, reason_words
from posts.access import visible_post


def _post(post_id: int):
    require(policy.can_moderate(me()), _("Only moderators can do this."))
    return get_or_404(queries.get_post(post_id))


def _done():
    db.session.commit()
    return redirect(safe_next(request.form.get("next"), url_for("moderation.queue")))


@bp.post("/posts/<int:post_id>/claim")
@login_required
def claim(post_id: int):
    """Tell the other moderators that I look at this."""
    if not actions.claim(_post(post_id), by=me()):
        flash(_("Another moderator has claimed this item."))
    db.session.commit()
    return redirect(url_for("moderation.queue", _anchor=f"item-{post_id}"))


@bp.route("/posts/<int:post_id>/hide", methods=["GET", "POST"])
@login_required
def hide(post_id: int):
    """Hide a post; who has only the tools hides what another member flagged as spam. GET asks first, and so
    does a POST with `ask`, which carries the message that was typed in the queue.
    """
    if request.method == "GET":
        return _ask_to_hide(post_id, request.args, request.args.get("reason", ""))
    if "ask" in request.form:
        return _ask_to_hide(post_id, request.form, request.form["ask"])
    data = parse(schemas.DecisionSchema)
    if policy.can_moderate(me()):
        actions.hide(_post(post_id), by=me(), **data)
        return _done()
    post = visible_post(post_id, current_user)
    require(policy.can_hide_spam(me(), post, queries.open_flags(post.id)), _("Only moderators can do this."))
    actions.hide(post, by=me(), reason="spam")
    return _done()


def _ask_to_hide(post_id: int, sent, reason: str):
    """The page that says what hiding does; what was `sent` with `next`, `note` and `seen` is kept."""
    if policy.can_moderate(me()):
        post = _post(post_id)
    else:
        post = visible_post(post_id, current_user)
        require(
            policy.can_hide_spam(me(), post, queries.open_flags(post.id)), _("Only moderators can do this.")
        )
    effects = [
        _(
            "It disappears at once from pages, search, feeds and email, together with its answers and "
            "comments."
        ),
        _(
            "Its author gets a notification with the reason and your message, still sees it, and can "
            "edit it and ask for a review."
        ),
        _("Its flags are resolved as helpful. The decision appears in the public log."),
    ]
    if me().is_moderator:
        effects.insert(1, _("As spam it costs its author 100 reputation, until it is restored."))
    back = safe_next(sent.get("next"), url_for("moderation.queue"))
    newest = queries.last_decision(post)
    return confirmation_page(
        _("Hide this post?"),
        effects,
        _("Hide"),
        back=back,
        subject=post.heading or post.kind,
        subject_url=post.url,
        values={"reason": reason if reason in REASONS else "", "note": sent.get("note", "")},
        hidden={"next": back, "seen": sent.get("seen", newest.id if newest else 0, type=int)},
        fields=[
            {
                "name": "reason",
                "label": _("Reason"),
                "type": "select",
                "options": [("", _("Other reason")), *reason_words().items()],
            },
            {
                "name": "note",
                "label": _("Message to its author and the people who flagged it"),
                "type": "line",
            },
        ],
    )


@bp.post("/posts/<int:post_id>/restore")
@login_required
def restore(post_id: int):
    """Bring a hidden post back."""
    data = parse(schemas.DecisionSchema)
    actions.restore(_post(post_id), by=me(), note=data["note"], seen=data["seen"])
    return _done()


@bp.post("/posts/<int:post_id>/keep")
@login_required
def keep(post_id: int):
    """Decline the flags on a post."""
    data = parse(schemas.DecisionSchema)
    actions.dismiss_flags(_post(post_id), by=me(), note=data["note"], seen=data["seen"])
    return _done()


@bp.post("/posts/<int:post_id>/approve")
@login_required
def approve(post_id: int):
    """Publish a first post."""
    actions.approve(_post(post_id), by=me(), seen=parse(schemas.DecisionSchema)["seen"])
    return _done()


@bp.post("/posts/<int:post_id>/reject")
@login_required
def reject(post_id: int):
    """Refuse a first post."""
    data = parse(schemas.DecisionSchema)
    actions.reject(_post(post_id), by=me(), **data)
    return _done()


@bp.post("/posts/<int:post_id>/lock")
@login_required
def lock(post_id: int):
    """Lock a post."""
    data = parse(schemas.DecisionSchema)
    actions.lock(_post(post_id), by=me(), note=data["note"])
    return _done()


@bp.post("/posts/<int:post_id>/unlock")
@login_required
def unlock(post_id: int):
    """Unlock a post."""
    actions.unlock(_post(post_id), by=me())
    return _done()


@bp.route("/users/<username>/suspend", methods=["GET", "POST"])
@login_required
def suspend(username: str):
    """Suspend a member for some days, with a message."""
    form = Form(schemas.SuspendSchema, days=7)
    valid = request.method == "POST" and form.validate()
    member = get_or_404(by_username(username))
    require(policy.can_suspend(me(), member))
    if valid:
        actions.suspend(member, form.data["days"], form.data["message"], by=me(), seen=form.data["seen"])
        db.session.commit()
        flash(_("Suspended until %(when)s.", when=f"{member.suspended_until:%Y-%m-%d}"))
        return redirect(member.profile_url)
    form.values.setdefault("seen", member.suspended_until.isoformat() if member.is_suspended else "")
    return render_template("moderation/suspend.html", form=form, member=member), 422 if form.errors else 200


@bp.post("/users/<username>/lift")
@login_required
def lift(username: str):
    """End a suspension."""
    member = get_or_404(by_username(username))
    require(policy.can_suspend(me(), member))
    actions.unsuspend(member, by=me(), seen=parse(schemas.LiftSchema)["seen"])
    db.session.commit()
    return redirect(member.profile_url)
