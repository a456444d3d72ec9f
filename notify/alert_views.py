"""Pages of security alerts: sign up without account, confirm, change, stop; a member's own switch."""

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required

from auth.sessions import even_suspended
from core.db import db
from core.limits import client_address, limit
from core.web import Form, csrf, get_or_404, parse
from notify import alert_actions, alert_queries, alert_schemas, alert_wording, links
from notify.alert_models import Subscription
from notify.views import bp
from posts.views import me
from products.queries import suggestions

SIGN_UPS = (20, 3600)  # from one network address in an hour


@bp.route("/alerts", methods=["GET", "POST"])
@even_suspended
def alerts():
    """Sign up with an address; the answer does not tell whether it is known."""
    g.private_page = True
    form = Form(alert_schemas.SignUpSchema, scope="chosen" if "product" in request.args else "all",
                products=request.args.getlist("product"), minimum="important", cadence="patch-day")
    if request.method == "POST" and form.validate() and not _searches(form):
        limit("alerts", client_address(), *SIGN_UPS)
        with form.catching():
            email = form.data.pop("email")
            alert_actions.sign_up(email, form.data)
            db.session.commit()
            return render_template("auth/check_mail.html", email=email)
    return _page("notify/alerts.html", form)


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
    chosen = alert_queries.products_named(ticked)
    found = [product for product in suggestions(text, limit=20) if product not in chosen]
    return render_template(template, form=form, chosen=chosen, found=found, text=text,
                           cadences=alert_wording.cadences(), severities=alert_wording.severities(),
                           **context), 422 if form.errors else 200


def _subscription(purpose: str, token: str) -> Subscription:
    (handle,) = get_or_404(links.read(purpose, token))
    return get_or_404(alert_queries.by_handle(handle))


@bp.route("/alerts/confirm/<token>", methods=["GET", "POST"])
@even_suspended
def confirm_alerts(token: str):
    """The mailed link shows a button; only pressing it confirms, for scanners follow links."""
    g.private_page = True
    row = _subscription(links.CONFIRM, token)
    if request.method == "POST":
        alert_actions.confirm(row)
        db.session.commit()
    return render_template("notify/alerts_confirm.html", row=row, words=alert_wording,
                           manage=links.token(links.MANAGE, row.handle))


@bp.route("/alerts/manage/<token>", methods=["GET", "POST"])
@even_suspended
def manage_alerts(token: str):
    """Change products, severity and rhythm, or stop; whoever has the mail may."""
    g.private_page = True
    row = _subscription(links.MANAGE, token)
    form = Form(alert_schemas.WishesSchema, scope=row.scope, minimum=row.minimum, cadence=row.cadence,
                products=[product.slug for product in row.products])
    if request.method == "POST" and form.validate() and not _searches(form):
        with form.catching():
            alert_actions.change(row, form.data)
            db.session.commit()
            flash(_("Saved."))
            return redirect(url_for("notify.manage_alerts", token=token))
    return _page("notify/alerts_manage.html", form, row=row, stop=links.token(links.STOP, row.handle))


@bp.route("/alerts/unsubscribe/<token>", methods=["GET", "POST"])
@csrf.exempt
@even_suspended
def stop_alerts(token: str):
    """A POST stops at once, without log-in or form token (RFC 8058); GET changes nothing.

    A dead link is answered with 200 too, and says which one to use: somebody only wants no mail.
    """
    g.private_page = True
    (handle,) = get_or_404(links.read(links.STOP, token))
    row = alert_queries.by_handle(handle)
    if request.method == "POST" and row is not None:
        alert_actions.stop(row)
        db.session.commit()
    return render_template("notify/alerts_stop.html", done=request.method == "POST", is_dead=row is None)


@bp.post("/settings/alerts")
@login_required
def switch_alerts():
    """A member's alerts about what they run."""
    data = parse(alert_schemas.MemberSchema)
    alert_actions.switch(me(), **data)
    db.session.commit()
    flash(_("Saved."))
    return redirect(url_for("notify.settings") + "#alerts")
