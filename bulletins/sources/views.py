"""Pages of administrators: sources, what their last runs did, and switching them on."""

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import login_required

from auth.current_user import me
from bulletins.sources import actions, policy, queries, schemas
from bulletins.sources.kinds import KINDS, SUGGESTIONS
from bulletins.sources.models import Source
from core.database.db import db
from core.web.access import get_or_404, require
from core.web.confirmation import confirmation_page
from core.web.forms import Form, parse

bp = Blueprint("sources", __name__)


@bp.before_request
@login_required
def administrators_only() -> None:
    """403 for everybody else, before a source is looked up."""
    g.private_page = True
    require(policy.can_administer(me()), _("Only administrators can see the sources."))


def _find(source_id: int) -> Source:
    return get_or_404(queries.get_source(source_id))


@bp.route("/admin/sources", methods=["GET", "POST"])
def sources() -> ResponseReturnValue:
    """List the sources, and add one."""
    form = Form(schemas.SourceSchema)
    if request.method == "POST" and form.validate():
        data = form.data
        with form.catching():
            source = actions.add(
                data["kind"],
                data["name"],
                data["url"],
                data["interval_hours"] or 0,
                is_on=data["is_on"],
                by=me(),
            )
            db.session.commit()
            flash(_("The source was added."))
            return redirect(url_for("sources.source", source_id=source.id))
    known = queries.sources()
    added = {(source.kind, source.url) for source in known}
    page = render_template(
        "bulletins/sources.html",
        sources=known,
        kinds=KINDS,
        suggestions=[each for each in SUGGESTIONS if (each.kind, each.url) not in added],
        form=form,
    )
    return page, 422 if form.errors else 200


@bp.get("/admin/sources/<int:source_id>")
def source(source_id: int) -> str:
    """One source: its last run, what was refused, its keys."""
    found = _find(source_id)
    return render_template(
        "bulletins/source.html",
        source=found,
        kind=KINDS[found.kind],
        refused=queries.refused_documents(source_id),
        documents=queries.count_documents(source_id),
        new_keys=sorted({key for _url, key in found.provider.get("keys", ())} - {*found.fingerprints}),
    )


@bp.post("/admin/sources/<int:source_id>/switch")
def switch(source_id: int) -> ResponseReturnValue:
    """Switch it on or off, with the hours between two runs."""
    data = parse(schemas.SwitchSchema)
    found = _find(source_id)
    actions.switch(found, is_on=data["is_on"], by=me(), interval_hours=data["interval_hours"])
    db.session.commit()
    flash(_("The source is on: it will be fetched soon.") if found.is_on else _("The source is off."))
    return redirect(url_for("sources.source", source_id=source_id))


@bp.post("/admin/sources/<int:source_id>/run")
def run(source_id: int) -> ResponseReturnValue:
    """Let the worker run it as soon as it can."""
    actions.run_soon(_find(source_id))
    db.session.commit()
    flash(_("The worker will fetch it within seconds."))
    return redirect(url_for("sources.source", source_id=source_id))


@bp.route("/admin/sources/<int:source_id>/trust", methods=["GET", "POST"])
def trust(source_id: int) -> ResponseReturnValue:
    """Accept the keys that the provider names now. GET asks for confirmation."""
    found = _find(source_id)
    back = url_for("sources.source", source_id=source_id)
    if request.method == "GET":
        keys = ", ".join(key for _url, key in found.provider.get("keys", ()))
        return confirmation_page(
            _("Trust the keys that this provider names now?"),
            [
                _("Documents signed by these keys will be accepted: %(keys)s.", keys=keys or "–"),
                _("Documents signed by other keys will be refused."),
                _("Compare the keys with what the provider publishes elsewhere first."),
            ],
            _("Trust these keys"),
            back=back,
            subject=found.name,
        )
    actions.trust_keys(found, by=me())
    db.session.commit()
    flash(_("The keys are trusted. Refused documents will be fetched again."))
    return redirect(back)


@bp.route("/admin/sources/<int:source_id>/remove", methods=["GET", "POST"])
def remove(source_id: int) -> ResponseReturnValue:
    """Remove a source. GET asks for confirmation."""
    found = _find(source_id)
    if request.method == "GET":
        return confirmation_page(
            _("Remove this source?"),
            [
                _("It will not be fetched any more."),
                _("Bulletins and products that were imported from it stay."),
            ],
            _("Remove"),
            back=url_for("sources.source", source_id=source_id),
            subject=found.name,
        )
    actions.remove(found, by=me())
    db.session.commit()
    flash(_("The source was removed."))
    return redirect(url_for("sources.sources"))
