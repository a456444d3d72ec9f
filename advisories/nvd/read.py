"""Read one CVE of NVD's JSON 2.0 (https://nvd.nist.gov/developers/vulnerabilities). Pure; untrusted.

NVD's record of a CVE is another document than that of the CVE Program: it has a publisher of its own.
"""

from itertools import chain

from flask_babel import gettext as _

from advisories import cwe, exploitation, scores
from advisories.advisory import (
    Advisory,
    Exploitation,
    Note,
    Reference,
    Remedy,
    Threat,
    Unusable,
    Vulnerability,
)
from advisories.completion import complete
from advisories.csaf.category import category_of
from advisories.csaf.notes import REJECTED
from advisories.csaf.rules import CVE, CWE
from advisories.cve import read as read_cve
from advisories.nvd.read_configurations import read_configurations
from advisories.parsing import Log, Node
from advisories.records import ProductList, first_sentence, revisions

PUBLISHER = "National Vulnerability Database"
NAMESPACE = "https://nvd.nist.gov"
METRICS = {
    "cvssMetricV2": "2.0",
    "cvssMetricV30": "3.0",
    "cvssMetricV31": "3.1",
    "cvssMetricV40": "4.0",
}
KEV = "https://www.cisa.gov/known-exploited-vulnerabilities-catalog"


def is_nvd(document: dict) -> bool:
    """Whether a parsed document is one CVE of NVD, with or without its wrapper {"cve": …}."""
    inner = document.get("cve") if isinstance(document.get("cve"), dict) else document
    return (
        isinstance(inner, dict)
        and isinstance(inner.get("id"), str)
        and CVE.fullmatch(inner["id"].upper()) is not None
        and isinstance(inner.get("descriptions"), list)
    )


def read(document: dict) -> list[Advisory]:
    """Read a CVE as a list of one advisory; raises Unusable."""
    log = Log()
    root = Node(document, "", log)
    node = root["cve"] if isinstance(document.get("cve"), dict) else root
    name = node.line("id").upper()
    if not CVE.fullmatch(name):
        raise Unusable(_("%(place)s: %(name)s is not a CVE id", place=node["id"].place, name=repr(name[:40])))
    products = ProductList("NVDPID", log)
    configured = read_configurations(node["configurations"], products)
    product_ids = tuple(configured.product_ids)
    description = _english(node["descriptions"])
    found = Vulnerability(
        cve=name,
        title=first_sentence(description) or name,
        status={"known_affected": product_ids} if product_ids else {},
        cwe=_cwe(node["weaknesses"]),
        notes=[Note("description", description, "Description")] if description else [],
        references=_references(node["references"]),
        remedies=configured.remedies,
        released_at=node.time("published", zone_is_utc=True),
    )
    primary, found.scores = _scores(node["metrics"], product_ids)
    _add_remarks(found, node, product_ids)
    _add_exploitation(found, node)
    is_rejected = node.line("vulnStatus") == "Rejected"
    if is_rejected:
        found.is_rejected = True
        found.notes.append(Note("other", description or "No reason is given.", REJECTED))
    published = node.time("published", zone_is_utc=True)
    modified = node.time("lastModified", zone_is_utc=True)
    history = revisions(((published, "Published."), (modified, "Updated.")))
    advisory = Advisory(
        "nvd",
        name,
        found.title,
        PUBLISHER,
        NAMESPACE,
        "coordinator",
        publisher_authority=f"Assigned by {source}" if (source := node.line("sourceIdentifier")) else "",
        status="withdrawn" if is_rejected else "final",
        version=str(len(history) or 1),
        severity=scores.severity_of(primary or found.scores),
        language="en",
        initial_release_at=published or modified,
        current_release_at=modified or published,
        history=history,
        references=[Reference(f"{NAMESPACE}/vuln/detail/{name}", f"NVD's record of {name}", "self")],
        products=list(products.entries.values()),
        vulnerabilities=[found],
        warnings=log.warnings,
    )
    complete(advisory)
    advisory.category = category_of(advisory)
    return [advisory]


def _english(nodes: Node) -> str:
    """The English texts, or all if there are none."""
    items = list(nodes)
    english = [item for item in items if item.line("lang").lower().startswith("en")] or items
    return "\n\n".join(dict.fromkeys(text for item in english if (text := item.text("value"))))


def _scores(metrics: Node, product_ids: tuple[str, ...]) -> tuple[list, list]:
    """(NVD's own scores, all scores); those of the CNA are secondary."""
    primary = []
    found = []
    for key, version in METRICS.items():
        for item in metrics[key]:
            inner = item["cvssData"]
            item.log.count_references(len(product_ids))
            score = scores.stated_score(
                inner.line("vectorString"),
                inner.score("baseScore"),
                product_ids,
                version=version,
                place=inner.place,
                log=item.log,
            )
            if score:
                found.append(score)
                primary += [score] if item.line("type") == "Primary" else []
    return primary, list(dict.fromkeys(found))


def _cwe(nodes: Node) -> tuple[str, str] | None:
    """The first CWE id; NVD-CWE-noinfo and the like are none."""
    for node in chain.from_iterable(item["description"] for item in nodes):
        number = node.line("value").upper()
        if CWE.fullmatch(number):
            return number, cwe.name_of(number) or number
    return None


def _references(nodes: Node) -> list[Reference]:
    found: dict[str, Reference] = {}
    for node in nodes:
        if url := node.url("url"):
            found.setdefault(url, Reference(url, ", ".join(node.lines("tags")) or url))
    return list(found.values())


def _add_remarks(found: Vulnerability, node: Node, product_ids: tuple[str, ...]) -> None:
    """Add the remarks of NVD's analysts and of vendors, and fixes that only they or references name."""
    if text := node.text("evaluatorSolution"):
        found.remedies.append(Remedy("vendor_fix", text, product_ids, origin="solution"))
    for key, title in (("evaluatorComment", "Comment of NVD"), ("evaluatorImpact", "Impact")):
        if text := node.text(key):
            found.notes.append(Note("details", text, title))
    for item in node["vendorComments"]:
        if text := item.text("comment"):
            found.notes.append(
                Note("details", text, f"Comment of {item.line('organization') or 'the vendor'}")
            )
    for item in node["cveTags"]:
        if "unsupported-when-assigned" in item.lines("tags"):
            found.remedies.append(Remedy("no_fix_planned", read_cve.UNSUPPORTED, product_ids))
        if tags := ", ".join(tag.replace("-", " ") for tag in item.lines("tags")):
            found.notes.append(Note("details", tags.capitalize(), "Tags"))
    if not found.remedies:
        for item in node["references"]:
            if "Patch" in item.lines("tags") and (url := item.url("url")):
                found.remedies.append(
                    Remedy("vendor_fix", "A patch is published.", product_ids, url, origin="patch_reference")
                )
                break
    node.log.count_references(len(found.remedies) * len(product_ids))


def _add_exploitation(found: Vulnerability, node: Node) -> None:
    """Add the entry of CISA's catalogue that NVD repeats."""
    if not node["cisaExploitAdd"]:
        return
    added = node.time("cisaExploitAdd", zone_is_utc=True)
    since = f" since {added:%Y-%m-%d}" if added else ""
    found.is_exploited = True
    found.exploitation.append(
        Exploitation(
            exploitation.KEV, added, f"{KEV}?search_api_fulltext={found.cve}", node.text("cisaRequiredAction")
        )
    )
    found.threats.append(Threat("exploit_status", f"Exploited: Yes (in CISA's KEV catalogue{since})", added))
