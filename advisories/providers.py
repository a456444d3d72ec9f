"""Read what providers of advisories publish about their documents: lists with addresses and hashes. Pure.

CSAF 2.0 sections 7.1.8 to 7.1.20: provider-metadata.json, ROLIE feeds, and folders with changes.csv; OSV's
buckets have modified_id.csv. Addresses are resolved against that of the list; nothing is fetched here.
"""

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urljoin

from flask_babel import gettext as _

from advisories.addresses import is_web_address
from advisories.advisory import Unusable

MAX_ENTRIES = 100_000  # of one list
MAX_FEEDS = 200
MAX_KEYS = 50
MAX_LINE_CHARACTERS = 2_000
OPEN_LABELS = ("", "WHITE", "CLEAR", "UNLABELED")  # feeds that everybody may read
HASHES = ("sha512", "sha256")  # the strongest first
_STAMP = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d[0-9:.,Zz+\-]{0,24}")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+-]{0,150}")
_FINGERPRINT = re.compile(r"[0-9A-F]{40}|[0-9A-F]{64}")


@dataclass(frozen=True)
class Entry:
    """A document of a list: when it changed (as the list says), and where its hash and signature are."""

    url: str
    changed: str = ""
    hash_url: str = ""
    hash_name: str = ""  # one of HASHES
    signature_url: str = ""


@dataclass(frozen=True)
class Metadata:
    """A provider: addresses of its open feeds and folders, and its public keys as (address, fingerprint)."""

    role: str
    feeds: tuple[str, ...]
    folders: tuple[str, ...]
    keys: tuple[tuple[str, str], ...]

    @property
    def signs(self) -> bool:
        """Whether every document has to have a signature: CSAF 2.0 section 7.2.3."""
        return self.role == "csaf_trusted_provider"


def read_metadata(data: bytes, url: str) -> Metadata:
    """Read a provider-metadata.json; raises Unusable."""
    document = _parsed(data)
    if "metadata_version" not in document or "publisher" not in document:
        raise Unusable(_("/: this JSON is no provider-metadata.json (metadata_version, publisher)"))
    feeds: list[str] = []
    folders: list[str] = []
    for distribution in _dicts(document.get("distributions")):
        for feed in _dicts(_dict(distribution.get("rolie")).get("feeds")):
            if str(feed.get("tlp_label", "")).upper() in OPEN_LABELS:
                feeds += _addresses(url, feed.get("url"))
        folders += _addresses(url, distribution.get("directory_url"))
    if not (feeds or folders):
        raise Unusable(_("/distributions: no open ROLIE feed and no folder is named"))
    keys = [
        (address, fingerprint)
        for key in _dicts(document.get("public_openpgp_keys"))[:MAX_KEYS]
        for address in _addresses(url, key.get("url"))
        if _FINGERPRINT.fullmatch(fingerprint := str(key.get("fingerprint", "")).replace(" ", "").upper())
    ]
    role = str(document.get("role", ""))
    return Metadata(role, tuple(feeds[:MAX_FEEDS]), tuple(folders[:MAX_FEEDS]), tuple(keys))


def read_rolie(data: bytes, url: str) -> list[Entry]:
    """Read a ROLIE feed, newest entries first; raises Unusable."""
    feed = _parsed(data).get("feed")
    if not isinstance(feed, dict) or not isinstance(feed.get("entry", []), list):
        raise Unusable(_("/feed: this JSON is no ROLIE feed"))
    found = [_rolie_entry(entry, url) for entry in _dicts(feed.get("entry"))[:MAX_ENTRIES]]
    return _newest_first(entry for entry in found if entry.url)


def _rolie_entry(entry: dict, base: str) -> Entry:
    links: dict[str, list[str]] = {}
    for link in _dicts(entry.get("link")):
        links.setdefault(str(link.get("rel", "")), []).extend(_addresses(base, link.get("href")))
    content = _addresses(base, _dict(entry.get("content")).get("src"))
    url = next(iter(content or links.get("self", [])), "")
    hashes = {
        name: address for name in HASHES for address in links.get("hash", []) if address.endswith(f".{name}")
    }
    name = next((name for name in HASHES if name in hashes), "")
    signature = next(iter(links.get("signature", [])), "")
    return Entry(url, _stamp(entry.get("updated")), hashes.get(name, ""), name, signature)


def read_changes(data: bytes, folder: str) -> list[Entry]:
    """Read a changes.csv ("path","time") of a folder, newest first; raises Unusable.

    Each document has its hash and its signature beside it, but a provider may leave them out.
    """
    base = folder if folder.endswith("/") else f"{folder}/"
    found = []
    for path, changed in _rows(data):
        for url in _addresses(base, quote(path, safe="/%._~-+")):
            if url.startswith(base):
                found.append(Entry(url, changed, f"{url}.sha512", "sha512", f"{url}.asc"))
    return _newest_first(found)


def read_modified(data: bytes, folder: str) -> list[Entry]:
    """Read OSV's modified_id.csv (time, id) of a folder, newest first; raises Unusable."""
    base = folder if folder.endswith("/") else f"{folder}/"
    rows = ((name, changed) for changed, name in _rows(data))
    return _newest_first(
        Entry(f"{base}{quote(name, safe='/')}.json", changed) for name, changed in rows if _ID.fullmatch(name)
    )


def _rows(data: bytes) -> Iterator[tuple[str, str]]:
    try:
        lines = data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise Unusable(_("byte %(start)s: this is not UTF-8", start=error.start)) from error
    usable = (line[:MAX_LINE_CHARACTERS] for line in lines[:MAX_ENTRIES])
    try:
        for number, cells in enumerate(csv.reader(usable), 1):
            if not cells:
                continue
            if len(cells) != 2 or not any(_STAMP.fullmatch(cell.strip()) for cell in cells):
                raise Unusable(_("line %(number)s: needs a path and a time", number=number))
            yield cells[0].strip(), cells[1].strip()
    except csv.Error as error:
        raise Unusable(_("the CSV is broken")) from error


def _newest_first(entries: Any) -> list[Entry]:
    """Without repeated addresses; of two entries with one address the newest."""
    found: dict[str, Entry] = {}
    for entry in sorted(entries, key=lambda entry: entry.changed, reverse=True):
        found.setdefault(entry.url, entry)
    return list(found.values())


def _parsed(data: bytes) -> dict:
    try:
        document = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise Unusable(_("the JSON is broken")) from error
    if not isinstance(document, dict):
        raise Unusable(_("/: a single JSON object is needed"))
    return document


def _dict(value: object) -> dict:
    return value if isinstance(value, dict) else {}


def _dicts(value: object) -> list[dict]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _addresses(base: str, value: object) -> list[str]:
    """`value` as an absolute address, in a list that is empty when it is none."""
    if not isinstance(value, str) or not 0 < len(value) <= MAX_LINE_CHARACTERS:
        return []
    try:
        address = urljoin(base, value)
    except ValueError:
        return []
    return [address] if is_web_address(address) else []


def _stamp(value: object) -> str:
    text = str(value or "").strip()
    return text if _STAMP.fullmatch(text) else ""


def expected_hash(data: bytes, name: str) -> str:
    """The hash in a file made by `sha256sum` or `sha512sum`, in lower case; "" when there is none."""
    length = {"sha256": 64, "sha512": 128}[name]
    match = re.match(rb"\s*\\?([0-9A-Fa-f]{%d})(?![0-9A-Fa-f])" % length, data[:1_000])
    return match[1].decode().lower() if match else ""
