"""Pages of corrections: "this is wrong" for members, the list with decisions for moderators."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import login_required

from auth.current_user import me
from bulletins import policy
from bulletins import queries as bulletin_queries
from bulletins.models import Bulletin
from bulletins.verdicts import actions, queries, schemas
from bulletins.verdicts.models import APPROVED, PROPOSED, REFUSED, SAME_PRODUCT, UNDONE
from bulletins.verdicts.queries import Finding
from bulletins.views import bp
from core.database import versions
from core.database.db import db
from core.limits.rate_limits import limit
from core.web.access import get_or_404, require
from core.web.forms import Form, parse
from inventory.versions import queries as version_queries
from inventory.versions.sentences import sentence
from products import policy as product_policy

PROPOSALS_PER_DAY = 20
MAX_CHOICES = 500  # of a select
STATUS_OF = {"approve": APPROVED, "refuse": REFUSED, "undo": UNDONE}


def _finding(found: list[Finding], version_id: int) -> Finding:
    return get_or_404(next((each for each in found if each.version.id == version_id), None))


def _proposed(bulletin: Bulletin, finding: Finding, facts: dict) -> ResponseReturnValue:
    try:
        actions.propose(bulletin, finding, facts, by=me())
    except actions.NotPossible:
        db.session.rollback()
        flash(_("This correction was proposed before."))
        return redirect(bulletin.url)
    db.session.commit()
    flash(_("Thank you. A moderator will look at it; once it is approved, it holds for everybody."))
    return redirect(bulletin.url)


@bp.route("/bulletins/<reference>/versions/<int:version_id>/wrong", methods=["GET", "POST"])
@login_required
def correct(reference: str, version_id: int) -> ResponseReturnValue:
    """Say that a verdict on one's version is wrong, and what is right; a moderator decides."""
    form = Form(schemas.CorrectionSchema, kind="range")
    valid = request.method == "POST" and form.validate()
    bulletin = get_or_404(bulletin_queries.get_bulletin(reference, me()))
    finding = _finding(queries.findings(bulletin, me()), version_id)
    require(product_policy.can_own(me()), _("Confirm your email address first."))
    if valid:
        limit("corrections", me().id, PROPOSALS_PER_DAY, 86_400)
        return _proposed(bulletin, finding, form.data)
    return render_template(
        "bulletins/correct.html",
        form=form,
        bulletin=bulletin,
        finding=finding,
        explanation=sentence(finding.verdict),
    ), 422 if form.errors else 200


@bp.route("/bulletins/<reference>/versions/missing", methods=["GET", "POST"])
@login_required
def report_missing(reference: str) -> ResponseReturnValue:
    """Say that something one has is a product of the bulletin under another name."""
    form = Form(schemas.SameProductSchema)
    valid = request.method == "POST" and form.validate()
    bulletin = get_or_404(bulletin_queries.get_bulletin(reference, me()))
    require(product_policy.can_own(me()), _("Confirm your email address first."))
    mine = {row.version.id: row.version for row in version_queries.mine(me())[:MAX_CHOICES]}
    rows = {row.id: row for row in bulletin.products[:MAX_CHOICES]}
    if valid:
        version, row = mine.get(form.data["component"]), rows.get(form.data["product"])
        if version is None:
            form.fail("component", _("Choose what you have installed."))
        elif row is None:
            form.fail("product", _("Choose a product of the bulletin."))
        else:
            limit("corrections", me().id, PROPOSALS_PER_DAY, 86_400)
            return _proposed(
                bulletin, queries.pair(bulletin, version, row), {"kind": SAME_PRODUCT, **form.data}
            )
    return render_template(
        "bulletins/missing_version.html",
        form=form,
        bulletin=bulletin,
        components=[(str(each.id), f"{each.name} {each.version}") for each in mine.values()],
        named=[(str(row.id), row.name) for row in rows.values()],
    ), 422 if form.errors else 200


@bp.get("/bulletins/corrections")
@login_required
def corrections() -> ResponseReturnValue:
    """Corrections that wait for a decision, and those that were decided."""
    require(policy.can_curate(me()), _("Only moderators can write bulletins."))
    return render_template(
        "bulletins/corrections.html",
        proposed=queries.corrections(PROPOSED),
        approved=queries.corrections(APPROVED),
        others=[*queries.corrections(REFUSED, 50), *queries.corrections(UNDONE, 50)],
    )


@bp.post("/bulletins/corrections/<int:correction_id>/<any(approve, refuse, undo):verb>")
@login_required
def decide_correction(correction_id: int, verb: str) -> ResponseReturnValue:
    """Approve, refuse or undo a correction."""
    data = parse(schemas.DecisionSchema)
    correction = get_or_404(queries.get_correction(correction_id) if policy.can_curate(me()) else None)
    try:
        actions.decide(
            correction,
            STATUS_OF[verb],
            by=me(),
            answer=data["answer"],
            expected=versions.expected_by_form(),
        )
    except actions.NotPossible:
        db.session.rollback()
        flash(_("This correction was decided already."), "danger")
        return redirect(url_for("bulletins.corrections"))
    db.session.commit()
    flash(
        {
            "approve": _("Approved. It holds for everybody within a minute."),
            "refuse": _("Refused."),
            "undo": _("Undone. The bulletins are compared as before."),
        }[verb]
    )
    return redirect(url_for("bulletins.corrections"))
