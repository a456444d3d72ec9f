"""Pages of deployment reports: list, form, helpful marks, removal."""

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response

from auth.current_user import current_user, me
from auth.models import User, Visitor
from bulletins.models import Bulletin
from core.cache.page_cache import cached_for_visitors
from core.database.db import db
from core.formats import feeds
from core.web.access import get_or_404, require
from core.web.confirmation import confirmation_page
from core.web.forms import Form, parse
from deployment import exports, labels, policy, schemas
from deployment.calendar.views import bp
from deployment.models import OUTCOMES, DeploymentReport
from deployment.reports import actions, charts, helpful_actions, queries
from products import exports as files
from products.models import Release


def _bulletin(reference: str) -> Bulletin:
    """The public bulletin, or 404."""
    return get_or_404(queries.bulletin_named(reference))


def _report(report_id: int) -> DeploymentReport:
    """The report if the reader may see it, else 404."""
    return get_or_404(queries.report(report_id, current_user))


def _wanted_outcome() -> str:
    """The outcome that the list is filtered by, empty for all."""
    outcome = request.args.get("outcome", "")
    return outcome if outcome in OUTCOMES else ""


@bp.get("/bulletins/<reference>/reports")
@cached_for_visitors
def reports(reference: str) -> tuple[str, int]:
    """The reports of a bulletin: outcomes by release, and the list."""
    bulletin = _bulletin(reference)
    return _page(bulletin, Form(schemas.ReportSchema, **_form_values(bulletin)))


def _form_values(bulletin: Bulletin) -> dict[str, str]:
    """The values of the reader's own report that `?change=` names."""
    report_id = request.args.get("change", type=int)
    row = next((row for row in queries.mine(bulletin, current_user) if row.id == report_id), None)
    if row is None:
        return {}
    return {
        "release": _release_value(labels.listed_release(row)),
        "target": row.target,
        "ring": row.ring,
        "outcome": row.outcome,
        "note": row.note,
    }


def _page(bulletin: Bulletin, form: Form, status: int = 200) -> tuple[str, int]:
    outcome = _wanted_outcome()
    page = queries.reports(bulletin, outcome=outcome, after=request.args.get("after"))
    can_hide = policy.can_hide(current_user)
    return render_template(
        "deployment/reports.html",
        bulletin=bulletin,
        page=page,
        form=form,
        outcome=outcome,
        rows=[(row, charts.stacked_bar(row.counts)) for row in queries.tallies(bulletin)],
        thanked=queries.marked_by(current_user, page.items),
        may=policy,
        can_hide=can_hide,
        hidden=queries.hidden(bulletin) if can_hide else [],
        panel=summary(bulletin, current_user),
    ), status


def summary(bulletin: Bulletin, reader: User | Visitor) -> dict:
    """The outcomes, the reader's own reports, and the choices of the form."""
    tally = queries.of_bulletin(bulletin)
    mine = queries.mine(bulletin, reader)
    can_report = policy.can_report(reader)
    releases = queries.affected_releases(bulletin) if can_report else []
    for row in mine:
        release = labels.listed_release(row)
        if release is not None and release not in releases:
            releases.append(release)
    return {
        "tally": tally,
        "outcome_bar": charts.stacked_bar(tally.counts),
        "mine": mine,
        "can_report": can_report,
        "choices": [(_release_value(release), release.title) for release in releases],
    }


def _release_value(release: Release | None) -> str:
    """A release as product/cycle, as forms and the API send it."""
    return f"{release.product.slug}/{release.cycle}" if release is not None else ""


@bp.post("/bulletins/<reference>/reports")
@login_required
def send_report(reference: str) -> Response | tuple[str, int]:
    """Make a report, or change the member's report of the same release."""
    bulletin = _bulletin(reference)
    form = Form(schemas.ReportSchema)
    if form.validate():
        with form.catching():
            actions.report(bulletin, actions.installation(form.data), by=me())
            db.session.commit()
            flash(_("Thank you. Your report is published. You can change it here."))
            return redirect(url_for("deployment.reports", reference=reference, _anchor="mine"))
    return _page(bulletin, form, 422)


@bp.get("/bulletins/<reference>/reports.csv", defaults={"extension": "csv"})
@bp.get("/bulletins/<reference>/reports.json", defaults={"extension": "json"})
def export_reports(reference: str, extension: str) -> Response:
    """The reports of a bulletin as CSV or JSON."""
    bulletin = _bulletin(reference)
    return files.file_response(
        f"reports-{bulletin.reference}", extension, exports.report_rows(bulletin, _wanted_outcome())
    )


@bp.get("/bulletins/<reference>/reports.atom")
def report_feed(reference: str) -> Response:
    """The newest reports of a bulletin as an Atom feed."""
    bulletin = _bulletin(reference)
    title = _("%(reference)s: deployment reports", reference=bulletin.reference)
    return feeds.atom(
        title,
        url_for("deployment.reports", reference=bulletin.reference),
        [_entry(row) for row in queries.reports(bulletin)],
    )


def _entry(row: DeploymentReport) -> feeds.Entry:
    title_parts = (labels.outcome(row.outcome), labels.ring(row.ring), labels.target(row))
    author = row.user.display_name if row.user is not None else _("former member")
    return feeds.Entry(
        f"/reports/{row.id}",
        ", ".join(filter(None, title_parts)),
        row.path,
        row.note,
        author,
        row.created_at,
        row.updated_at,
    )


@bp.get("/reports/<int:report_id>")
def report(report_id: int) -> Response:
    """Redirect to a report on its bulletin's page."""
    return redirect(_report(report_id).path)


@bp.post("/reports/<int:report_id>/helpful")
@login_required
def thank(report_id: int) -> Response:
    """Mark a report as helpful, or take that back."""
    row = _report(report_id)
    require(policy.can_mark_helpful(me(), row), _("You cannot mark this report as helpful."))
    data = parse(schemas.HelpfulSchema)

    helpful_actions.mark(row, data["helpful"], by=me())
    db.session.commit()
    return redirect(row.path)


@bp.route("/reports/<int:report_id>/remove", methods=["GET", "POST"])
@login_required
def remove_report(report_id: int) -> Response | tuple[str, int]:
    """Withdraw one's report, or hide another's as a moderator; GET asks first."""
    row = _report(report_id)
    require(policy.can_remove(me(), row))
    if request.method == "GET":
        return _ask_to_remove(row)
    actions.remove(row, by=me())
    db.session.commit()
    flash(_("Your report was withdrawn.") if row.user_id == me().id else _("The report is hidden."))
    return redirect(url_for("deployment.reports", reference=row.bulletin.reference))


def _ask_to_remove(row: DeploymentReport) -> tuple[str, int]:
    effects = [_("It will disappear from the bulletin immediately, and its outcome will no longer count.")]
    if row.user_id == me().id:
        title = _("Withdraw this report?")
        button = _("Withdraw")
        effects.append(_("You can send a new report."))
    else:
        title = _("Hide this report?")
        button = _("Hide")
        effects.append(
            _("Its author is notified, and the public log will record this. Moderators can unhide it.")
        )
    return confirmation_page(title, effects, button, back=row.path, subject=row.bulletin.title)


@bp.post("/reports/<int:report_id>/restore")
@login_required
def restore_report(report_id: int) -> Response:
    """Show a hidden report again (moderators)."""
    row = _report(report_id)
    require(policy.can_hide(me()))
    actions.restore(row, by=me())
    db.session.commit()
    return redirect(row.path)
