"""Pages of moderators: add, edit, confirm and remove mitigations."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import login_required

from auth.current_user import me
from bulletins import policy, schemas
from bulletins.edit_views import require_curated
from bulletins.mitigations import actions, forms, queries
from bulletins.models import Bulletin, Mitigation
from bulletins.views import bp
from core.database import versions
from core.database.db import db
from core.web.access import get_or_404, require
from core.web.confirmation import deletion_page
from core.web.forms import Form


@bp.route("/bulletins/<reference>/mitigations/new", methods=["GET", "POST"])
@login_required
def new_mitigation(reference: str) -> ResponseReturnValue:
    """Add a mitigation."""
    return _mitigation(reference, None)


@bp.route("/bulletins/<reference>/mitigations/<int:mitigation_id>", methods=["GET", "POST"])
@login_required
def edit_mitigation(reference: str, mitigation_id: int) -> ResponseReturnValue:
    """Confirm the suggested layer of a document's mitigation and add details, or edit one entered here."""
    return _mitigation(reference, mitigation_id)


def _mitigation(reference: str, mitigation_id: int | None) -> ResponseReturnValue:
    form = Form(schemas.MitigationSchema, layer="host", kind="mitigation")
    valid = form.validate_on_submit()
    bulletin = require_curated(reference)
    mitigation = _of(bulletin, mitigation_id) if mitigation_id is not None else None
    if valid:
        with form.catching():
            facts = forms.facts_from(form.data, mitigation)
            if mitigation is None:
                actions.add(bulletin, facts, by=me())
            else:
                actions.change(bulletin, mitigation, facts, by=me(), expected=form.expected)
            db.session.commit()
            return redirect(f"{bulletin.url}#shield")
    if request.method == "GET" and mitigation is not None:
        form.values = forms.form_values(mitigation)
    return form.page("bulletins/mitigation.html", bulletin=bulletin, mitigation=mitigation)


def _of(bulletin: Bulletin, mitigation_id: int) -> Mitigation:
    return get_or_404(next((each for each in bulletin.mitigations if each.id == mitigation_id), None))


@bp.route("/bulletins/<reference>/mitigations/<int:mitigation_id>/remove", methods=["GET", "POST"])
@login_required
def remove_mitigation(reference: str, mitigation_id: int) -> ResponseReturnValue:
    """Remove a mitigation that was entered here. GET asks for confirmation."""
    bulletin = require_curated(reference)
    mitigation = _of(bulletin, mitigation_id)
    if request.method == "GET":
        return deletion_page(
            mitigation,
            _("Delete this mitigation?"),
            [
                _("It will disappear from the bulletin and its documents immediately."),
                _("The history keeps it. Restore an earlier revision to get it back."),
            ],
            subject=bulletin.title,
            subject_url=bulletin.url,
            back=url_for("bulletins.edit_mitigation", reference=reference, mitigation_id=mitigation.id),
        )
    actions.remove(bulletin, mitigation, by=me(), expected=versions.expected_by_form())
    db.session.commit()
    return redirect(f"{bulletin.url}#shield")


@bp.get("/bulletins/mitigations")
@login_required
def unconfirmed() -> ResponseReturnValue:
    """Mitigations whose suggested layer is not confirmed, those of the most urgent bulletins first."""
    require(policy.can_curate(me()), _("Only moderators can write bulletins."))
    return render_template("bulletins/mitigations.html", rows=queries.unconfirmed_mitigations())
