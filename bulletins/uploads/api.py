"""Uploads in the API, for moderators: send a file, read the preview, confirm."""

from flask import Response, request
from flask_babel import gettext as _

from auth import tokens
from auth.models import User
from bulletins import policy
from bulletins.uploads import actions, previews, queries, schemas
from bulletins.uploads.models import Upload
from core.api.api import READ, WRITE, ApiBlueprint, no_content
from core.database.db import db
from core.web.access import get_or_404, require

bp = ApiBlueprint("imports", __name__, description="Files of advisories to import, for moderators")
BODY = {
    "required": True,
    "description": "advisories, up to 8 MB",
    "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
}


def _moderator() -> User:
    user = tokens.member()
    require(policy.can_curate(user), _("Only moderators can import bulletins."))
    return user


def _item(upload: Upload) -> dict:
    names = ("id", "name", "size", "digest", "created_at", "confirmed_at", "finished_at", "report")
    preview = previews.build(upload.data, upload.name) if upload.confirmed_at is None else None
    return {**{name: getattr(upload, name) for name in names}, "preview": preview}


@bp.post("/bulletins/imports")
@tokens.bearer(WRITE)
@bp.doc(requestBody=BODY)
@bp.arguments(schemas.NameQuery, location="query")
@bp.response(201, schemas.AdvisoryUploadItem)
@bp.alt_response(422, "UNPROCESSABLE_ENTITY")
def upload_file(wanted: dict) -> dict:
    """Send a file as the body; answers with what an import would change. Nothing is imported yet."""
    user = _moderator()
    upload = actions.store(wanted["name"], request.get_data(), by=user)
    db.session.commit()
    return _item(upload)


@bp.get("/bulletins/imports/<int:upload_id>")
@tokens.bearer(READ)
@bp.response(200, schemas.AdvisoryUploadItem)
def get_import(upload_id: int) -> dict:
    """Your upload, with the preview or, after the import, the report."""
    reader = tokens.reader()
    require(policy.can_curate(reader), _("Only moderators can import bulletins."))
    return _item(get_or_404(queries.get_upload(upload_id, reader)))


@bp.post("/bulletins/imports/<int:upload_id>/confirm")
@tokens.bearer(WRITE)
@bp.response(202, schemas.AdvisoryUploadItem)
def confirm_upload(upload_id: int) -> dict:
    """Let the worker import the file; read it again for the report."""
    user = _moderator()
    upload = get_or_404(queries.get_upload(upload_id, user))
    actions.confirm(upload)
    db.session.commit()
    return _item(upload)


@bp.delete("/bulletins/imports/<int:upload_id>")
@tokens.bearer(WRITE)
@bp.response(204)
def discard_upload(upload_id: int) -> Response:
    """Delete the file without importing it."""
    user = _moderator()
    actions.discard(get_or_404(queries.get_upload(upload_id, user)))
    db.session.commit()
    return no_content()
