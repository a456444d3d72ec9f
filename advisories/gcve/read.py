"""Read GCVE records (https://gcve.eu/bcp/gcve-bcp-05/): CVE records with an extension `x_gcve`. Pure.

The publisher is the numbering authority (GNA) whose number is in the identifier.
"""

import re
from collections.abc import Iterator

from flask_babel import gettext as _

from advisories.advisory import Advisory, Reference, Unusable
from advisories.csaf.rules import CVE
from advisories.cve import read as read_cve
from advisories.parsing import Log, Node
from advisories.records import identify

GCVE = re.compile(r"GCVE-([1-9][0-9]{0,9})-([0-9]{4})-([0-9]{1,19})")
SUPPLEMENTS = ("analysis", "comment", "detection", "metadata", "reference", "translation")
_PLACEHOLDER = "CVE-0000-0000"  # the reader of CVE records needs a CVE id


def is_gcve(document: dict) -> bool:
    """Whether a parsed document is a record of a GNA; GCVE-0-… is the CVE with these numbers."""
    return GCVE.fullmatch(_identity(document)) is not None


def read(document: dict) -> list[Advisory]:
    """Read a record as a list of one advisory; raises Unusable."""
    identity = _identity(document)
    number = GCVE.fullmatch(identity)
    if not number:
        raise Unusable(_("/cveMetadata/vulnId: %(name)s is not a GCVE id", name=repr(identity[:40])))
    extension = next(_extensions(document), {})
    kind = _line(extension, "recordType").lower()
    related = list(_related(extension))
    if kind in SUPPLEMENTS:
        raise Unusable(
            _(
                "%(identity)s is a GCVE record of type %(kind)s about %(others)s: only advisories are taken; "
                "import the record that it supplements",
                identity=identity,
                kind=kind,
                others=", ".join(name for name, _type in related[:5]) or _("another record"),
            )
        )
    meta = document.get("cveMetadata")
    meta = meta if isinstance(meta, dict) else {}
    (advisory,) = read_cve.read({**document, "cveMetadata": {**meta, "cveId": _PLACEHOLDER}})
    found = advisory.vulnerabilities[0]
    if found.title == _PLACEHOLDER:
        found.title = identity
    found.cve = ""
    stated = _line(meta, "cveId")
    equal = [name for name, relation in related if relation == "equal"]
    identify(found, (stated if CVE.fullmatch(stated.upper()) else "", *equal, identity))
    advisory.format = "gcve"
    advisory.tracking_id = identity
    advisory.title = found.title
    advisory.publisher = f"GCVE GNA {number[1]}"
    advisory.publisher_namespace = "https://gcve.eu"
    name = _short_name(document)
    advisory.publisher_authority = f"Assigned by {name}" if name else ""
    advisory.references = [
        Reference(f"https://db.gcve.eu/vuln/{identity}", f"The record of {identity}", "self")
    ]
    if found.is_rejected or kind == "deprecation":
        advisory.status = "withdrawn"
        found.is_rejected = True
    return [advisory]


def _identity(document: dict) -> str:
    """The GCVE id of a document: that of its metadata, else of the extension of its main container."""
    meta = document.get("cveMetadata")
    named = [_line(meta, key) for key in ("vulnId", "cveId")] if isinstance(meta, dict) else []
    named += [_line(extension, "vulnId") for extension in _extensions(document)]
    return next((name.upper() for name in named if GCVE.fullmatch(name.upper())), "")


def _extensions(document: dict) -> Iterator[dict]:
    """Yield the extensions of the main container and of the document."""
    containers = document.get("containers")
    main = containers.get("cna") if isinstance(containers, dict) else None
    for holder in (main, document):
        value = holder.get("x_gcve") if isinstance(holder, dict) else None
        for item in value[:10] if isinstance(value, list) else [value]:
            if isinstance(item, dict):
                yield item


def _related(extension: dict) -> Iterator[tuple[str, str]]:
    """Yield (id, type) of the relationships of a record."""
    for node in Node(extension, "/x_gcve", Log())["relationships"]:
        if name := node.line("destId")[:100]:
            yield name, node.line("type").lower()


def _short_name(document: dict) -> str:
    """The name of the authority, if the record has it."""
    root = Node(document, "", Log())
    name = root["cveMetadata"].line("assignerShortName")
    return name or root["containers"]["cna"]["providerMetadata"].line("shortName")


def _line(value: dict, key: str) -> str:
    text = value.get(key)
    return " ".join(text[:200].split()) if isinstance(text, str) else ""
