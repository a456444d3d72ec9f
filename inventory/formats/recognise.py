"""Recognise the format of a document by its content, and read it."""

import json
from collections.abc import Callable, Iterator
from itertools import chain

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from inventory.formats import cyclonedx, packages, spdx, tables, winget
from inventory.formats.component import (
    MAX_JSON_CONTAINERS,
    BadDocument,
    Component,
    Document,
    document,
)
from inventory.formats.unpack import decode, unpack

TABLE = "table"
LIST = "list"
ARCHIVE = "archive"
FORMATS = {
    "cyclonedx": lazy_gettext("CycloneDX"),
    "spdx2": lazy_gettext("SPDX 2"),
    "spdx3": lazy_gettext("SPDX 3"),
    "dpkg": lazy_gettext("list of dpkg"),
    "rpm": lazy_gettext("list of rpm"),
    "winget-export": lazy_gettext("winget export"),
    "winget-list": lazy_gettext("winget list"),
    TABLE: lazy_gettext("table (CSV)"),
    LIST: lazy_gettext("list of names"),
    ARCHIVE: lazy_gettext("several files"),
}
SMALL_BYTES = 8 * 1024 * 1024  # unpacked
SMALL_CONTAINERS = 300_000  # objects and lists of JSON
SMALL_TAGS = 600_000  # of XML
SMALL_ATTRIBUTES = 150_000
SMALL_COMPONENTS = 20_000
MIN_LETTERS = 2  # of a line that may name a product
MAX_LINE_LENGTH = 300  # characters of a plain list
_JSON: tuple[tuple[str, Callable[[dict], bool], Callable[[dict], Iterator[Component]]], ...] = (
    ("cyclonedx", cyclonedx.is_cyclonedx, cyclonedx.from_json),
    ("spdx2", spdx.is_spdx_2, spdx.from_spdx_2),
    ("spdx3", spdx.is_spdx_3, spdx.from_spdx_3),
    ("winget-export", winget.is_export, winget.from_export),
)
_LINES: tuple[tuple[str, Callable[[list[str]], bool], Callable[[list[str]], Iterator[Component]]], ...] = (
    ("dpkg", packages.is_dpkg, packages.from_dpkg),
    ("winget-list", winget.is_list, winget.from_list),
    ("rpm", packages.is_rpm, packages.from_rpm),
)


def accepted() -> str:
    """The sentences that say what is accepted and how to make it; shown with every refusal."""
    return _(
        "Accepted are CycloneDX up to 1.7 (JSON, XML), SPDX 2.3 and 3.0 (JSON), the output of “dpkg -l”, "
        "“rpm -qa”, “winget export” and “winget list”, tables as CSV (such as Intune's), one name a line; "
        "also packed with gzip or zip. Convert another SBOM with “syft convert FILE -o cyclonedx-json”."
    )


def read(raw: bytes, columns: tables.Columns | None = None) -> Document:
    """Unpack and read a document; raises BadDocument. See read_files()."""
    return read_files(unpack(raw), columns)


def read_files(files: list[bytes], columns: tables.Columns | None = None) -> Document:
    """Read a document, or those of an archive as one; raises BadDocument.

    `columns` says which columns of a table are read; without it those with a known name.
    """
    found = [_read_one(content, columns) for content in files]
    if len(found) == 1:
        return found[0]
    return document(ARCHIVE, chain.from_iterable(part.components for part in found))


def table_head(files: list[bytes]) -> tables.Head | None:
    """The beginning of a table, for the choice of its columns; None for other formats. Raises BadDocument."""
    if len(files) != 1 or _start(files[0]) in (b"{", b"[", b"<"):
        return None
    text = decode(files[0])
    lines = text[: tables.SAMPLE_CHARACTERS].splitlines()
    if text.lstrip()[:1] in ("{", "[") or any(is_it(lines) for _form, is_it, _read in _LINES):
        return None
    return tables.head(text) if tables.delimiter_of(text) is not None else None


def is_small(files: list[bytes]) -> bool:
    """Whether files can be read and matched while their sender waits: about a second of work."""
    return (
        sum(map(len, files)) <= SMALL_BYTES
        and sum(each.count(b"{") + each.count(b"[") for each in files) <= SMALL_CONTAINERS
        and sum(each.count(b"<") for each in files if _start(each) == b"<") <= SMALL_TAGS
        and sum(each.count(b"=") for each in files if _start(each) == b"<") <= SMALL_ATTRIBUTES
    )


def _start(content: bytes) -> bytes:
    return content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]


def _read_one(content: bytes, columns: tables.Columns | None) -> Document:
    start = _start(content)
    if not start:
        raise BadDocument(_("The file is empty."))
    if start == b"<":
        return document("cyclonedx", cyclonedx.from_xml(content))
    if start in (b"{", b"[") or content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = decode(content)
        if text.lstrip()[:1] in ("{", "["):
            return _from_json(content, text)
    return _from_text(decode(content), columns)


def _from_json(content: bytes, text: str) -> Document:
    if content.count(b"{") + content.count(b"[") > MAX_JSON_CONTAINERS:
        raise BadDocument(
            _("The document has more than %(n)s objects and lists.", n=f"{MAX_JSON_CONTAINERS:,}")
        )
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadDocument(_("The JSON is invalid.")) from error
    if isinstance(data, dict) and isinstance(data.get("sbom"), dict):
        data = data["sbom"]  # as GitHub exports it
    if isinstance(data, dict):
        for form, is_it, from_data in _JSON:
            if is_it(data):
                return document(form, from_data(data))
    raise BadDocument(_("This JSON is none of the accepted documents."))


def _from_text(text: str, columns: tables.Columns | None) -> Document:
    lines = text.splitlines()
    for form, is_it, from_lines in _LINES:
        if is_it(lines):
            return document(form, from_lines(lines))
    if tables.delimiter_of(text) is not None:
        return document(TABLE, tables.from_table(text, columns))
    if text.startswith("SPDXVersion:"):
        raise BadDocument(
            _("This is SPDX as tag and value. Convert it to JSON (pyspdxtools -i FILE -o FILE.json).")
        )
    if len(lines) == 1 and _is_json(text):
        raise BadDocument(_("This JSON is none of the accepted documents."))
    if any(len(each) > MAX_LINE_LENGTH for each in lines) or not any(map(_may_name, lines)):
        raise BadDocument(_("This text is no list of software."))
    return document(LIST, tables.from_lines(lines))


def _is_json(text: str) -> bool:
    """Whether a line is a value of JSON, such as null or a quoted string."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _may_name(text: str) -> bool:
    return sum(c.isalpha() for c in text[:MAX_LINE_LENGTH]) >= MIN_LETTERS
