"""SPDX 2.2 and 2.3 (JSON) and 3.0 (JSON-LD)."""

import re
from collections.abc import Iterator, Sequence

from flask_babel import gettext as _

from inventory.formats.component import BadDocument, Component, line

_ACTOR = re.compile(r"(?:Organization|Person):\s*([^(]*)")
PURL_TYPES = ("purl", "packageURL", "packageUrl")
CPE_TYPES = ("cpe23Type", "cpe22Type", "cpe23", "cpe22")
PACKAGE_3 = ("software_Package", "software:Package", "Package")


def is_spdx_2(document: dict) -> bool:
    """Whether a JSON object is an SPDX 2 document."""
    return isinstance(document.get("spdxVersion"), str)


def from_spdx_2(document: dict) -> Iterator[Component]:
    """Yield the packages of an SPDX 2 document; raises BadDocument."""
    if not str(document["spdxVersion"]).startswith("SPDX-2."):
        raise BadDocument(_("This version of SPDX is not read. Send SPDX 2.3 or 3.0 as JSON."))
    for package in _dicts(document.get("packages")):
        references = [
            (each.get("referenceType"), each.get("referenceLocator"))
            for each in _dicts(package.get("externalRefs"))
        ]
        actor = _ACTOR.match(line(package.get("supplier")) or line(package.get("originator")))
        yield Component(
            name=line(package.get("name")),
            version=line(package.get("versionInfo")),
            purl=_first(references, PURL_TYPES),
            cpe=_first(references, CPE_TYPES),
            vendor=actor[1].strip() if actor else "",
        )


def is_spdx_3(document: dict) -> bool:
    """Whether a JSON object is an SPDX 3 document, by its JSON-LD context."""
    context = document.get("@context")
    contexts = context if isinstance(context, list) else [context]
    return any(isinstance(each, str) and "spdx.org/rdf/3." in each for each in contexts)


def from_spdx_3(document: dict) -> Iterator[Component]:
    """Yield the packages of an SPDX 3 document."""
    graph = _dicts(document.get("@graph", [document]))
    names = {
        key: line(each.get("name"))
        for each in graph
        if isinstance(key := each.get("spdxId") or each.get("@id"), str)
    }
    for package in graph:
        if (package.get("type") or package.get("@type")) not in PACKAGE_3:
            continue
        identifiers = [
            (each.get("externalIdentifierType"), each.get("identifier"))
            for each in _dicts(package.get("externalIdentifier"))
        ]
        supplier = package.get("suppliedBy")
        if isinstance(supplier, dict):
            vendor = line(supplier.get("name"))
        else:
            vendor = names.get(supplier, "") if isinstance(supplier, str) else ""
        yield Component(
            name=line(package.get("name")),
            version=line(package.get("software_packageVersion")),
            purl=line(package.get("software_packageUrl")) or _first(identifiers, PURL_TYPES),
            cpe=_first(identifiers, CPE_TYPES),
            vendor=vendor,
        )


def _dicts(value: object) -> list[dict]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _first(references: Sequence[tuple[object, object]], kinds: tuple[str, ...]) -> str:
    """The first reference of the first of `kinds` that there is."""
    for kind in kinds:
        for found, locator in references:
            if found == kind and (text := line(locator)):
                return text
    return ""
