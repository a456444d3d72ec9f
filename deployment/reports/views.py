"""Deployment reports: the form, the list of a bulletin, thanks, and what moderators hide."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required

from auth.current_user import current_user, me
from bulletins.models import Bulletin
from core.cache.page_cache import cached_for_visitors
from core.database.db import db
from core.formats import feeds
from core.limits.rate_limits import limit
from core.web.access import get_or_404, require
from core.web.confirmation import confirmation_page
from core.web.forms import Form, parse
from deployment import exports, labels, policy, schemas
from deployment.calendar.views import bp
from deployment.models import OUTCOMES, DeploymentReport
from deployment.reports import actions, bars, helpful_actions, queries
from deployment.reports.actions import Gone, Hidden
from products import exports as files
from products.models import Release

A_DAY, DAY = 60, 24 * 3600
THANKS = 20


def find_bulletin(reference: str) -> Bulletin:
    """The public bulletin, or 404."""
    return get_or_404(queries.bulletin_named(reference))


def find(report_id: int) -> DeploymentReport:
    """The report as its reader may see it, or 404."""
    return get_or_404(queries.report(report_id, current_user))


def hidden_before() -> str:
    """The sentence for Hidden."""
    return _("A moderator has hidden your report. Contact the moderators if you disagree.")


def wanted_outcome() -> str:
    """What the list is narrowed to."""
    outcome = request.args.get("outcome", "")
    return outcome if outcome in OUTCOMES else ""


@bp.get("/bulletins/<reference>/reports")
@cached_for_visitors
def reports(reference: str):
    """How the updates of a bulletin went: by release, and in people's words."""
    bulletin = find_bulletin(reference)
    return _page(bulletin, Form(schemas.ReportSchema, **_to_change(bulletin)))


def _to_change(bulletin: Bulletin) -> dict[str, str]:
    """One's own report that ?change= names, as it stands in the form."""
    number = request.args.get("change", type=int)
    row = next((row for row in queries.mine(bulletin, current_user) if row.id == number), None)
    if row is None:
        return {}
    return {
        "release": _written(labels.listed(row)),
        "target": row.target,
        "ring": row.ring,
        "outcome": row.outcome,
        "note": row.note,
    }


def _page(bulletin: Bulletin, form: Form, status: int = 200):
    outcome = wanted_outcome()
    page = queries.reports(bulletin, outcome=outcome, after=request.args.get("after"))
    hides = policy.can_hide(current_user)
    return render_template(
        "deployment/reports.html",
        bulletin=bulletin,
        page=page,
        form=form,
        outcome=outcome,
        rows=[(row, bars.lie(row.counts)) for row in queries.tallies(bulletin)],
        thanked=queries.marked_by(current_user, page.items),
        may=policy,
        can_hide=hides,
        hidden=queries.hidden(bulletin) if hides else [],
        panel=summary(bulletin, current_user),
    ), status


def summary(bulletin: Bulletin, reader) -> dict:
    """What the bulletin's page and the list show alike: the bar, and the form's choices."""
    tally, mine = queries.of_bulletin(bulletin), queries.mine(bulletin, reader)
    can_report = policy.can_report(reader)
    releases = queries.offered(bulletin) if can_report else []
    releases += [release for row in mine if (release := labels.listed(row)) and release not in releases]
    return {
        "tally": tally,
        "outcome_bar": bars.lie(tally.counts),
        "mine": mine,
        "can_report": can_report,
        "choices": [(_written(release), release.title) for release in releases],
    }


def _written(release: Release | None) -> str:
    """A release as forms and the API write it."""
    return f"{release.product.slug}/{release.cycle}" if release is not None else ""


@bp.post("/bulletins/<reference>/reports")
@login_required
def send_report(reference: str):
    """Say how it went; a second time for the same release changes what one said."""
    bulletin, form = find_bulletin(reference), Form(schemas.ReportSchema)
    require(policy.can_report(me()), _("Confirm your email address first. Suspended members can only read."))
    if form.validate():
        limit("report", me().id, A_DAY, DAY)
        with form.catching():
            try:
                actions.report(bulletin, actions.said(form.data), by=me())
            except Hidden:
                require(False, hidden_before())
            except Gone:
                abort(404)
            db.session.commit()
            flash(_("Thank you. Your report is published. You can change it here."))
            return redirect(url_for("deployment.reports", reference=reference, _anchor="mine"))
    return _page(bulletin, form, 422)


@bp.get("/bulletins/<reference>/reports.csv", defaults={"extension": "csv"})
@bp.get("/bulletins/<reference>/reports.json", defaults={"extension": "json"})
def export_reports(reference: str, extension: str):
    """The reports of a bulletin as CSV or JSON."""
    bulletin = find_bulletin(reference)
    return files.answer(
        f"reports-{bulletin.reference}", extension, exports.report_rows(bulletin, wanted_outcome())
    )


@bp.get("/bulletins/<reference>/reports.atom")
def report_feed(reference: str):
    """The latest reports of a bulletin."""
    bulletin = find_bulletin(reference)
    title = _("%(reference)s: deployment reports", reference=bulletin.reference)
    return feeds.atom(
        title,
        url_for("deployment.reports", reference=bulletin.reference),
        [_entry(row) for row in queries.reports(bulletin)],
    )


def _entry(row: DeploymentReport) -> feeds.Entry:
    words = (labels.outcome(row.outcome), labels.ring(row.ring), labels.target(row))
    author = row.user.display_name if row.user is not None else _("former member")
    return feeds.Entry(
        f"/reports/{row.id}",
        ", ".join(filter(None, words)),
        row.path,
        row.note,
        author,
        row.created_at,
        row.updated_at,
    )


@bp.get("/reports/<int:report_id>")
def report(report_id: int):
    """Where a report stands."""
    return redirect(find(report_id).path)


@bp.post("/reports/<int:report_id>/helpful")
@login_required
def thank(report_id: int):
    """Say that a report helped, or take that back."""
    row = find(report_id)
    require(policy.can_thank(me(), row), _("You cannot mark this report as helpful."))
    data = parse(schemas.HelpfulSchema)
    limit("thanks", me().id, THANKS, DAY)
    helpful_actions.mark(row, data["helpful"], by=me())
    db.session.commit()
    return redirect(row.path)


@bp.route("/reports/<int:report_id>/remove", methods=["GET", "POST"])
@login_required
def remove_report(report_id: int):
    """Take one's report away; a moderator hides anybody's. GET asks and says what will happen."""
    row = find(report_id)
    require(policy.can_remove(me(), row))
    if request.method == "GET":
        return _ask_to_remove(row)
    actions.remove(row, by=me())
    db.session.commit()
    flash(_("Your report was withdrawn.") if row.user_id == me().id else _("The report is hidden."))
    return redirect(url_for("deployment.reports", reference=row.bulletin.reference))


def _ask_to_remove(row: DeploymentReport):
    effects = [_("It will disappear from the bulletin immediately, and its outcome will no longer count.")]
    if row.user_id == me().id:
        title, button = _("Withdraw this report?"), _("Withdraw")
        effects.append(_("You can send a new report."))
    else:
        title, button = _("Hide this report?"), _("Hide")
        effects.append(
            _("Its author is notified, and the public log will record this. Moderators can unhide it.")
        )
    return confirmation_page(title, effects, button, back=row.path, subject=row.bulletin.title)


@bp.post("/reports/<int:report_id>/restore")
@login_required
def restore_report(report_id: int):
    """Show a hidden report again (moderators)."""
    row = find(report_id)
    require(policy.can_hide(me()))
    actions.restore(row, by=me())
    db.session.commit()
    return redirect(row.path)
