"""The CSAF provider: every public bulletin as a CSAF document, and the lists that aggregators read.

Documents are generated from the rows on request. They are published under the id of their issuer, so that
readers recognize them; where two issuers use the same id, the later document gets our reference.
"""

from dataclasses import replace

from flask import Blueprint, Response, abort, current_app
from flask_babel import gettext as _
from sqlalchemy import Row

from advisories.csaf import provider
from advisories.csaf.provider import Document
from advisories.csaf.write import Publisher, to_bytes, write
from bulletins import queries, rows
from bulletins.models import Bulletin
from core.database.db import utcnow
from core.mail.mail import sender, site_url
from core.web.access import get_or_404

bp = Blueprint("csaf", __name__)
HASH_ALGORITHMS = ("sha256", "sha512")


def _publisher() -> Publisher:
    return Publisher(current_app.config["REDOUBT_SITE_NAME"], site_url(), contact=f"mailto:{sender()}")


def _folder() -> str:
    return f"{site_url()}/csaf"


def _documents() -> list[Document]:
    return [
        Document(
            row.document_path,
            row.tracking_id if _has_issuers_id(row) else row.reference,
            row.title,
            row.published_at,
            row.current_release_at or row.published_at,
            row.tlp,
        )
        for row in queries.published_documents()
    ]


def _has_issuers_id(row: Bulletin | Row) -> bool:
    """Whether the document is published under its issuer's id."""
    return row.document_path.endswith(f"/{provider.filename(row.tracking_id)}")


def document_of(bulletin: Bulletin) -> bytes:
    """The CSAF document of a bulletin, generated from its rows."""
    advisory = rows.to_advisory(bulletin)
    if advisory.current_release_at is None and advisory.initial_release_at is None:
        at = bulletin.published_at
        advisory = replace(advisory, initial_release_at=at, current_release_at=at)
    if _has_issuers_id(bulletin):
        return to_bytes(write(advisory))
    return to_bytes(write(advisory, publisher=_publisher(), tracking_id=bulletin.reference))


@bp.get("/.well-known/csaf/provider-metadata.json")
def metadata() -> Response:
    """The provider metadata: the publisher, and where the documents are."""
    found = _documents()
    labels = {provider.label_of(each) for each in found}
    newest = max((each.updated_at for each in found), default=utcnow())
    return _json(provider.to_json(provider.metadata(_publisher(), site_url(), _folder(), labels, newest)))


@bp.get("/csaf/index.txt")
def index() -> Response:
    """The paths of all documents, one per line."""
    return Response(provider.index(_documents()), mimetype="text/plain")


@bp.get("/csaf/changes.csv")
def changes() -> Response:
    """All documents with the time of their last change, the newest first."""
    return Response(provider.changes(_documents()), mimetype="text/csv")


@bp.get("/csaf/<name>.json")
def feed(name: str) -> Response:
    """The ROLIE feed of a TLP label."""
    found = _documents()
    labels = {provider.feed_name(each): each for each in ("WHITE", "UNLABELED")}
    label = get_or_404(labels.get(f"{name}.json"))
    title = _("Security bulletins of %(site)s", site=current_app.config["REDOUBT_SITE_NAME"])
    return _json(provider.to_json(provider.feed(label, found, _folder(), title)))


@bp.get("/csaf/<int:year>/<name>.json")
def document(year: int, name: str) -> Response:
    """One bulletin as CSAF 2.0."""
    return _json(document_of(_find(year, name)))


@bp.get("/csaf/<int:year>/<name>.json.<algorithm>")
def hash_of(year: int, name: str, algorithm: str) -> Response:
    """The hash of a document, as a file."""
    if algorithm not in HASH_ALGORITHMS:
        abort(404)
    bulletin = _find(year, name)
    text = provider.hash_file(document_of(bulletin), bulletin.document_path, algorithm)
    return Response(text, mimetype="text/plain")


def _find(year: int, name: str) -> Bulletin:
    return get_or_404(queries.by_document_path(f"{year:04}/{name}.json"))


def _json(body: bytes | str) -> Response:
    return Response(body, mimetype="application/json")
