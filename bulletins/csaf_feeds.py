"""The CSAF provider: this site's own documents, and the lists that aggregators read.

Documents are generated from the rows on request, under this site's name and its own id. Of an imported
bulletin there is one in the lists only where moderators changed it or added to it: it refers to the issuer's
document, which stays as it is (bulletins/originals). Others are converted on request, outside of the lists.
"""

from dataclasses import replace
from datetime import datetime

from flask import Blueprint, Response, abort, current_app, request, url_for
from flask_babel import gettext as _

from advisories.advisory import Advisory, Note, RevisionEntry
from advisories.csaf import provider
from advisories.csaf.provider import HASH_ALGORITHMS, Document
from advisories.csaf.write import Publisher, to_bytes, write
from bulletins import queries, rows
from bulletins.models import Bulletin
from core.database.db import utcnow
from core.mail.mail import sender, site_url
from core.web.access import get_or_404

bp = Blueprint("csaf", __name__)
WITHDRAWN = "Withdrawn"  # in titles; not translated, because readers of documents look for it


def publisher() -> Publisher:
    """The publisher of our documents: this site."""
    return Publisher(current_app.config["REDOUBT_SITE_NAME"], site_url(), contact=f"mailto:{sender()}")


def own_metadata() -> tuple[str, datetime]:
    """The address of this site's provider-metadata.json, and when its newest document changed."""
    newest = max((each.updated_at for each in _documents()), default=_today())
    return f"{site_url()}{url_for('csaf.metadata')}", newest


def json_response(body: bytes | str, *, etag: str = "") -> Response:
    """A JSON file with a tag, or 304 for readers that have it."""
    response = Response(body, mimetype="application/json")
    if etag:
        response.set_etag(etag)
    else:
        response.add_etag()
    response.make_conditional(request)
    return response


def not_modified(etag: str) -> Response:
    """The answer to a reader that has the document with this tag."""
    response = Response(status=304)
    response.set_etag(etag)
    return response


def _folder() -> str:
    return f"{site_url()}/csaf"


def _documents() -> list[Document]:
    return [
        Document(
            row.document_path,
            row.reference,
            row.title,
            row.published_at,
            _last_change(row.published_at, row.edited_at),
            row.tlp,
        )
        for row in queries.published_documents()
    ]


def _last_change(published_at: datetime, edited_at: datetime | None) -> datetime:
    return max(published_at, edited_at or published_at)


def document_of(bulletin: Bulletin) -> bytes:
    """The document of this site about a bulletin, generated from its rows and revisions."""
    advisory = rows.to_advisory(bulletin)
    if not bulletin.is_own:
        advisory = _about(advisory)
    history = _history(bulletin)
    advisory = replace(
        advisory,
        history=history,
        version=history[-1].number,
        initial_release_at=history[0].at,
        current_release_at=history[-1].at,
        title=_title(advisory),
    )
    url = f"{_folder()}/{bulletin.document_path}"
    return to_bytes(
        write(advisory, publisher=publisher(), tracking_id=bulletin.reference, self_url=url),
    )


def _history(bulletin: Bulletin) -> list[RevisionEntry]:
    """The history of this site's document: its publication, and every later revision of the bulletin."""
    at = bulletin.published_at or bulletin.created_at
    later = [row for row in queries.revisions_of(bulletin) if row.number > 1 and row.created_at > at]
    entries = [(at, _("Published")), *((row.created_at, row.summary or _("Edited")) for row in later)]
    return [RevisionEntry(str(number), when, words) for number, (when, words) in enumerate(entries, 1)]


def _title(advisory: Advisory) -> str:
    """The title; CSAF 2.0 has no state for withdrawn documents, so they say it there (2.1, clause 18)."""
    is_marked = advisory.title.casefold().startswith(WITHDRAWN.casefold())
    return (
        f"{WITHDRAWN}: {advisory.title}"
        if advisory.status == "withdrawn" and not is_marked
        else advisory.title
    )


def _about(advisory: Advisory) -> Advisory:
    """The advisory of another issuer as the subject of a document of this site, which refers to it."""
    source = Note(
        "general",
        _(
            "Based on %(id)s (version %(version)s) of %(publisher)s. This document is not theirs: it holds "
            "changes and additions of %(site)s.",
            id=advisory.tracking_id,
            version=advisory.version,
            publisher=advisory.publisher,
            site=publisher().name,
        ),
        _("Source"),
    )
    references = [
        replace(each, category="external", summary=each.summary or _("Document of the issuer"))
        for each in advisory.references
    ]
    return replace(advisory, notes=[*advisory.notes, source], references=references)


def _today() -> datetime:
    """Midnight in UTC: when a site without documents has changed last, the same all day."""
    return utcnow().replace(hour=0, minute=0, second=0, microsecond=0)


@bp.get("/.well-known/csaf/provider-metadata.json")
def metadata() -> Response:
    """The provider metadata: the publisher, and where the documents are."""
    found = _documents()
    labels = {provider.label_of(each) for each in found}
    newest = max((each.updated_at for each in found), default=_today())
    return json_response(
        provider.to_json(provider.metadata(publisher(), site_url(), _folder(), labels, newest))
    )


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
    return json_response(provider.to_json(provider.feed(label, found, _folder(), title)))


@bp.get("/csaf/<int:year>/<name>.json")
def document(year: int, name: str) -> Response:
    """One document of this site, as CSAF 2.0."""
    return json_response(document_of(_find(year, name)))


@bp.get("/csaf/<int:year>/<name>.json.<algorithm>")
def hash_of(year: int, name: str, algorithm: str) -> Response:
    """The hash of a document, as a file."""
    if algorithm not in HASH_ALGORITHMS:
        abort(404)
    bulletin = _find(year, name)
    text = provider.hash_file(document_of(bulletin), bulletin.document_path, algorithm)
    return Response(text, mimetype="text/plain")


@bp.get("/bulletins/<reference>/csaf.json")
def converted(reference: str) -> Response:
    """Any public bulletin as a CSAF document of this site, also one that is in no list."""
    return json_response(document_of(get_or_404(queries.open_bulletin(reference))))


def _find(year: int, name: str) -> Bulletin:
    return get_or_404(queries.by_document_path(f"{year:04}/{name}.json"))
