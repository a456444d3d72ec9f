"""Attachments in the API: send a file, and show it with the Markdown of the answer."""

from flask import request
from flask_babel import gettext as _

from auth import tokens
from auth.models import User
from core.api.api import WRITE
from core.database.db import db
from core.mail.mail import site_url
from core.web.access import get_or_404, require
from core.web.forms import Invalid
from posts.api import bp
from posts.attachments import actions, policy, queries, schemas
from posts.attachments.models import MAX_ALT_CHARACTERS, Attachment

BODY = {
    "required": True,
    "description": "a file, up to 8 MB, and what a picture shows",
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {
                    "file": {"type": "string", "format": "binary"},
                    "alt": {"type": "string", "maxLength": MAX_ALT_CHARACTERS},
                },
            }
        }
    },
}


def item(attachment: Attachment) -> dict:
    """An attachment as JSON."""
    names = ("kind", "name", "media_type", "size", "width", "height", "alt", "created_at")
    return {
        "id": attachment.key,
        **{name: getattr(attachment, name) for name in names},
        "url": site_url() + actions.path_of(attachment),
        "markdown": actions.markdown_of(attachment),
    }


def receive(user: User) -> Attachment:
    """The file of this multipart request, stored. Raises Forbidden, Invalid."""
    require(policy.can_attach(user), policy.why_not(user))
    file = request.files.get(actions.FIELD)
    if file is None:
        raise Invalid({actions.FIELD: [_("Send a file in the multipart field “file”.")]})
    alt = request.form.get("alt", "")
    if len(alt) > MAX_ALT_CHARACTERS:
        raise Invalid(
            {"alt": [_("The description may have %(n)s characters. Shorten it.", n=MAX_ALT_CHARACTERS)]}
        )
    prepared = actions.prepare(file.stream.read(actions.MAX_FILE_BYTES + 1), file.filename or "")
    return actions.attach(prepared, by=user, alt=alt)


@bp.post("/attachments")
@tokens.bearer(WRITE)
@bp.doc(requestBody=BODY)
@bp.response(201, schemas.AttachmentItem)
@bp.alt_response(422, "UNPROCESSABLE_ENTITY")
def attach_file() -> dict:
    """Send a file (multipart). Only you see it until you save a post whose text has its `markdown`.

    Pictures (PNG, JPEG, GIF, WebP, AVIF) are stored without their metadata; everything else is a download.
    """
    user = tokens.member()
    made = receive(user)
    db.session.commit()
    return item(made)


@bp.get("/attachments/<key>")
@bp.response(200, schemas.AttachmentItem)
def get_attachment(key: str) -> dict:
    """What is known of an attachment of a post that you can read."""
    attachment, _is_public = get_or_404(queries.get(key, tokens.reader()))
    return item(attachment)
