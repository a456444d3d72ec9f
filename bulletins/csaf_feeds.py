"""The CSAF provider: every public bulletin as a document, with the lists that other machines follow.

Documents are made from the rows at the moment they are asked for. They keep their issuer's name and id, so
that who reads them twice knows them; only where two issuers use one id, the later comes under ours.
"""

from dataclasses import replace

from flask import Blueprint, Response, abort, current_app
from flask_babel import gettext as _

from advisories.csaf import provider
from advisories.csaf.provider import Document
from advisories.csaf.write import Publisher, to_bytes, write
from bulletins import queries, rows
from bulletins.models import Bulletin
from core.database.db import utcnow
from core.mail.mail import sender, site_url
from core.web.access import get_or_404

bp = Blueprint("csaf", __name__)
SUMS = ("sha256", "sha512")


def _publisher() -> Publisher:
    return Publisher(current_app.config["REDOUBT_SITE_NAME"], site_url(), contact=f"mailto:{sender()}")


def _folder() -> str:
    return f"{site_url()}/csaf"


def _documents() -> list[Document]:
    return [
        Document(
            row.document_path,
            row.tracking_id if _is_theirs(row) else row.reference,
            row.title,
            row.published_at,
            row.current_release_at or row.published_at,
            row.tlp,
        )
        for row in queries.published_documents()
    ]


def _is_theirs(row) -> bool:
    """Whether the document is published under its issuer's id."""
    return row.document_path.endswith(f"/{provider.filename(row.tracking_id)}")


def document_of(bulletin: Bulletin) -> bytes:
    """The CSAF document of a bulletin, made from its rows."""
    said = rows.to_advisory(bulletin)
    if said.current_release_at is None and said.initial_release_at is None:
        at = bulletin.published_at
        said = replace(said, initial_release_at=at, current_release_at=at)
    if _is_theirs(bulletin):
        return to_bytes(write(said))
    return to_bytes(write(said, publisher=_publisher(), tracking_id=bulletin.reference))


@bp.get("/.well-known/csaf/provider-metadata.json")
def metadata():
    """Who we are and where the documents lie."""
    found = _documents()
    labels = {provider.label_of(each) for each in found}
    newest = max((each.updated_at for each in found), default=utcnow())
    return _json(provider.to_json(provider.metadata(_publisher(), site_url(), _folder(), labels, newest)))


@bp.get("/csaf/index.txt")
def index():
    """Every document, a line each."""
    return Response(provider.index(_documents()), mimetype="text/plain")


@bp.get("/csaf/changes.csv")
def changes():
    """Every document with its last change, the newest first."""
    return Response(provider.changes(_documents()), mimetype="text/csv")


@bp.get("/csaf/<name>.json")
def feed(name: str):
    """The ROLIE feed of a TLP label."""
    found = _documents()
    label = next(
        (each for each in ("WHITE", "UNLABELED") if provider.feed_name(each) == f"{name}.json"), None
    ) or abort(404)
    title = _("Security bulletins of %(site)s", site=current_app.config["REDOUBT_SITE_NAME"])
    return _json(provider.to_json(provider.feed(label, found, _folder(), title)))


@bp.get("/csaf/<int:year>/<name>.json")
def document(year: int, name: str):
    """One bulletin as CSAF 2.0."""
    return _json(document_of(_find(year, name)))


@bp.get("/csaf/<int:year>/<name>.json.<algorithm>")
def hash_of(year: int, name: str, algorithm: str):
    """The hash of that file."""
    if algorithm not in SUMS:
        abort(404)
    bulletin = _find(year, name)
    text = provider.hash_file(document_of(bulletin), bulletin.document_path, algorithm)
    return Response(text, mimetype="text/plain")


def _find(year: int, name: str) -> Bulletin:
    return get_or_404(queries.by_document_path(f"{year:04}/{name}.json"))


def _json(body) -> Response:
    return Response(body, mimetype="application/json")
