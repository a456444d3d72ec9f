"""What an uploaded file is, by its content: advisories, a KEV catalogue, EPSS scores, or a product."""

import json
import re
import zlib

ADVISORIES = "advisories"
KEV = "kev"
EPSS = "epss"
PRODUCT = "product"
PEEKED_BYTES = 64 * 1024
_EPSS_HEADING = re.compile(r"^(?:#[^\n]{0,300}\n)?[^\n]{0,200}\bepss\b", re.I)


def kind_of(data: bytes) -> str:
    """The kind of a file: one of the constants of this module; ADVISORIES when it is none of the others."""
    start = _start(data).decode("utf-8-sig", "ignore").lstrip()
    first_line = start.partition("\n")[0]
    if first_line.rstrip() == "---":
        return PRODUCT
    if start.startswith("{"):
        return KEV if _is_kev(data, start) else ADVISORIES
    if "cveID" in first_line and "dateAdded" in first_line:
        return KEV
    head = "\n".join(start.splitlines()[:2]).lower()
    return EPSS if _EPSS_HEADING.match(head) and "cve" in head else ADVISORIES


def _start(data: bytes) -> bytes:
    if not data.startswith(b"\x1f\x8b"):
        return data[:PEEKED_BYTES]
    try:
        return zlib.decompressobj(wbits=31).decompress(data, PEEKED_BYTES)
    except zlib.error:
        return b""


def _is_kev(data: bytes, start: str) -> bool:
    """Whether a JSON file is a catalogue: its first entry has the fields of KEV."""
    if '"document"' in start[:2_000] or '"cveID"' not in start or '"dateAdded"' not in start:
        return False
    if len(data) > PEEKED_BYTES or data.startswith(b"\x1f\x8b"):
        return '"vulnerabilities"' in start
    try:
        return isinstance(json.loads(start).get("vulnerabilities"), list)
    except (ValueError, RecursionError, AttributeError):
        return False
