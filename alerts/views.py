"""Pages of security alerts: sign up without account, confirm, change, stop; settings of members."""

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response

from alerts import actions, labels, queries, schemas
from alerts.models import Subscription
from auth.current_user import me
from auth.sessions import allow_suspended
from core.database.db import db
from core.limits.rate_limits import client_address, limit
from core.mail import signed_links
from core.web.access import get_or_404
from core.web.forms import Form, parse
from core.web.protection import csrf
from products.queries import suggestions

bp = Blueprint("alerts", __name__)
MAX_QUERY_CHARACTERS = 100


@bp.route("/alerts", methods=["GET", "POST"])
@allow_suspended
def alerts() -> str | tuple[str, int]:
    """Sign up with an address; the answer does not reveal whether it has alerts."""
    g.private_page = True
    form = Form(
        schemas.SignUpSchema,
        scope="chosen" if "product" in request.args else "all",
        products=request.args.getlist("product"),
        minimum="important",
        cadence="patch-day",
    )
    if form.validate_on_submit() and not _searches(form):
        limit("alerts", client_address(), *actions.SIGN_UPS_PER_NETWORK_ADDRESS)
        with form.catching():
            email = form.data.pop("email")
            actions.sign_up(email, form.data)
            db.session.commit()
            return render_template("auth/check_mail.html", email=email)
    return _page("alerts/alerts.html", form)


def _searches(form: Form) -> bool:
    """Whether the button that searches products was pressed; the form is then shown again as typed."""
    return "find" in form.values


def _page(template: str, form: Form, **context: object) -> tuple[str, int]:
    """Render a form for products, severity and cadence, with chosen products and those found."""
    if _searches(form):
        form.errors = {}
    slugs = form.values.get("products") or []
    slugs = slugs.split() if isinstance(slugs, str) else slugs
    text = str(form.values.get("q", ""))[:MAX_QUERY_CHARACTERS]
    chosen = queries.products_named(slugs)
    found = [product for product in suggestions(text, limit=20) if product not in chosen]
    return form.page(
        template,
        chosen=chosen,
        found=found,
        text=text,
        cadences=labels.cadences(),
        severities=labels.severities(),
        **context,
    )


def _subscription(purpose: str, token: str) -> Subscription:
    (handle,) = get_or_404(signed_links.read(purpose, token))
    return get_or_404(queries.by_handle(handle))


@bp.route("/alerts/confirm/<token>", methods=["GET", "POST"])
@allow_suspended
def confirm_alerts(token: str) -> str:
    """Confirm by POST; the mailed link only shows a button, because mail scanners follow links."""
    g.private_page = True
    row = _subscription(signed_links.CONFIRM, token)
    if request.method == "POST":
        actions.confirm(row)
        db.session.commit()
    return render_template(
        "alerts/confirm.html",
        row=row,
        labels=labels,
        manage=signed_links.token(signed_links.MANAGE, row.handle),
    )


@bp.route("/alerts/manage/<token>", methods=["GET", "POST"])
@allow_suspended
def manage_alerts(token: str) -> Response | tuple[str, int]:
    """Change products, severity and cadence, or stop; the mailed link is the permission."""
    g.private_page = True
    row = _subscription(signed_links.MANAGE, token)
    form = Form(
        schemas.PreferencesSchema,
        scope=row.scope,
        minimum=row.minimum,
        cadence=row.cadence,
        products=[product.slug for product in row.products],
    )
    if form.validate_on_submit() and not _searches(form):
        with form.catching():
            actions.change(row, form.data)
            db.session.commit()
            flash(_("Saved."))
            return redirect(url_for("alerts.manage_alerts", token=token))
    return _page("alerts/manage.html", form, row=row, stop=signed_links.token(signed_links.STOP, row.handle))


@bp.route("/alerts/unsubscribe/<token>", methods=["GET", "POST"])
@csrf.exempt
@allow_suspended
def stop_alerts(token: str) -> str:
    """Unsubscribe: POST does it at once, without log-in or CSRF token (RFC 8058); GET asks.

    An outdated link is answered with 200 too, by a page that says which link to use.
    """
    g.private_page = True
    (handle,) = get_or_404(signed_links.read(signed_links.STOP, token))
    row = queries.by_handle(handle)
    if request.method == "POST" and row is not None:
        actions.stop(row)
        db.session.commit()
    return render_template("alerts/stop.html", done=request.method == "POST", is_dead=row is None)


@bp.post("/settings/alerts")
@login_required
def switch_alerts() -> Response:
    """Turn a member's alerts about their products on or off."""
    data = parse(schemas.MemberSchema)
    actions.switch(me(), **data)
    db.session.commit()
    flash(_("Saved."))
    return redirect(url_for("notifications.settings") + "#alerts")
