"""Detect the format of advisories by their content, never by file name, and read them.

A file holds one document, or many: gzip, zip, JSON lists, JSON Lines and answers of databases are unpacked
within bounds.
"""

import io
import json
from collections.abc import Callable, Iterator
from typing import BinaryIO

from flask_babel import gettext as _

from advisories import refusals
from advisories.advisory import Advisory, Unusable
from advisories.csaf import read as read_csaf
from advisories.cve import read as read_cve
from advisories.cvrf import read as read_cvrf
from advisories.cvrf.xml_values import local_name, parse
from advisories.cyclonedx import read as read_cyclonedx
from advisories.gcve import read as read_gcve
from advisories.msrc import read as read_msrc
from advisories.nvd import read as read_nvd
from advisories.openvex import read as read_openvex
from advisories.osv import read as read_osv
from advisories.osv import read_yaml
from advisories.unpacking import json_values
from advisories.unpacking.archives import Piece, unpack
from advisories.unpacking.streams import FILE, MEMORY, Limits

Check = Callable[[bytes], list[str]]
Found = tuple[str, list[Advisory] | Unusable]
# (recognises a parsed document, reads it), the more specific first
READERS: list[tuple[Callable[[dict], bool], Callable[[dict], list[Advisory]]]] = [
    (read_gcve.is_gcve, read_gcve.read),
    (
        lambda document: "cveMetadata" in document or document.get("dataType") == "CVE_RECORD",
        read_cve.read,
    ),
    (read_openvex.is_openvex, read_openvex.read),
    (
        lambda document: read_cyclonedx.is_cyclonedx(document) and bool(document.get("vulnerabilities")),
        read_cyclonedx.read,
    ),
    (read_msrc.is_msrc, read_msrc.read),
    (read_nvd.is_nvd, read_nvd.read),
    (read_osv.is_osv, read_osv.read),
]


def read(data: bytes, where: str, *, check: Check | None = None) -> list[Advisory]:
    """Read the advisories in a file named `where`; raises Unusable with "where: location: reason".

    All of them are in memory at once: for large archives see iterate(). What could not be read of an archive
    or a list, beside advisories that could, is in the warnings of the first advisory. `check` (a
    csaf.validator.Checker) adds the rules that a CSAF document violates to its warnings.
    """
    found: list[Advisory] = []
    refused: list[Unusable] = []
    for _name, result in iterate(io.BytesIO(data), where, check=check, limits=MEMORY):
        if isinstance(result, Unusable):
            refused.append(result)
        else:
            found += result
    if refused and not found:
        raise refused[0]
    if refused:
        found[0].warnings[:0] = [str(error) for error in refused]
    return found


def iterate(
    stream: BinaryIO, where: str, *, check: Check | None = None, limits: Limits = FILE
) -> Iterator[Found]:
    """Yield (name, advisories or Unusable) of each document in a file, one document in memory at a time.

    `stream` must be seekable; `name` is `where` or, in an archive or a list, "where: path, entry n". The
    message of an Unusable begins with the name. A file that is refused as a whole yields one pair.
    """
    for piece in unpack(stream, where, limits):
        if isinstance(piece, Piece):
            yield from _documents(piece, check)
        else:
            yield _refused(*piece)


def _documents(piece: Piece, check: Check | None) -> Iterator[Found]:
    """Yield what is read of a piece, which may be the answer of a database with several records."""
    try:
        if piece.data is not None and not _is_json(piece.data):
            yield piece.name, _from_other(piece.data)
            return
        document = piece.value if piece.data is None else json_values.parse(piece.data)
        records = _records(document)
        if records is None:
            yield piece.name, _from_json(document, check, piece.data)
            return
    except Unusable as error:
        yield _refused(piece.name, error)
        return
    for number, record in enumerate(records, 1):
        name = _("%(name)s, entry %(number)s", name=piece.name, number=number)
        try:
            yield name, _from_json(record, check, None)
        except Unusable as error:
            yield _refused(name, error)


def _refused(name: str, error: Unusable) -> Found:
    named = Unusable(f"{name}: {error}")
    named.__cause__ = error
    return name, named


def _is_json(data: bytes) -> bool:
    at = json_values.first_character(data)
    return data[at : at + 1] == b"{"


def _from_other(data: bytes) -> list[Advisory]:
    """The advisories in a file that is not JSON: CVRF, or OSV in YAML."""
    at = json_values.first_character(data)
    start = data[at : at + 200]
    if not start:
        raise Unusable(_("an empty file"))
    if start[:1] != b"<":
        if read_yaml.is_yaml(data):
            return read_osv.read(read_yaml.parse(data))
        raise Unusable(refusals.of_text(start))
    root = parse(data)
    if local_name(root) != "cvrfdoc":
        raise Unusable(refusals.of_xml(local_name(root)[:60]))
    return read_cvrf.read(root)


def _records(document: object) -> list | None:
    """The records in an answer of NVD or OSV; None for any other document."""
    if not isinstance(document, dict):
        return None
    for key, is_one in (("vulnerabilities", read_nvd.is_nvd), ("vulns", read_osv.is_osv)):
        items = document.get(key)
        if not isinstance(items, list):
            continue
        if document.get("format") == "NVD_CVE" and not items:
            raise Unusable(_("/vulnerabilities: this answer of NVD has no records"))
        if items and isinstance(items[0], dict) and is_one(items[0]):
            return items
    return None


def _from_json(document: object, check: Check | None, data: bytes | None) -> list[Advisory]:
    if not isinstance(document, dict):
        raise Unusable(_("/: must be an object"))
    head = document.get("document")
    if isinstance(head, dict) and "csaf_version" in head:
        advisories = read_csaf.read(document, data or b"")
        if check:
            advisories[0].warnings += check(data or json.dumps(document).encode())
        return advisories
    for is_format, read_format in READERS:
        if is_format(document):
            return read_format(document)
    raise Unusable(refusals.of_json(document))
