"""Pages of the inbox, watches and notification preferences."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response

from auth.current_user import me
from auth.models import User
from auth.sessions import allow_suspended
from core.database.db import db
from core.mail import signed_links, stopped_addresses
from core.web.access import get_or_404, require
from core.web.error_responses import wants_json
from core.web.forms import Form, parse
from core.web.protection import csrf
from notifications import actions, labels, queries, schemas
from notifications.kinds import DELIVERIES, DIGEST, kinds_for
from posts.models import Post, Tag
from posts.tags.queries import tag_named
from products.models import Product
from products.queries import full as full_product

bp = Blueprint("notifications", __name__)


@bp.get("/inbox")
@login_required
def inbox() -> str:
    """The inbox, newest first."""
    unread_only = "unread" in request.args
    page = queries.inbox(me(), request.args.get("after"), unread_only=unread_only)
    return render_template("notifications/inbox.html", page=page, unread_only=unread_only, labels=labels)


@bp.post("/inbox/<int:notification_id>/read")
@allow_suspended
@login_required
def read(notification_id: int) -> Response | tuple[str, int]:
    """Mark one line read."""
    get_or_404(queries.line(me(), notification_id))
    actions.mark_read(me(), notification_id)
    db.session.commit()
    return ("", 204) if wants_json() else redirect(url_for("notifications.inbox"))


@bp.post("/inbox/read")
@allow_suspended
@login_required
def read_all() -> Response:
    """Mark every line read."""
    actions.mark_read(me())
    db.session.commit()
    return redirect(url_for("notifications.inbox"))


def _watch(subject: Post | Tag | Product) -> None:
    """Follow or stop following, as the form says."""
    is_on = parse(schemas.WatchSchema)["watch"]
    actions.watch(me(), subject, is_on)
    db.session.commit()


@bp.post("/posts/<int:post_id>/watch")
@login_required
def watch_post(post_id: int) -> Response:
    """Follow a question, an article or a bulletin, or stop."""
    post = get_or_404(queries.watchable_post(post_id, me()))
    _watch(post)
    return redirect(post.url)


@bp.post("/tags/<name>/watch")
@login_required
def watch_tag(name: str) -> Response:
    """Follow a tag, or stop."""
    tag = get_or_404(tag_named(name))
    _watch(tag)
    return redirect(url_for("forum.tag", name=tag.name))


@bp.post("/products/<slug>/watch")
@login_required
def watch_product(slug: str) -> Response:
    """Follow a product, or stop."""
    product = get_or_404(full_product(slug))
    _watch(product)
    return redirect(product.path)


@bp.route("/settings/notifications", methods=["GET", "POST"])
@login_required
def settings() -> Response | tuple[str, int]:
    """Notification preferences, watches, and the member's security alerts."""
    user = me()
    form = Form(schemas.ChoicesSchema, **queries.deliveries(user))
    if form.validate_on_submit():
        actions.choose(user, form.data)
        db.session.commit()
        flash(_("Saved."))
        return redirect(url_for("notifications.settings"))
    return form.page(
        "notifications/settings.html",
        kinds=kinds_for(user),
        labels=labels,
        deliveries=[(name, labels.delivery(name)) for name in DELIVERIES],
        watches=queries.watches(user, request.args.get("after")),
        is_stopped=user.email in stopped_addresses.stopped_addresses([user.email or ""]),
    )


@bp.post("/settings/notifications/revive")
@login_required
def revive() -> Response:
    """Send mail to the member's address again after a mail server refused it."""
    stopped_addresses.resume_address(me().email or "")
    db.session.commit()
    flash(_("We will send email to your address again."))
    return redirect(url_for("notifications.settings"))


@bp.route("/inbox/unsubscribe/<token>", methods=["GET", "POST"])
@csrf.exempt
@allow_suspended
def mute(token: str) -> str:
    """Unsubscribe from mail of one kind: POST does it at once, without log-in (RFC 8058); GET asks.

    The link contains the account's device generation and so ends when the account is secured.
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
        what=_("the daily digest") if kind == DIGEST else labels.kind(kind),
    )
