"""Decisions of moderators: claim, hide, dismiss flags, restore, approve, reject, lock, suspend."""

from collections.abc import Callable

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from auth.current_user import current_user, me
from auth.queries import by_username
from core.database.db import db
from core.web.access import get_or_404, require, safe_next
from core.web.confirmation import confirmation_page
from core.web.forms import Form, parse
from moderation import actions, policy, queries, schemas
from moderation.labels import reason_labels
from moderation.models import REASONS
from moderation.views import bp, finish_decision, require_moderator
from posts.access import visible_post
from posts.models import Post


def _post(post_id: int) -> Post:
    """The post for a moderator; 403 for other members."""
    require_moderator()
    return get_or_404(queries.get_post(post_id))


def _flagged_post(post_id: int) -> Post:
    """The post for a moderator, or flagged as spam for a member with the tools; 403 for others."""
    if policy.can_moderate(me()):
        return _post(post_id)
    post = visible_post(post_id, current_user)
    require(policy.can_hide_spam(me(), post, queries.open_flags(post.id)), _("Only moderators can do this."))
    return post


def _decide(post_id: int, action: Callable[..., None], *fields: str) -> Response:
    """Call an action on a post with these fields of the sent decision."""
    data = parse(schemas.DecisionSchema)
    action(_post(post_id), by=me(), **{name: data[name] for name in fields})
    return finish_decision()


@bp.post("/posts/<int:post_id>/claim")
@login_required
def claim(post_id: int) -> Response:
    """Claim an item of the queue, so that other moderators leave it alone."""
    if not actions.claim(_post(post_id), by=me()):
        flash(_("Another moderator has claimed this item."))
    db.session.commit()
    return redirect(url_for("moderation.queue", _anchor=f"item-{post_id}"))


@bp.route("/posts/<int:post_id>/hide", methods=["GET", "POST"])
@login_required
def hide(post_id: int) -> Response | tuple[str, int]:
    """Hide a post; members with the tools hide only what another member flagged as spam.

    GET asks first, and so does a POST with `ask`, which carries the message typed in the queue.
    """
    if request.method == "GET":
        return _ask_to_hide(post_id, request.args, request.args.get("reason", ""))
    if "ask" in request.form:
        return _ask_to_hide(post_id, request.form, request.form["ask"])
    data = parse(schemas.DecisionSchema)
    post = _flagged_post(post_id)
    if policy.can_moderate(me()):
        actions.hide(post, by=me(), **data)
    else:
        actions.hide(post, by=me(), reason="spam")
    return finish_decision()


def _ask_to_hide(post_id: int, sent: MultiDict[str, str], reason: str) -> tuple[str, int]:
    """The page that says what hiding does; it passes on `next`, `note` and `seen` of what was `sent`."""
    post = _flagged_post(post_id)
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
                "options": [("", _("Other reason")), *reason_labels().items()],
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
def restore(post_id: int) -> Response:
    """Restore a hidden post."""
    return _decide(post_id, actions.restore, "note", "seen")


@bp.post("/posts/<int:post_id>/keep")
@login_required
def keep(post_id: int) -> Response:
    """Dismiss the flags on a post."""
    return _decide(post_id, actions.dismiss_flags, "note", "seen")


@bp.post("/posts/<int:post_id>/approve")
@login_required
def approve(post_id: int) -> Response:
    """Publish a first post."""
    return _decide(post_id, actions.approve, "seen")


@bp.post("/posts/<int:post_id>/reject")
@login_required
def reject(post_id: int) -> Response:
    """Refuse a first post."""
    return _decide(post_id, actions.reject, "reason", "note", "seen")


@bp.post("/posts/<int:post_id>/lock")
@login_required
def lock(post_id: int) -> Response:
    """Lock a post."""
    return _decide(post_id, actions.lock, "note")


@bp.post("/posts/<int:post_id>/unlock")
@login_required
def unlock(post_id: int) -> Response:
    """Unlock a post."""
    return _decide(post_id, actions.unlock)


@bp.route("/users/<username>/suspend", methods=["GET", "POST"])
@login_required
def suspend(username: str) -> Response | tuple[str, int]:
    """Suspend a member for some days, with a message."""
    form = Form(schemas.SuspendSchema, days=7)
    valid = form.validate_on_submit()
    member = get_or_404(by_username(username))
    require(policy.can_suspend(me(), member))
    if valid:
        actions.suspend(member, form.data["days"], form.data["message"], by=me(), seen=form.data["seen"])
        db.session.commit()
        flash(_("Suspended until %(when)s.", when=f"{member.suspended_until:%Y-%m-%d}"))
        return redirect(member.profile_url)
    form.values.setdefault("seen", actions.suspension_end(member))
    return form.page("moderation/suspend.html", member=member)


@bp.post("/users/<username>/lift")
@login_required
def lift(username: str) -> Response:
    """End a suspension."""
    member = get_or_404(by_username(username))
    require(policy.can_suspend(me(), member))
    actions.unsuspend(member, by=me(), seen=parse(schemas.LiftSchema)["seen"])
    db.session.commit()
    return redirect(member.profile_url)
