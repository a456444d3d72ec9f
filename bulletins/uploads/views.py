"""Pages of moderators: upload a file of advisories, see what would change, import it."""

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import login_required

from auth.current_user import me
from bulletins import policy
from bulletins.uploads import actions, previews, queries
from bulletins.uploads.models import Upload
from core.database.db import db
from core.web.access import get_or_404, require
from core.web.forms import Invalid

bp = Blueprint("uploads", __name__)


@bp.before_request
@login_required
def moderators_only() -> None:
    """403 for everybody else, before an upload is looked up."""
    g.private_page = True
    require(policy.can_curate(me()), _("Only moderators can import bulletins."))


def _find(upload_id: int) -> Upload:
    return get_or_404(queries.get_upload(upload_id, me()))


@bp.route("/bulletins/import", methods=["GET", "POST"])
def uploads() -> ResponseReturnValue:
    """Upload a file; nothing of it is imported yet."""
    errors: dict = {}
    if request.method == "POST":
        sent = request.files.get("file")
        data = sent.read(actions.MAX_UPLOAD_BYTES + 1) if sent else b""
        try:
            upload = actions.store(sent.filename or "" if sent else "", data, by=me())
            db.session.commit()
            return redirect(url_for("uploads.upload", upload_id=upload.id))
        except Invalid as error:
            db.session.rollback()
            errors = error.errors
    page = render_template(
        "bulletins/uploads.html",
        uploads=queries.uploads(me()),
        errors=errors,
        lifetime=queries.LIFETIME,
        max_mb=actions.MAX_UPLOAD_BYTES // 1024**2,
    )
    return page, 422 if errors else 200


@bp.get("/bulletins/import/<int:upload_id>")
def upload(upload_id: int) -> str:
    """What an import of the file would change, or what it has changed."""
    found = _find(upload_id)
    preview = previews.build(found.data, found.name) if found.confirmed_at is None else None
    return render_template(
        "bulletins/upload.html", upload=found, preview=preview, max_lines=previews.MAX_LINES
    )


@bp.post("/bulletins/import/<int:upload_id>")
def confirm(upload_id: int) -> ResponseReturnValue:
    """Let the worker import the file."""
    actions.confirm(_find(upload_id))
    db.session.commit()
    return redirect(url_for("uploads.upload", upload_id=upload_id))


@bp.post("/bulletins/import/<int:upload_id>/discard")
def discard(upload_id: int) -> ResponseReturnValue:
    """Delete the file without importing it, or the result of an import."""
    try:
        actions.discard(_find(upload_id))
        db.session.commit()
    except Invalid as error:
        db.session.rollback()
        flash(error.text, "danger")
        return redirect(url_for("uploads.upload", upload_id=upload_id))
    flash(_("The file was deleted."))
    return redirect(url_for("uploads.uploads"))
