"""Files that a CSAF provider publishes beside its documents (CSAF 2.0 section 7.1). Pure."""

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from advisories.csaf.write import TLP, Publisher, rfc3339

SCHEMA = "https://docs.oasis-open.org/csaf/csaf/v2.0/csaf_json_schema.json"
INFORMATION_TYPE = {"scheme": "urn:ietf:params:rolie:category:information-type", "term": "csaf"}
METADATA = ".well-known/csaf/provider-metadata.json"
HASH_ALGORITHMS = ("sha256", "sha512")
SCHEMAS = {"2.0": SCHEMA, "2.1": "https://docs.oasis-open.org/csaf/csaf/v2.1/schema/csaf.json"}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Document:
    """A published document; `path` is relative to the root folder: 2026/rb-2026-014.json."""

    path: str
    tracking_id: str
    title: str
    published_at: datetime
    updated_at: datetime
    tlp: str = "WHITE"
    summary: str = ""
    version: str = "2.0"  # of CSAF


def filename(tracking_id: str) -> str:
    """The file name by section 5.1: lower case, digits, + and -; other characters become one _."""
    return re.sub(r"[^+\-a-z0-9]+", "_", tracking_id.lower()) + ".json"


def path(tracking_id: str, initial_release_at: datetime) -> str:
    """The path of a document, in the folder of the year of its first release (requirement 11)."""
    return f"{initial_release_at.astimezone(UTC).year:04}/{filename(tracking_id)}"


def publisher_members(publisher: Publisher) -> dict:
    """The members of a publisher (section 3.2.1.8), without empty ones."""
    members = {
        "category": publisher.category,
        "contact_details": publisher.contact,
        "issuing_authority": publisher.authority,
        "name": publisher.name,
        "namespace": publisher.namespace,
    }
    return {key: value for key, value in members.items() if value}


def metadata(
    publisher: Publisher,
    base_url: str,
    folder_url: str,
    labels: Iterable[str],
    updated_at: datetime | None,
    *,
    file: str = METADATA,
    is_mirror: bool = False,
) -> dict:
    """provider-metadata.json (requirement 7); feeds are below `folder_url`, one per TLP label.

    `file` is its path below `base_url`. A mirror says that others must not mirror it again (requirement 7).
    """
    feeds = [{"tlp_label": label, "url": f"{folder_url}/{feed_name(label)}"} for label in sorted(set(labels))]
    distributions = [{"directory_url": f"{folder_url}/"}, *([{"rolie": {"feeds": feeds}}] if feeds else [])]
    return {
        "canonical_url": f"{base_url.rstrip('/')}/{file}",
        "distributions": distributions,
        "last_updated": rfc3339(updated_at or EPOCH),
        "list_on_CSAF_aggregators": True,
        "metadata_version": "2.0",
        "mirror_on_CSAF_aggregators": not is_mirror,
        "publisher": publisher_members(publisher),
        "role": "csaf_publisher" if is_mirror else "csaf_provider",
    }


def label_of(document: Document) -> str:
    """The label of the feed that a document belongs to."""
    return TLP.get(document.tlp, document.tlp) or "UNLABELED"


def feed_name(label: str) -> str:
    """The file name of the ROLIE feed of a TLP label."""
    return "feed-unlabeled.json" if label == "UNLABELED" else f"feed-tlp-{label.lower()}.json"


def feed(label: str, documents: Iterable[Document], folder_url: str, title: str) -> dict:
    """The ROLIE feed (requirement 15, RFC 8322) of the documents with a label, newest first."""
    entries = _newest_first(document for document in documents if label_of(document) == label)
    return {
        "feed": {
            "id": f"csaf-{feed_name(label).removesuffix('.json')}",
            "title": title,
            "link": [{"rel": "self", "href": f"{folder_url}/{feed_name(label)}"}],
            "category": [INFORMATION_TYPE],
            "updated": rfc3339(max((entry.updated_at for entry in entries), default=EPOCH)),
            "entry": [_entry(document, folder_url) for document in entries],
        }
    }


def _entry(document: Document, folder_url: str) -> dict:
    url = f"{folder_url}/{document.path}"
    entry = {
        "id": document.tracking_id,
        "title": document.title,
        "link": [
            {"rel": "self", "href": url},
            {"rel": "hash", "href": f"{url}.sha512"},
            {"rel": "hash", "href": f"{url}.sha256"},
        ],
        "published": rfc3339(document.published_at),
        "updated": rfc3339(document.updated_at),
        "content": {"type": "application/json", "src": url},
        "format": {"schema": SCHEMAS.get(document.version, SCHEMA), "version": document.version},
    }
    return entry | ({"summary": {"content": document.summary}} if document.summary else {})


def index(documents: Iterable[Document]) -> str:
    """index.txt (requirement 12): every path, newest first."""
    return "".join(f"{document.path}\n" for document in _newest_first(documents))


def changes(documents: Iterable[Document]) -> str:
    """changes.csv (requirement 13): path and current release date, both quoted, newest first."""
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(
        (document.path, rfc3339(document.updated_at)) for document in _newest_first(documents)
    )
    return out.getvalue()


def hash_file(data: bytes, path_of_document: str, algorithm: str = "sha512") -> str:
    """The content of NAME.sha512 or NAME.sha256 (requirement 18): hash, two spaces, file name."""
    return hash_line(hashlib.new(algorithm, data).hexdigest(), path_of_document)


def hash_line(value: str, path_of_document: str) -> str:
    """The content of a hash file whose hash is known, in hexadecimal."""
    return f"{value}  {path_of_document.rpartition('/')[2]}\n"


def to_json(document: dict) -> str:
    """Serialize a metadata document or feed."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _newest_first(documents: Iterable[Document]) -> list[Document]:
    return sorted(documents, key=lambda document: (-document.updated_at.timestamp(), document.path))
