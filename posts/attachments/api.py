"""Attachments in the API: send a file, and show it with the Markdown of the answer."""

from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from auth import tokens
from core.api.api import READ, WRITE
from core.database.db import db
from core.mail.mail import site_url
from core.web.access import get_or_404, require
from posts.api import bp
from posts.attachments import actions, policy, queries, schemas
from posts.attachments.models import Attachment


def item(attachment: Attachment) -> dict:
    """An attachment as JSON."""
    names = ("kind", "name", "media_type", "size", "width", "height", "alt", "created_at")
    return {
        "id": attachment.key,
        **{name: getattr(attachment, name) for name in names},
        "url": site_url() + actions.path_of(attachment),
        "markdown": actions.markdown_of(attachment),
    }


@bp.post("/attachments")
@tokens.bearer(WRITE)
@bp.arguments(schemas.AttachmentFile, location="files")
@bp.arguments(schemas.AttachmentAlt, location="form")
@bp.response(201, schemas.AttachmentItem)
def attach_file(files: dict, fields: dict) -> dict:
    """Send a file (multipart). Only you see it until you save a post whose text has its `markdown`.

    Pictures (PNG, JPEG, GIF, WebP, AVIF) are stored without their metadata; everything else is a download.
    """
    user = tokens.member()
    require(policy.can_attach(user), policy.why_not(user))
    file: FileStorage = files["file"]
    prepared = actions.prepare(file.stream.read(actions.MAX_FILE_BYTES + 1), file.filename or _("file"))
    made = actions.attach(prepared, by=user, alt=fields["alt"])
    db.session.commit()
    return item(made)


@bp.get("/attachments/<attachment_id>")
@tokens.bearer(READ)
@bp.response(200, schemas.AttachmentItem)
def get_attachment(attachment_id: str) -> dict:
    """What is known of an attachment of a post that you can read."""
    attachment, _is_public = get_or_404(queries.get(attachment_id, tokens.reader()))
    return item(attachment)
