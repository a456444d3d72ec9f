"""Pages of security alerts: sign up without account, confirm, change, stop; a member's own switch."""

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required

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
SIGN_UPS = (20, 3600)  # from one network address in an hour


@bp.route("/alerts", methods=["GET", "POST"])
@allow_suspended
def alerts():
    """Sign up with an address; the answer does not tell whether it is known."""
    g.private_page = True
    form = Form(
        schemas.SignUpSchema,
        scope="chosen" if "product" in request.args else "all",
        products=request.args.getlist("product"),
        minimum="important",
        cadence="patch-day",
    )
    if request.method == "POST" and form.validate() and not _searches(form):
        limit("alerts", client_address(), *SIGN_UPS)
        with form.catching():
            email = form.data.pop("email")
            actions.sign_up(email, form.data)
            db.session.commit()
            return render_template("auth/check_mail.html", email=email)
    return _page("alerts/alerts.html", form)


def _searches(form: Form) -> bool:
    """Whether the button for products was pressed: the form comes back as it is, with what was found."""
    return "find" in form.values


def _page(template: str, form: Form, **context):
    """A form to choose products, severity and rhythm; found products are beside the ticked ones."""
    if _searches(form):
        form.errors = {}
    ticked = form.values.get("products") or []
    ticked = ticked.split() if isinstance(ticked, str) else ticked
    text = str(form.values.get("q", ""))[:100]
    chosen = queries.products_named(ticked)
    found = [product for product in suggestions(text, limit=20) if product not in chosen]
    return render_template(
        template,
        form=form,
        chosen=chosen,
        found=found,
        text=text,
        cadences=labels.cadences(),
        severities=labels.severities(),
        **context,
    ), 422 if form.errors else 200


def _subscription(purpose: str, token: str) -> Subscription:
    (handle,) = get_or_404(signed_links.read(purpose, token))
    return get_or_404(queries.by_handle(handle))


@bp.route("/alerts/confirm/<token>", methods=["GET", "POST"])
@allow_suspended
def confirm_alerts(token: str):
    """The mailed link shows a button; only pressing it confirms, for scanners follow links."""
    g.private_page = True
    row = _subscription(signed_links.CONFIRM, token)
    if request.method == "POST":
        actions.confirm(row)
        db.session.commit()
    return render_template(
        "alerts/confirm.html",
        row=row,
        words=labels,
        manage=signed_links.token(signed_links.MANAGE, row.handle),
    )


@bp.route("/alerts/manage/<token>", methods=["GET", "POST"])
@allow_suspended
def manage_alerts(token: str):
    """Change products, severity and rhythm, or stop; whoever has the mail may."""
    g.private_page = True
    row = _subscription(signed_links.MANAGE, token)
    form = Form(
        schemas.WishesSchema,
        scope=row.scope,
        minimum=row.minimum,
        cadence=row.cadence,
        products=[product.slug for product in row.products],
    )
    if request.method == "POST" and form.validate() and not _searches(form):
        with form.catching():
            actions.change(row, form.data)
            db.session.commit()
            flash(_("Saved."))
            return redirect(url_for("alerts.manage_alerts", token=token))
    return _page("alerts/manage.html", form, row=row, stop=signed_links.token(signed_links.STOP, row.handle))


@bp.route("/alerts/unsubscribe/<token>", methods=["GET", "POST"])
@csrf.exempt
@allow_suspended
def stop_alerts(token: str):
    """A POST stops at once, without log-in or form token (RFC 8058); GET changes nothing.

    A dead link is answered with 200 too, and says which one to use: somebody only wants no mail.
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
def switch_alerts():
    """A member's alerts about what they run."""
    data = parse(schemas.MemberSchema)
    actions.switch(me(), **data)
    db.session.commit()
    flash(_("Saved."))
    return redirect(url_for("notifications.settings") + "#alerts")
