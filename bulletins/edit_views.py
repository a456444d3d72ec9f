"""Pages of moderators: write, edit, schedule, publish, and the mitigations of the shield."""

from flask import flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_login import login_required

from auth.current_user import me
from bulletins import actions, forms, policy, queries, schemas
from bulletins.mitigations import actions as mitigation_actions
from bulletins.models import Bulletin, Mitigation
from bulletins.views import bp
from core.database import versions
from core.database.db import db
from core.web.access import get_or_404, require
from core.web.confirmation import confirmation_page
from core.web.forms import Form, parse


def _curated(reference: str) -> Bulletin:
    """The bulletin, for a moderator; 403 for others who see it, 404 for who does not."""
    bulletin = get_or_404(queries.get_bulletin(reference, me()))
    require(policy.can_curate(me()), _("Moderators write bulletins."))
    return bulletin


@bp.route("/bulletins/new", methods=["GET", "POST"])
@login_required
def new():
    """Write a bulletin, as a draft."""
    form = Form(schemas.BulletinSchema)
    valid = request.method == "POST" and form.validate()
    require(policy.can_curate(me()), _("Moderators write bulletins."))
    if valid:
        with form.catching():
            bulletin = forms.create(form.data, by=me())
            db.session.commit()
            flash(_("Draft saved. Publish it now or schedule it."))
            return redirect(bulletin.url)
    return render_template("bulletins/edit.html", form=form, bulletin=None), 422 if form.errors else 200


@bp.route("/bulletins/<reference>/edit", methods=["GET", "POST"])
@login_required
def edit(reference: str):
    """Change a bulletin; what it was is kept, and imports leave alone what changed."""
    form = Form(schemas.EditBulletinSchema)
    valid = request.method == "POST" and form.validate()
    bulletin = _curated(reference)
    if valid:
        with form.catching():
            forms.update(bulletin, form.data, by=me(), expected=form.expected)
            db.session.commit()
            return redirect(bulletin.url)
    if request.method == "GET":
        form.values = forms.form_values(bulletin)
    return render_template("bulletins/edit.html", form=form, bulletin=bulletin), 422 if form.errors else 200


@bp.post("/bulletins/<reference>/schedule")
@login_required
def schedule(reference: str):
    """Name the instant at which the worker publishes it, or take it away."""
    at, seen = parse(schemas.ScheduleSchema)["at"], request.form.get("seen")
    bulletin = _curated(reference)
    try:
        if at is None:
            actions.unschedule(bulletin)
        else:
            actions.schedule(bulletin, at, by=me(), seen=seen)
        db.session.commit()
    except actions.NotPossible as error:
        db.session.rollback()
        flash(_("This cannot be scheduled: %(why)s", why=str(error)), "danger")
    return redirect(bulletin.url)


@bp.route("/bulletins/<reference>/publish", methods=["GET", "POST"])
@login_required
def publish(reference: str):
    """Publish it now. GET asks and says what will happen."""
    bulletin = _curated(reference)
    if request.method == "GET":
        return _ask_to_publish(bulletin)
    actions.publish(bulletin, by=me())
    db.session.commit()
    return redirect(bulletin.url)


def _ask_to_publish(bulletin: Bulletin):
    effects = [
        _("It appears at once on pages, in search, feeds, CSAF documents and the calendar."),
        _("It was public before: nobody is mailed again.")
        if bulletin.is_told
        else _(
            "Everybody whose alerts it matches is mailed, and members who watch an affected product are "
            "told. A mail cannot be taken back."
        ),
    ]
    if bulletin.embargo_until is not None:
        effects.append(
            _(
                "It does not wait for %(when)s UTC, the instant that is set.",
                when=f"{bulletin.embargo_until:%Y-%m-%d %H:%M}",
            )
        )
    return confirmation_page(
        _("Publish this bulletin now?"), effects, _("Publish now"), back=bulletin.url, subject=bulletin.title
    )


@bp.route("/bulletins/<reference>/withdraw", methods=["GET", "POST"])
@login_required
def withdraw(reference: str):
    """Take it back to a draft. GET asks and says what will happen."""
    bulletin = _curated(reference)
    if request.method == "GET":
        return confirmation_page(
            _("Take this bulletin back to a draft?"),
            [
                _("It disappears at once from pages, search, feeds, CSAF documents and the calendar."),
                _("What was mailed stays mailed; readers who follow a link find nothing."),
                _("You can publish it again. It stands in the public log."),
            ],
            _("Unpublish"),
            back=bulletin.url,
            subject=bulletin.title,
        )
    actions.withdraw(bulletin, by=me())
    db.session.commit()
    flash(_("Back to a draft: only moderators see it now."))
    return redirect(bulletin.url)


@bp.post("/bulletins/<reference>/follow")
@login_required
def follow(reference: str):
    """Let imports overwrite what was changed here."""
    bulletin = _curated(reference)
    actions.accept_imports(bulletin)
    db.session.commit()
    flash(_("The next import brings what the source says."))
    return redirect(bulletin.url)


@bp.route("/bulletins/<reference>/mitigations/new", methods=["GET", "POST"])
@login_required
def new_mitigation(reference: str):
    """Add what protects without the patch."""
    return _mitigation(reference, None)


@bp.route("/bulletins/<reference>/mitigations/<int:mitigation_id>", methods=["GET", "POST"])
@login_required
def edit_mitigation(reference: str, mitigation_id: int):
    """Confirm the suggested layer of a document's mitigation and say more, or change one of ours."""
    return _mitigation(reference, mitigation_id)


def _mitigation(reference: str, mitigation_id: int | None):
    form = Form(schemas.MitigationSchema, layer="host", kind="mitigation")
    valid = request.method == "POST" and form.validate()
    bulletin = _curated(reference)
    mitigation = _of(bulletin, mitigation_id) if mitigation_id is not None else None
    if valid and not form.data["text"] and (mitigation is None or mitigation.is_ours):
        form.fail("text", _("Say what to do."))
    if valid and not form.errors:
        with form.catching():
            facts = forms.mitigation_facts(form.data)
            if mitigation is None:
                mitigation_actions.add(bulletin, facts, by=me())
            else:
                mitigation_actions.change(bulletin, mitigation, facts, by=me(), expected=form.expected)
            db.session.commit()
            return redirect(f"{bulletin.url}#shield")
    if request.method == "GET" and mitigation is not None:
        form.values = forms.mitigation_values(mitigation)
    return render_template(
        "bulletins/mitigation.html", form=form, bulletin=bulletin, mitigation=mitigation
    ), 422 if form.errors else 200


def _of(bulletin: Bulletin, mitigation_id: int) -> Mitigation:
    return get_or_404(next((each for each in bulletin.mitigations if each.id == mitigation_id), None))


@bp.route("/bulletins/<reference>/mitigations/<int:mitigation_id>/remove", methods=["GET", "POST"])
@login_required
def remove_mitigation(reference: str, mitigation_id: int):
    """Take one of our own away. GET asks and says what will happen."""
    bulletin = _curated(reference)
    mitigation = _of(bulletin, mitigation_id)
    if request.method == "GET":
        return confirmation_page(
            _("Remove this mitigation?"),
            [
                _("It disappears at once from the bulletin and its documents."),
                _("The history of the bulletin keeps it; restoring a revision brings it back."),
            ],
            _("Remove"),
            back=f"{bulletin.url}/mitigations/{mitigation.id}",
            subject=bulletin.title,
            subject_url=bulletin.url,
            hidden={versions.FIELD: mitigation.version},
        )
    mitigation_actions.remove(bulletin, mitigation, by=me(), expected=versions.expected_by_form())
    db.session.commit()
    return redirect(f"{bulletin.url}#shield")


@bp.get("/bulletins/mitigations")
@login_required
def unconfirmed():
    """Mitigations whose layer is only suggested, those of the most urgent bulletins first."""
    require(policy.can_curate(me()), _("Moderators write bulletins."))
    return render_template("bulletins/mitigations.html", rows=queries.unconfirmed())
