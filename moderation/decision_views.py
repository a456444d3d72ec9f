"""What moderators press: claim, hide, keep, restore, approve, refuse, lock, suspend."""

from flask import flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_login import login_required

from auth.queries import by_username
from core.confirmation import confirmation_page
from core.db import db
from core.web import Form, get_or_404, parse, require, safe_next
from moderation import actions, policy, queries, schemas
from moderation.models import REASONS
from moderation.views import bp, reason_words
from posts.views import me, visible_post


def _post(post_id: int):
    require(policy.can_moderate(me()), _("Only moderators do this."))
    return get_or_404(queries.get_post(post_id))


def _done():
    db.session.commit()
    return redirect(safe_next(request.form.get("next"), "/moderation"))


@bp.post("/posts/<int:post_id>/claim")
@login_required
def claim(post_id: int):
    """Tell the other moderators that I look at this."""
    if not actions.claim(_post(post_id), by=me()):
        flash(_("Somebody else is looking at this one."))
    return _done()


@bp.route("/posts/<int:post_id>/hide", methods=["GET", "POST"])
@login_required
def hide(post_id: int):
    """Hide a post; who has only the tools hides what another member flagged as spam. GET asks first."""
    if request.method == "GET":
        return _ask_to_hide(post_id)
    data = parse(schemas.DecisionSchema)
    if policy.can_moderate(me()):
        actions.hide(_post(post_id), by=me(), **data)
        return _done()
    post = visible_post(post_id)
    require(policy.can_hide_spam(me(), post, queries.open_flags(post.id)), _("Only moderators do this."))
    actions.hide(post, by=me(), reason="spam")
    return _done()


def _ask_to_hide(post_id: int):
    """The page that says what hiding does; `reason` and `seen` come from the queue."""
    if policy.can_moderate(me()):
        post = _post(post_id)
    else:
        post = visible_post(post_id)
        require(policy.can_hide_spam(me(), post, queries.open_flags(post.id)), _("Only moderators do this."))
    wanted = request.args.get("reason", "")
    effects = [_("It disappears at once from pages, search, feeds and mail, with what stands under it."),
               _("Its author gets the reason and your words, still sees it, and can edit it and ask for it "
                 "back."),
               _("The flags on it are answered as helpful. It stands in the public log.")]
    if me().is_moderator:
        effects.insert(1, _("As spam it costs its author 100 reputation, until it is restored."))
    newest = queries.last_decision(post)
    return confirmation_page(
        _("Hide this post?"), effects, _("Hide"), back=safe_next(request.args.get("next"), "/moderation"),
        subject=post.heading or post.kind, subject_url=post.url,
        values={"reason": wanted if wanted in REASONS else ""},
        hidden={"next": safe_next(request.args.get("next"), "/moderation"),
                "seen": request.args.get("seen", newest.id if newest else 0, type=int)},
        fields=[{"name": "reason", "label": _("Reason"), "type": "select",
                 "options": [("", _("No reason of the list")), *reason_words().items()]},
                {"name": "note", "label": _("Words to its author and those who flagged"), "type": "line"}])


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
    actions.keep(_post(post_id), by=me(), note=data["note"], seen=data["seen"])
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
    return render_template("moderation/suspend.html", form=form,
                           member=member), 422 if form.errors else 200


@bp.post("/users/<username>/lift")
@login_required
def lift(username: str):
    """End a suspension."""
    member = get_or_404(by_username(username))
    require(policy.can_suspend(me(), member))
    actions.lift(member, by=me())
    db.session.commit()
    return redirect(member.profile_url)
