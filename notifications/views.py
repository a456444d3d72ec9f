"""Pages of one's inbox and watches, and how one wants to be told."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required

from auth.current_user import current_user, me
from auth.models import User
from auth.sessions import allow_suspended
from core.database.db import db
from core.mail import signed_links, stopped_addresses
from core.web.access import get_or_404, require
from core.web.error_answers import wants_json
from core.web.forms import Form, parse
from core.web.protection import csrf
from notifications import actions, policy, queries, schemas
from notifications import labels as wording
from notifications.kinds import DELIVERIES, DIGEST, kinds_for
from posts.models import Post
from posts.queries import get as get_post
from posts.tags.queries import tag_named
from products.queries import full as full_product

bp = Blueprint("notifications", __name__)


@bp.get("/inbox")
@login_required
def inbox():
    """What I was told, newest first; unread lines are marked."""
    unread_only = "unread" in request.args
    page = queries.inbox(me(), request.args.get("after"), unread_only=unread_only)
    return render_template("notifications/inbox.html", page=page, unread_only=unread_only, wording=wording)


@bp.post("/inbox/<int:notification_id>/read")
@allow_suspended
@login_required
def read(notification_id: int):
    """Mark one line read."""
    get_or_404(queries.line(me(), notification_id))
    actions.mark_read(me(), notification_id)
    db.session.commit()
    return ("", 204) if wants_json() else redirect(url_for("notifications.inbox"))


@bp.post("/inbox/read")
@allow_suspended
@login_required
def read_all():
    """Mark every line read."""
    actions.mark_read(me())
    db.session.commit()
    return redirect(url_for("notifications.inbox"))


def _watch(thing):
    """Turn the watch of a thing on or off and go back to its page."""
    is_on = parse(schemas.WatchSchema)["watch"]
    require(
        policy.can_watch(current_user),
        _("Confirm your email address first. Suspended members can only read."),
    )
    actions.watch(me(), thing, is_on)
    db.session.commit()


@bp.post("/posts/<int:post_id>/watch")
@login_required
def watch_post(post_id: int):
    """Watch a question, an article or a bulletin."""
    post = watchable(post_id, current_user)
    _watch(post)
    return redirect(post.url)


def watchable(post_id: int, user) -> Post:
    """The head of a thread if `user` may see it; an answer is watched with its question. Else 404."""
    post = get_or_404(get_post(Post, post_id, user))
    return get_or_404(post if post.parent_id is None else None)


@bp.post("/tags/<name>/watch")
@login_required
def watch_tag(name: str):
    """Watch a tag."""
    tag = get_or_404(tag_named(name))
    _watch(tag)
    return redirect(url_for("forum.tag", name=tag.name))


@bp.post("/products/<slug>/watch")
@login_required
def watch_product(slug: str):
    """Watch a product."""
    product = get_or_404(full_product(slug))
    _watch(product)
    return redirect(product.path)


@bp.route("/settings/notifications", methods=["GET", "POST"])
@login_required
def settings():
    """How I am told of each kind, what I watch, and my security alerts."""
    user, form = me(), Form(schemas.ChoicesSchema, **queries.deliveries(me()))
    if request.method == "POST" and form.validate():
        actions.choose(user, form.data)
        db.session.commit()
        flash(_("Saved."))
        return redirect(url_for("notifications.settings"))
    return render_template(
        "notifications/settings.html",
        form=form,
        kinds=kinds_for(user),
        wording=wording,
        deliveries=[(name, wording.delivery(name)) for name in DELIVERIES],
        watches=queries.watches(user, request.args.get("after")),
        is_stopped=user.email in stopped_addresses.stopped_addresses([user.email]),
    ), 422 if form.errors else 200


@bp.post("/settings/notifications/revive")
@login_required
def revive():
    """My address takes mail again."""
    stopped_addresses.revive_address(me().email)
    db.session.commit()
    flash(_("We will send email to your address again."))
    return redirect(url_for("notifications.settings"))


@bp.route("/inbox/unsubscribe/<token>", methods=["GET", "POST"])
@csrf.exempt
@allow_suspended
def mute(token: str):
    """No mail of one kind any more: a POST from a mail program does it at once (RFC 8058), GET only asks.

    The link works until the account is secured: it names the generation of its devices.
    """
    user_id, kind, *rest = get_or_404(signed_links.read(signed_links.MUTE, token))
    user = get_or_404(db.session.get(User, user_id))
    require(
        (rest[0] if rest else 0) == user.device_generation,
        _(
            "This link stopped working when the account was secured. Use the link in a newer email, or your "
            "settings."
        ),
    )
    if request.method == "POST":
        if user.erased_at is None:
            actions.mute(user, kind)
        db.session.commit()
    return render_template(
        "notifications/muted.html",
        done=request.method == "POST",
        what=_("the daily digest") if kind == DIGEST else wording.kind(kind),
    )
