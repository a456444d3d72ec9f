"""Digests of advisories and of their parts, by which imports see what changed, and where. Pure functions."""

import hashlib
import json

from advisories.advisory import Advisory
from advisories.codec import dump
from advisories.completion import stated
from bulletins import rows
from bulletins.models import Bulletin

PARTS = {  # fields of Advisory that imports overwrite, or leave alone, together
    "title": ("title",),
    "severity": ("severity", "severity_text"),
    "body": ("notes",),
    "content": ("products", "vulnerabilities"),
    "references": ("references",),
    "status": ("status",),
    "label": ("tlp",),
    "acknowledgments": ("acknowledgments",),
}


def part_digests(bulletin: Bulletin) -> dict[str, str]:
    """A digest of the present state of each of PARTS."""
    values = dump(rows.to_advisory(bulletin, with_local=False))
    return {part: _sha256([values.get(field) for field in fields]) for part, fields in PARTS.items()}


def changed_here(bulletin: Bulletin) -> tuple[str, ...]:
    """The PARTS that moderators changed since the last import."""
    current = part_digests(bulletin)
    return tuple(part for part, digest in bulletin.imported.items() if current[part] != digest)


def content_digest(advisory: Advisory) -> str:
    """A digest of the content, the same for all formats; warnings and what was derived do not count."""
    return _sha256(dump(stated(advisory), but=("format", "category", "month", "warnings")))


def _sha256(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
