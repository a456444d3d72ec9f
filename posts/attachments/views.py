"""Attachments for readers: the file, its thumbnail, the lines of a text; and the upload of the editor."""

from collections.abc import Iterator

from flask import Blueprint, Response, abort, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from auth.current_user import current_user, me
from core.database.db import db
from core.web.access import get_or_404
from posts.attachments import actions, api, lines, media, queries
from posts.attachments.models import PICTURE, TEXT, Attachment
from posts.attachments.store import current_store

bp = Blueprint("attachments", __name__)
# A file that a browser shows by mistake can do nothing: no scripts, no forms, no requests, no origin.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; sandbox"
)
CHUNK_BYTES = 64 * 1024


def _visible(key: str) -> tuple[Attachment, bool]:
    return get_or_404(queries.get(key, current_user))


@bp.post("/attachments")
@login_required
def upload() -> ResponseReturnValue:
    """Store a file that was pasted or dropped into a text; answers as the API does."""
    made = api.receive(me())
    db.session.commit()
    return jsonify(api.item(made)), 201


@bp.get("/attachments/<key>/<name>")
def attachment(key: str, name: str) -> ResponseReturnValue:
    """The file: a picture is shown, everything else is downloaded."""
    found, is_public = _visible(key)
    if name != found.name:
        return redirect(url_for("attachments.attachment", key=key, name=found.name))
    response = _file(found.digest, found.media_type, found.size, is_public=is_public)
    if found.kind == PICTURE:
        response.headers.set("Content-Disposition", "inline")
    else:
        response.headers.set("Content-Disposition", "attachment", **_file_name(found.name))
    return response


@bp.get("/thumbnails/<key>")
def thumbnail(key: str) -> ResponseReturnValue:
    """A small copy of a picture, for lists."""
    found, is_public = _visible(key)
    digest = get_or_404(found.thumbnail_digest)
    return _file(digest, "image/webp", None, is_public=is_public)


def _file_name(name: str) -> dict[str, str]:
    """The parameters of Content-Disposition (RFC 6266): a name in ASCII, and the whole one if it differs."""
    ascii_name = name.encode("ascii", "replace").decode().replace("?", "_").replace('"', "_")
    if ascii_name == name:
        return {"filename": name}
    return {"filename": ascii_name, "filename*": f"UTF-8''{_percent_encoded(name)}"}


def _percent_encoded(name: str) -> str:
    return "".join(
        chr(byte) if chr(byte).isascii() and (chr(byte).isalnum() or chr(byte) in "-._") else f"%{byte:02X}"
        for byte in name.encode()
    )


def _file(digest: str, media_type: str, size: int | None, *, is_public: bool) -> Response:
    """The stored bytes. Browsers ask every time whether they may still show it.

    Shared caches store nothing.
    """
    response = Response(mimetype=None, content_type=media_type)
    response.set_etag(digest[:32])
    response.headers["Cache-Control"] = "private, no-cache" if is_public else "private, no-store"
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    if request.if_none_match.contains(digest[:32]):
        response.status_code = 304
        return response
    stream = current_store().open(digest)
    if stream is None:
        abort(404)

    def chunks() -> Iterator[bytes]:
        with stream:
            while chunk := stream.read(CHUNK_BYTES):
                yield chunk

    response.response = chunks()
    response.call_on_close(stream.close)
    if size is not None:
        response.content_length = size
    return response


@bp.get("/attachments/<key>/<name>/lines")
def text_lines(key: str, name: str) -> ResponseReturnValue:
    """The lines of a text file with their numbers, a part of it at a time, or those with some words."""
    found, _is_public = _visible(key)
    if found.kind != TEXT:
        abort(404)
    if name != found.name:
        return redirect(url_for("attachments.text_lines", key=key, name=found.name))
    stream = current_store().open(found.digest)
    if stream is None:
        abort(404)
    with stream:
        text = media.decoded(stream.read(actions.MAX_FILE_BYTES + 1), found.media_type)
    words = request.args.get("q", "").strip()[: lines.MAX_WORDS_CHARACTERS]
    part = lines.find(text, words) if words else lines.part(text, request.args.get("from", 1, type=int))
    return render_template("posts/attachment_lines.html", attachment=found, part=part, words=words)
