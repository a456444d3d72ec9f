"""Pages of moderators: create, edit, schedule, publish and withdraw bulletins."""

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import login_required

from auth.current_user import me
from bulletins import actions, forms, policy, queries, schemas
from bulletins.models import Bulletin
from bulletins.views import bp
from core.database.db import db
from core.web.access import get_or_404, require
from core.web.confirmation import confirmation_page
from core.web.forms import Form, parse


def require_curated(reference: str) -> Bulletin:
    """The bulletin, for a moderator; 403 for others who see it, 404 for those who do not."""
    bulletin = get_or_404(queries.get_bulletin(reference, me()))
    require(policy.can_curate(me()), _("Only moderators can write bulletins."))
    return bulletin


@bp.route("/bulletins/new", methods=["GET", "POST"])
@login_required
def new() -> ResponseReturnValue:
    """Create a bulletin as a draft."""
    form = Form(schemas.BulletinSchema)
    valid = request.method == "POST" and form.validate()
    require(policy.can_curate(me()), _("Only moderators can write bulletins."))
    if valid:
        with form.catching():
            bulletin = forms.create(form.data, by=me())
            db.session.commit()
            flash(_("Draft saved. Publish it now or schedule it."))
            return redirect(bulletin.url)
    return _edit_page(form, None)


@bp.route("/bulletins/<reference>/edit", methods=["GET", "POST"])
@login_required
def edit(reference: str) -> ResponseReturnValue:
    """Edit a bulletin; imports do not overwrite the parts that were edited."""
    form = Form(schemas.EditBulletinSchema)
    valid = request.method == "POST" and form.validate()
    bulletin = get_or_404(queries.find_bulletin(reference, me()))
    require(policy.can_curate(me()), _("Only moderators can write bulletins."))
    if request.method == "GET" and (why := actions.why_too_large(bulletin)):
        flash(why, "warning")
        return redirect(bulletin.url)
    if valid:
        with form.catching():
            forms.update(bulletin, form.data, by=me(), expected=form.expected)
            db.session.commit()
            return redirect(bulletin.url)
    if request.method == "GET":
        form.values = forms.form_values(bulletin)
    return _edit_page(form, bulletin)


def _edit_page(form: Form, bulletin: Bulletin | None) -> ResponseReturnValue:
    page = render_template("bulletins/edit.html", form=form, bulletin=bulletin, zone=forms.site_zone())
    return page, 422 if form.errors else 200


@bp.post("/bulletins/<reference>/schedule")
@login_required
def schedule(reference: str) -> ResponseReturnValue:
    """Set the time at which the worker publishes it, or remove the schedule."""
    at = parse(schemas.ScheduleSchema)["at"]
    bulletin = require_curated(reference)
    try:
        if at is None:
            actions.unschedule(bulletin)
        else:
            actions.schedule(bulletin, at, by=me(), seen=request.form.get("seen"))
        db.session.commit()
    except actions.NotPossible as error:
        db.session.rollback()
        flash(_("This cannot be scheduled: %(why)s", why=str(error)), "danger")
    return redirect(bulletin.url)


@bp.route("/bulletins/<reference>/publish", methods=["GET", "POST"])
@login_required
def publish(reference: str) -> ResponseReturnValue:
    """Publish it now. GET asks for confirmation."""
    bulletin = require_curated(reference)
    if request.method == "GET":
        return _ask_to_publish(bulletin)
    actions.publish(bulletin, by=me())
    db.session.commit()
    return redirect(bulletin.url)


def _ask_to_publish(bulletin: Bulletin) -> ResponseReturnValue:
    effects = [
        _("It will appear on pages, in search, feeds, CSAF documents and the calendar immediately."),
        _("It was public before, so no emails are sent.")
        if bulletin.is_told
        else _(
            "Everyone with matching alerts gets an email, and followers of the affected products are "
            "notified. Emails cannot be recalled."
        ),
    ]
    if bulletin.embargo_until is not None:
        effects.append(
            _(
                "It will be published now instead of at the scheduled time, %(when)s UTC.",
                when=f"{bulletin.embargo_until:%Y-%m-%d %H:%M}",
            )
        )
    return confirmation_page(
        _("Publish this bulletin now?"), effects, _("Publish now"), back=bulletin.url, subject=bulletin.title
    )


@bp.route("/bulletins/<reference>/unpublish", methods=["GET", "POST"])
@login_required
def unpublish(reference: str) -> ResponseReturnValue:
    """Make it a draft again. GET asks for confirmation."""
    bulletin = require_curated(reference)
    if request.method == "GET":
        return confirmation_page(
            _("Unpublish this bulletin?"),
            [
                _(
                    "It will disappear from pages, search, feeds, CSAF documents and the calendar "
                    "immediately."
                ),
                _("Emails cannot be recalled; their links will lead to a “not found” page."),
                _("You can publish it again. The public log will record this."),
            ],
            _("Unpublish"),
            back=bulletin.url,
            subject=bulletin.title,
        )
    actions.unpublish(bulletin, by=me())
    db.session.commit()
    flash(_("Unpublished. Only moderators can see it now."))
    return redirect(bulletin.url)


@bp.route("/bulletins/<reference>/withdraw", methods=["GET", "POST"])
@login_required
def withdraw(reference: str) -> ResponseReturnValue:
    """Withdraw it with a reason: its page stays and says so. GET asks for the reason."""
    form = Form(schemas.WithdrawSchema)
    valid = request.method == "POST" and form.validate()
    bulletin = require_curated(reference)
    if valid:
        with form.catching(), forms.refusals("reason"):
            actions.withdraw(bulletin, form.data["reason"], by=me())
            db.session.commit()
            return redirect(bulletin.url)
    return confirmation_page(
        _("Withdraw this bulletin?"),
        [
            _("Its page, its links and its documents stay, and say that it is withdrawn, with your reason."),
            _("Followers of it and of the affected products are notified. The public log will record this."),
            _("To end the withdrawal, edit the bulletin and set its status to final."),
        ],
        _("Withdraw"),
        back=bulletin.url,
        subject=bulletin.title,
        fields=[
            {
                "name": "reason",
                "label": _("Reason"),
                "type": "text",
                "hint": _("For example: the report was wrong; RB-2026-012 takes its place."),
                "required": True,
            }
        ],
        values=form.values,
        errors=form.errors,
    )


@bp.post("/bulletins/<reference>/follow")
@login_required
def follow(reference: str) -> ResponseReturnValue:
    """Let imports overwrite what moderators changed."""
    bulletin = require_curated(reference)
    actions.accept_imports(bulletin)
    db.session.commit()
    flash(_("The next import will update it from its source."))
    return redirect(bulletin.url)
