"""Detect the format of advisories by their content, never by file name, and read them.

A file holds one document, or many: gzip, zip, JSON arrays and JSON Lines are unpacked within bounds.
"""

import io
import json
from collections.abc import Callable, Iterator
from typing import BinaryIO

from flask_babel import gettext as _

from advisories.advisory import Advisory, Unusable
from advisories.csaf import read as read_csaf
from advisories.cve import read as read_cve
from advisories.cvrf import read as read_cvrf
from advisories.cvrf.xml_values import local_name, parse
from advisories.unpacking import json_values
from advisories.unpacking.archives import Piece, unpack
from advisories.unpacking.streams import FILE, MEMORY, Limits

Check = Callable[[bytes], list[str]]
Found = tuple[str, list[Advisory] | Unusable]


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
            name = piece.name
            try:
                yield name, _read(piece, check)
                continue
            except Unusable as refused:
                error = refused
        else:
            name, error = piece
        named = Unusable(f"{name}: {error}")
        named.__cause__ = error
        yield name, named


def _read(piece: Piece, check: Check | None) -> list[Advisory]:
    if piece.data is None:
        return _from_json(piece.value, check, b"")
    start = piece.data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start == b"{":
        return _from_json(json_values.parse(piece.data), check, piece.data)
    if start == b"<":
        root = parse(piece.data)
        if local_name(root) != "cvrfdoc":
            raise Unusable(_("/%(local)s: this XML is not a CVRF document", local=local_name(root)[:60]))
        return read_cvrf.read(root)
    raise Unusable(_("neither JSON nor XML"))


def _from_json(document: object, check: Check | None, data: bytes) -> list[Advisory]:
    if not isinstance(document, dict):
        raise Unusable(_("/: must be an object"))
    if "cveMetadata" in document or document.get("dataType") == "CVE_RECORD":
        return read_cve.read(document)
    head = document.get("document")
    if isinstance(head, dict) and "csaf_version" in head:
        advisories = read_csaf.read(document)
        if check:
            advisories[0].warnings += check(data or json.dumps(document).encode())
        return advisories
    raise Unusable(_("/: this JSON is neither CSAF (document.csaf_version) nor a CVE record (cveMetadata)"))
