"""What the readers of vulnerability records share: products with ranges, dates, identifiers, titles. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from urllib.parse import quote, unquote

from advisories.advisory import ProductEntry, RevisionEntry, Vulnerability
from advisories.csaf.rules import CVE, is_cpe, is_purl
from advisories.parsing import Log

MAX_TITLE_CHARACTERS = 150
MAX_VERS_CHARACTERS = 1_800
MAX_VERS_VERSIONS = 90  # of one VERS URI
ALL_VERSIONS = "all versions"
_COLON = re.compile(r"(?<!\\):")
_ESCAPED = re.compile(r"\\(.)")
_SYSTEM = re.compile(r"[A-Za-z][A-Za-z0-9]{0,19}(?=[-:])")


@dataclass(frozen=True)
class Interval:
    """Affected versions; an empty bound is open."""

    first: str = ""  # the first affected version
    after: str = ""  # the last version before the affected ones
    before: str = ""  # the first version after the affected ones: the fix, when the issuer says so
    last: str = ""  # the last affected version

    def __str__(self) -> str:
        return ", ".join(f"{sign} {version}" for sign, version in self._bounds()) or ALL_VERSIONS

    def _bounds(self) -> list[tuple[str, str]]:
        pairs = ((">=", self.first), (">", self.after), ("<", self.before), ("<=", self.last))
        return [(sign, version) for sign, version in pairs if version]

    def vers(self, scheme: str) -> str:
        """The interval as a VERS URI (https://github.com/package-url/vers-spec); empty without a scheme."""
        if not scheme:
            return ""
        parts = [f"{sign}{_quoted(version)}" for sign, version in self._bounds()]
        uri = f"vers:{scheme}/{'|'.join(parts) or '*'}"
        return uri if len(uri) <= MAX_VERS_CHARACTERS else ""


def vers_of_versions(scheme: str, versions: Iterable[str]) -> str:
    """A VERS URI of single versions; empty without a scheme."""
    return f"vers:{scheme}/{'|'.join(map(_quoted, versions))}" if scheme else ""


def batches_of_versions(versions: Iterable[str]) -> list[list[str]]:
    """Versions in lists that are short enough for a VERS URI."""
    batches: list[list[str]] = []
    size = 0
    for version in versions:
        length = len(_quoted(version)) + 1
        if not batches or size + length > MAX_VERS_CHARACTERS or len(batches[-1]) >= MAX_VERS_VERSIONS:
            batches.append([])
            size = 0
        batches[-1].append(version)
        size += length
    return batches


def _quoted(version: str) -> str:
    return quote(version, safe="~:+^")


@dataclass
class ProductList:
    """The products of a record, each once; ids are a prefix and a number when the document has none."""

    prefix: str
    log: Log
    entries: dict[str, ProductEntry] = field(default_factory=dict)
    _ids: dict[tuple, str] = field(default_factory=dict)

    def add(
        self,
        name: str,
        *,
        identity: str = "",
        vendor: str = "",
        product: str = "",
        version: str = "",
        is_range: bool = False,
        purl: str = "",
        cpe: str = "",
        vers: str = "",
    ) -> str:
        """The id of this product, added if it is new; `identity` is the document's own, if it has one.

        An invalid purl or CPE is left out.
        """
        purl = purl if is_purl(purl) else ""
        cpe = cpe if is_cpe(cpe) else ""
        key = (name, vendor, product, version, purl, cpe, vers)
        if key not in self._ids:
            self.log.count_products(len(self.entries) + 1)
            number = len(self.entries) + 1
            if not identity or identity in self.entries:
                identity = f"{self.prefix}-{number:04}"
            while identity in self.entries:
                number += 1
                identity = f"{self.prefix}-{number:04}"
            self._ids[key] = identity
            self.entries[identity] = ProductEntry(
                identity, name, vendor, product, version, is_range, cpe, purl, vers=vers
            )
        return self._ids[key]


def revisions(dated: Iterable[tuple[datetime | None, str]]) -> list[RevisionEntry]:
    """A revision history from (time, what happened), in order; events at the same time count once."""
    known: dict[datetime, str] = {}
    for at, text in dated:
        if at:
            known.setdefault(at, text)
    return [RevisionEntry(str(number), at, known[at]) for number, at in enumerate(sorted(known), 1)]


def identify(found: Vulnerability, identifiers: Iterable[str]) -> None:
    """Set the CVE, the first of some identifiers that is one, and the others with their system (GHSA, …)."""
    known = set(found.other_ids)
    for identifier in dict.fromkeys(filter(None, identifiers)):
        upper = identifier.upper()
        if CVE.fullmatch(upper) and not found.cve:
            found.cve = upper
        elif upper != found.cve and (pair := (system_of(identifier), identifier)) not in known:
            known.add(pair)
            found.other_ids.append(pair)


def system_of(identifier: str) -> str:
    """The system of an identifier: the letters before its first hyphen or colon."""
    match = _SYSTEM.match(identifier)
    return match[0] if match else "ID"


def title_of_vex(subject: str, vulnerabilities: list[Vulnerability]) -> str:
    """A title for a VEX document, which has none: what or whose it is, and the vulnerabilities."""
    names = [each.cve or each.title for each in vulnerabilities]
    rest = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"VEX of {subject}: {', '.join(names[:3])}{rest}"


class CpeNames(NamedTuple):
    """What a CPE name calls a product; "*" and "-" are empty."""

    vendor: str = ""
    product: str = ""
    version: str = ""


def names_of_cpe(cpe: str) -> CpeNames:
    """The names in a CPE 2.3 name or 2.2 URI, unescaped; empty when it is neither."""
    if not is_cpe(cpe):
        return CpeNames()
    is_23 = cpe.startswith("cpe:2.3:")
    fields = _COLON.split(cpe)[3:7] if is_23 else unquote(cpe).split(":")[2:6]
    words = [_ESCAPED.sub(r"\1", word).replace("_", " ").strip() for word in fields]
    vendor, product, version, update = ["" if word in ("*", "-") else word for word in words + [""] * 4][:4]
    return CpeNames(vendor, product, " ".join(filter(None, (version, update))))


def first_sentence(text: str) -> str:
    """The first sentence of a text as a title, at most MAX_TITLE_CHARACTERS long."""
    start = text[: 10 * MAX_TITLE_CHARACTERS].lstrip("#*-> \t\r\n")
    line = " ".join(re.split(r"(?<=[.!?])\s|\n", start, maxsplit=1)[0].split()).rstrip(".")
    if len(line) <= MAX_TITLE_CHARACTERS:
        return line
    return line[: MAX_TITLE_CHARACTERS - 1].rsplit(" ", 1)[0] + "…"
