"""The mirror of a CSAF aggregator (CSAF 2.0, requirements 21 to 23): others' documents, byte for byte.

Documents have hashes but no signatures: this site holds no key of the issuers (docs/decisions/0560).
"""

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response, abort, current_app, request, url_for
from flask_babel import gettext as _

from advisories.csaf import aggregator, provider
from advisories.csaf.normalize import NO_NAMESPACE
from advisories.csaf.provider import Document
from advisories.csaf.write import Publisher
from bulletins import csaf_feeds
from bulletins.originals import queries
from bulletins.originals.models import OriginalDocument
from core.mail.mail import site_url
from core.web.access import get_or_404

bp = Blueprint("csaf_mirror", __name__, url_prefix="/.well-known/csaf-aggregator")
LABELS = ("WHITE", "UNLABELED")


@dataclass(frozen=True)
class Issuer:
    """An issuer with mirrored documents."""

    folder: str
    publisher: Publisher
    updated_at: datetime

    @property
    def url(self) -> str:
        """The absolute address of its folder, without a slash at the end."""
        return f"{site_url()}{bp.url_prefix}/{self.folder}"


@bp.get("/aggregator.json")
def index() -> Response:
    """aggregator.json: this site as a provider, and every issuer whose documents are mirrored."""
    mirrors = [Issuer(row.folder, _publisher(row.publisher), row.updated_at) for row in queries.issuers()]
    own, updated_at = csaf_feeds.own_metadata()
    document = aggregator.aggregator(
        csaf_feeds.publisher(),
        f"{site_url()}{url_for('csaf_mirror.index')}",
        own_metadata_url=own,
        own_updated_at=updated_at,
        mirrors=[(each.publisher, f"{each.url}/provider-metadata.json", each.updated_at) for each in mirrors],
    )
    return csaf_feeds.json_response(provider.to_json(document))


@bp.get("/<folder>/provider-metadata.json")
def metadata(folder: str) -> Response:
    """The metadata of a mirrored issuer."""
    found = _documents(folder)
    labels = {provider.label_of(each) for each in found}
    newest = max(each.updated_at for each in found)
    issuer = Issuer(folder, _publisher(get_or_404(queries.issuer(folder))), newest)
    document = provider.metadata(
        issuer.publisher,
        issuer.url,
        issuer.url,
        labels,
        newest,
        file="provider-metadata.json",
        is_mirror=True,
    )
    return csaf_feeds.json_response(provider.to_json(document))


@bp.get("/<folder>/index.txt")
def list_of_paths(folder: str) -> Response:
    """The paths of the mirrored documents of an issuer, one per line."""
    return Response(provider.index(_documents(folder)), mimetype="text/plain")


@bp.get("/<folder>/changes.csv")
def changes(folder: str) -> Response:
    """The mirrored documents of an issuer with the time of their last change, the newest first."""
    return Response(provider.changes(_documents(folder)), mimetype="text/csv")


@bp.get("/<folder>/<name>.json")
def feed(folder: str, name: str) -> Response:
    """The ROLIE feed of an issuer's mirrored documents with a TLP label."""
    label = get_or_404({provider.feed_name(each): each for each in LABELS}.get(f"{name}.json"))
    found = _documents(folder)
    publisher = _publisher(get_or_404(queries.issuer(folder)))
    title = _(
        "Documents of %(issuer)s, mirrored by %(site)s",
        issuer=publisher.name,
        site=current_app.config["REDOUBT_SITE_NAME"],
    )
    folder_url = f"{site_url()}{bp.url_prefix}/{folder}"
    return csaf_feeds.json_response(provider.to_json(provider.feed(label, found, folder_url, title)))


@bp.get("/<folder>/<int:year>/<name>.json")
def document(folder: str, year: int, name: str) -> Response:
    """A document as its issuer published it."""
    found = _find(folder, year, name)
    if request.if_none_match.contains(found.sha256):
        return csaf_feeds.not_modified(found.sha256)
    return csaf_feeds.json_response(queries.content(found), etag=found.sha256)


@bp.get("/<folder>/<int:year>/<name>.json.<algorithm>")
def hash_of(folder: str, year: int, name: str, algorithm: str) -> Response:
    """The hash of a mirrored document, as a file."""
    if algorithm not in provider.HASH_ALGORITHMS:
        abort(404)
    found = _find(folder, year, name)
    value = found.sha256 if algorithm == "sha256" else found.sha512
    return Response(provider.hash_line(value, found.path), mimetype="text/plain")


def _find(folder: str, year: int, name: str) -> OriginalDocument:
    return get_or_404(queries.document(folder, f"{year:04}/{name}.json"))


def _documents(folder: str) -> list[Document]:
    """The mirrored documents of an issuer; 404 when there is none."""
    found = [
        Document(
            row.path,
            row.tracking_id,
            row.title,
            row.published_at,
            row.updated_at,
            row.tlp,
            version=row.version,
        )
        for row in queries.documents(folder)
    ]
    return get_or_404(found or None)


def _publisher(stated: dict) -> Publisher:
    return Publisher(
        stated["name"],
        stated.get("namespace", "") or NO_NAMESPACE,
        stated.get("category", "other"),
        stated.get("contact_details", ""),
        stated.get("issuing_authority", ""),
    )
