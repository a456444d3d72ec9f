"""Read OSV records, schema 1.0 to 1.7 (https://ossf.github.io/osv-schema/). Pure; documents are untrusted."""

import re
from dataclasses import replace
from datetime import datetime

from flask_babel import gettext as _

from advisories import cwe, scores
from advisories.advisory import Advisory, Note, Reference, Remedy, Unusable, Vulnerability
from advisories.completion import complete
from advisories.csaf.category import category_of
from advisories.csaf.notes import REJECTED
from advisories.csaf.rules import CVE, CWE
from advisories.osv.databases import database_of, page_of
from advisories.osv.read_affected import Affected, read_affected, read_scores, severity_words
from advisories.parsing import Log, Node
from advisories.records import ProductList, first_sentence, identify, revisions

MAX_ID_CHARACTERS = 200
EARLIEST_YEAR = 1980
_CVE_IN_ID = re.compile(r"[A-Z]{2,20}-(CVE-[0-9]{4}-[0-9]{4,19})")  # DEBIAN-CVE-2026-1234
MAX_CVES = 2_000  # of one advisory of a distribution


def is_osv(document: dict) -> bool:
    """Whether a parsed document is an OSV record."""
    return isinstance(document.get("id"), str) and (
        isinstance(document.get("schema_version"), str)
        or isinstance(document.get("affected"), list)
        or (isinstance(document.get("modified"), str) and isinstance(document.get("aliases"), list))
    )


def read(document: dict) -> list[Advisory]:
    """Read a record as a list of one advisory; raises Unusable."""
    log = Log()
    root = Node(document, "", log)
    identity = root.line("id")
    if not identity or len(identity) > MAX_ID_CHARACTERS:
        raise Unusable(_("/id: missing, or longer than %(n)s characters", n=MAX_ID_CHARACTERS))
    database = database_of(identity)
    affected = read_affected(root["affected"], ProductList("OSVPID", log))
    published, modified, withdrawn = (_time(root, key) for key in ("published", "modified", "withdrawn"))
    history = revisions(((withdrawn, "Withdrawn."), (published, "Published."), (modified, "Updated.")))
    is_withdrawn = bool(root["withdrawn"])
    vulnerabilities = _vulnerabilities(root, identity, affected, database.is_distribution)
    if is_withdrawn:
        text = (
            f"Withdrawn by the issuer on {withdrawn:%Y-%m-%d}." if withdrawn else "Withdrawn by the issuer."
        )
        for each in vulnerabilities:
            each.is_rejected = True
            each.notes.append(Note("other", text, REJECTED))
    severity, word = _severity(root, affected, vulnerabilities[0])
    page = page_of(identity)
    advisory = Advisory(
        "osv",
        identity,
        root.line("summary") or first_sentence(root.text("details")) or identity,
        database.publisher,
        database.namespace,
        database.category,
        status="withdrawn" if is_withdrawn else "final",
        version=str(len(history) or 1),
        severity=severity,
        severity_text="" if word == severity else word,
        language="en",
        initial_release_at=published or modified,
        current_release_at=history[-1].at if history else None,
        history=history,
        aliases=[alias for alias in root.lines("aliases") if not CVE.fullmatch(alias.upper())],
        references=[Reference(page, f"The record of {identity}", "self")] if page else [],
        products=list(affected.products.entries.values()),
        vulnerabilities=vulnerabilities,
        warnings=log.warnings,
    )
    complete(advisory)
    advisory.category = category_of(advisory)
    return [advisory]


def _time(root: Node, key: str) -> datetime | None:
    """A time; some databases write the year 1 for an unknown one."""
    at = root.time(key, zone_is_utc=True)
    return at if at and at.year > EARLIEST_YEAR else None


def _vulnerabilities(
    root: Node, identity: str, affected: Affected, is_distribution: bool
) -> list[Vulnerability]:
    """One vulnerability; of an advisory of a distribution, one for each CVE that its update fixes."""
    log = root.log
    aliases = (identity, *root.lines("aliases"))
    named = _CVE_IN_ID.fullmatch(identity)
    upstream = root.lines("upstream") or ((named[1],) if named else ())
    others = upstream or (root.lines("related") if is_distribution else ())
    cves = [name for name in dict.fromkeys(map(str.upper, others)) if CVE.fullmatch(name)][:MAX_CVES]
    if any(CVE.fullmatch(alias.upper()) for alias in aliases):
        cves = []
    product_ids = tuple(affected.product_ids)
    found = Vulnerability(
        title=root.line("summary") or first_sentence(root.text("details")),
        status={"known_affected": product_ids} if product_ids else {},
        scores=read_scores(root["severity"], product_ids) + affected.scores,
        remedies=affected.remedies,
        references=_references(root["references"]),
        cwe=_cwe(root["database_specific"]),
        acknowledgments=_credits(root["credits"]),
        released_at=_time(root, "published"),
    )
    if text := root.text("details") or root.text("summary"):
        found.notes.append(Note("description", text, "Description"))
    if not found.remedies and product_ids:
        found.remedies = _patches(root["references"], product_ids)
    found.scores = list(dict.fromkeys(found.scores))
    named = sum(len(item.product_ids) for item in (*found.scores, *found.remedies)) + len(product_ids)
    log.count_references(named * max(1, len(cves)))
    if len(cves) < 2:
        identify(found, (*aliases, *cves, *upstream))
        return [found]
    parts = []
    for name in cves:
        part = replace(
            found, cve=name, other_ids=[], scores=[], notes=list(found.notes), remedies=list(found.remedies)
        )
        identify(part, (identity,))
        parts.append(part)
    return parts


def _references(nodes: Node) -> list[Reference]:
    found: dict[str, Reference] = {}
    for node in nodes:
        if url := node.url("url"):
            kind = node.line("type")
            label = "" if kind in ("", "WEB") else f"{kind.capitalize()}: "
            found.setdefault(url, Reference(url, f"{label}{url}"))
    return list(found.values())


def _patches(nodes: Node, product_ids: tuple[str, ...]) -> list[Remedy]:
    """A fix that only a reference names."""
    urls = [url for node in nodes if node.line("type") == "FIX" and (url := node.url("url"))]
    return [
        Remedy("vendor_fix", "A fix is published.", product_ids, url, origin="patch_reference")
        for url in urls[:1]
    ]


def _cwe(specific: Node) -> tuple[str, str] | None:
    """The first CWE id; databases have one form each (GitHub: cwe_ids, curl: CWE)."""
    value = specific.value if isinstance(specific.value, dict) else {}
    names = value.get("cwe_ids")
    single = value.get("CWE")
    candidates = names if isinstance(names, list) else []
    candidates = [*candidates, single.get("id") if isinstance(single, dict) else None]
    for name in candidates:
        if isinstance(name, str) and CWE.fullmatch(name.strip().upper()):
            number = name.strip().upper()
            return number, cwe.name_of(number) or number
    return None


def _credits(nodes: Node) -> list[dict]:
    found = []
    for node in nodes:
        if name := node.line("name"):
            urls = [url for line in node.lines("contact") if (url := _web_address(node, line))]
            found.append(
                {
                    "names": [name],
                    **({"summary": kind} if (kind := node.line("type")) else {}),
                    **({"urls": urls} if urls else {}),
                }
            )
    return found


def _web_address(node: Node, line: str) -> str:
    return node.log.url(line, node["contact"].place) if line.startswith(("http://", "https://")) else ""


def _severity(root: Node, affected: Affected, first: Vulnerability) -> tuple[str, str]:
    """(severity, the issuer's term): as stated by the database, else computed from the scores."""
    specific = root["database_specific"]["severity"].value
    word = root.log.line(specific, "/database_specific/severity") if isinstance(specific, str) else ""
    stated = scores.severity_of_word(word)
    if stated:
        return stated, word
    words = [*severity_words(root["severity"]), *affected.severities]
    all_scores = first.scores or read_scores(root["severity"], ())
    return scores.worst(words) or scores.severity_of(all_scores), ""
