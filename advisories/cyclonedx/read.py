"""Read the vulnerabilities of CycloneDX 1.4 to 1.7, JSON. Pure; documents are untrusted.

Statements without an analysis are those of a vulnerability disclosure report: what is listed is affected.
"""

import hashlib
import json

from flask_babel import gettext as _

from advisories import cwe, scores
from advisories.advisory import Advisory, Note, Reference, Remedy, Threat, Unusable, Vulnerability
from advisories.completion import complete
from advisories.csaf.category import category_of
from advisories.csaf.notes import REJECTED
from advisories.csaf.rules import without_contradictions
from advisories.cyclonedx.read_components import Components
from advisories.merging import merge_all
from advisories.parsing import Log, Node
from advisories.records import ProductList, identify, revisions, title_of_vex

UNKNOWN_ISSUER = "Unknown issuer"
STATES = {
    "exploitable": "known_affected",
    "false_positive": "known_not_affected",
    "in_triage": "under_investigation",
    "not_affected": "known_not_affected",
    "resolved": "fixed",
    "resolved_with_pedigree": "fixed",
}
VERSION_STATUSES = {
    "affected": "",
    "unaffected": "known_not_affected",
    "unknown": "under_investigation",
}
JUSTIFICATIONS = {  # to the flags of CSAF
    "code_not_present": "vulnerable_code_not_present",
    "code_not_reachable": "vulnerable_code_not_in_execute_path",
    "protected_at_perimeter": "inline_mitigations_already_exist",
    "protected_at_runtime": "inline_mitigations_already_exist",
    "protected_by_compiler": "inline_mitigations_already_exist",
    "protected_by_mitigating_control": "inline_mitigations_already_exist",
    "requires_configuration": "vulnerable_code_cannot_be_controlled_by_adversary",
    "requires_dependency": "component_not_present",
    "requires_environment": "vulnerable_code_cannot_be_controlled_by_adversary",
}
RESPONSES = {
    "can_not_fix": ("none_available", "It cannot be fixed."),
    "rollback": ("mitigation", "Go back to an earlier version."),
    "update": ("vendor_fix", "Update to a version without the vulnerability."),
    "will_not_fix": ("no_fix_planned", "It will not be fixed."),
    "workaround_available": ("workaround", "A workaround exists."),
}
METHODS = {"CVSSv2": "2.0", "CVSSv3": "3.0", "CVSSv31": "3.1", "CVSSv4": "4.0"}


def is_cyclonedx(document: dict) -> bool:
    """Whether a parsed document is CycloneDX."""
    return document.get("bomFormat") == "CycloneDX"


def read(document: dict) -> list[Advisory]:
    """Read the vulnerabilities of a document as a list of one advisory; raises Unusable."""
    log = Log()
    root = Node(document, "", log)
    version = root.line("specVersion")
    if not version.startswith("1."):
        raise Unusable(_("/specVersion: %(version)s is not 1.4 to 1.7", version=repr(version[:20])))
    metadata = root["metadata"]
    products = ProductList("CDXPID", log)
    components = Components(root, products)
    entries: dict[str, list[Vulnerability]] = {}  # some tools write one for each component
    words: list[str] = []
    for number, node in enumerate(root["vulnerabilities"]):
        found, severity = _vulnerability(node, components)
        entries.setdefault(found.cve or found.title or f"/{number}", []).append(found)
        if set(found.status) != {"known_not_affected"}:
            words.append(severity)
    vulnerabilities = [merge_all(each) for each in entries.values()]
    if not vulnerabilities:
        raise Unusable(_("/vulnerabilities: an empty list"))
    publisher = _publisher(metadata)
    if not publisher:
        metadata.log.warn(metadata.place, _("neither a supplier, a manufacturer nor an author is named"))
    times = [each.released_at for each in vulnerabilities if each.released_at]
    published = metadata.time("timestamp", zone_is_utc=True) or max(times, default=None)
    history = revisions([(published, "Published.")])
    product = " ".join(filter(None, (metadata["component"].line(key) for key in ("name", "version"))))
    advisory = Advisory(
        "cyclonedx",
        root.line("serialNumber") or _digest(document),
        title_of_vex(product or publisher or UNKNOWN_ISSUER, vulnerabilities),
        publisher or UNKNOWN_ISSUER,
        publisher_category="vendor" if publisher else "other",
        category="csaf_vex",
        version=str(len(history) or 1),
        severity=scores.worst(words),
        initial_release_at=published,
        current_release_at=published,
        history=history,
        products=list(products.entries.values()),
        vulnerabilities=vulnerabilities,
        warnings=log.warnings,
    )
    complete(advisory)
    advisory.category = category_of(advisory)
    return [advisory]


def _digest(document: dict) -> str:
    """An identity for a document without a serial number: the same content is the same document."""
    text = json.dumps(document, sort_keys=True, default=str)
    return f"cyclonedx-{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:32]}"


def _publisher(metadata: Node) -> str:
    """Who states this: supplier, manufacturer or authors of the document, else of what it describes."""
    for node in (metadata, metadata["component"]):
        for key in ("supplier", "manufacturer", "manufacture"):
            if isinstance(node[key].value, dict) and (name := node[key].line("name")):
                return name
        if isinstance(node["authors"].value, list):
            for author in node["authors"]:
                if name := author.line("name"):
                    return name
    return metadata["component"].line("publisher")


def _vulnerability(node: Node, components: Components) -> tuple[Vulnerability, str]:
    """(vulnerability, severity) of an entry."""
    analysis = node["analysis"]
    state = analysis.choice("state", STATES)
    found = Vulnerability(
        title=node.line("id"),
        status=without_contradictions(_status(node["affects"], STATES.get(state, ""), components)),
        references=_references(node),
        notes=[
            Note(category, text, title)
            for category, key, title in (
                ("description", "description", "Description"),
                ("details", "detail", "Details"),
            )
            if (text := node.text(key))
        ],
        released_at=node.time("published", zone_is_utc=True),
        acknowledgments=_credits(node["credits"]),
    )
    identify(found, (node.line("id"), *(item.line("id") for item in node["references"])))
    ids = tuple(dict.fromkeys(name for named in found.status.values() for name in named))
    unaffected = found.status.get("known_not_affected", ())
    affected = tuple(name for name in ids if name not in set(unaffected))
    node.log.count_references(2 * len(ids))
    _add_analysis(found, analysis, unaffected, affected)
    _add_remedies(found, node, affected)
    found.cwe = _cwe(node)
    if rejected := node.time("rejected", zone_is_utc=True):
        found.is_rejected = True
        found.notes.append(Note("other", f"Rejected on {rejected:%Y-%m-%d}.", REJECTED))
    words = []
    for rating in node["ratings"]:
        method = METHODS.get(rating.line("method"), "")
        if method:
            node.log.count_references(len(affected or ids))
            score = scores.stated_score(
                _vector(rating.line("vector"), method),
                rating.score("score"),
                affected or ids,
                version=method,
                place=rating.place,
                log=node.log,
            )
            found.scores += [score] if score else []
        words.append(scores.severity_of_word(rating.line("severity")))
    found.scores = list(dict.fromkeys(found.scores))
    return found, scores.worst(words) or scores.severity_of(found.scores)


def _vector(vector: str, version: str) -> str:
    """A vector with the prefix of its version, which some documents leave out."""
    has_prefix = version == "2.0" or vector.upper().startswith("CVSS:")
    return vector if has_prefix or not vector else f"CVSS:{version}/{vector}"


def _objects(nodes: Node) -> Node:
    """A list of objects, of which some documents write only one without the list."""
    return Node([nodes.value], nodes.place, nodes.log) if isinstance(nodes.value, dict) else nodes


def _responses(analysis: Node) -> tuple[str, ...]:
    if isinstance(analysis["response"].value, str):
        return (analysis.line("response"),)
    return analysis.lines("response")


def _status(nodes: Node, stated: str, components: Components) -> dict[str, tuple[str, ...]]:
    """Product ids by status; `stated` is that of the analysis, empty without one."""
    status: dict[str, dict[str, None]] = {}
    for node in nodes:
        reference = node.line("ref")
        if not reference:
            node.log.warn(node.place, _("an entry without a ref was skipped"))
            continue
        has_versions = False
        for item in _objects(node["versions"]):
            has_versions = True
            key = "status" if item["status"] else "state"
            own = VERSION_STATUSES[item.choice(key, VERSION_STATUSES, "affected")]
            product = components.product(reference, item.line("version"), item.line("range"))
            status.setdefault(own or stated or "known_affected", {})[product] = None
        if not has_versions:
            status.setdefault(stated or "known_affected", {})[components.product(reference)] = None
    if not status and (product := components.main_product()):
        status = {stated or "known_affected": {product: None}}
    return {name: tuple(ids) for name, ids in status.items()}


def _add_analysis(
    found: Vulnerability, analysis: Node, unaffected: tuple[str, ...], affected: tuple[str, ...]
) -> None:
    detail = analysis.text("detail")
    reason = analysis.choice("justification", JUSTIFICATIONS)
    if reason and unaffected:
        found.flags.append((JUSTIFICATIONS[reason], unaffected))
    if unaffected and (reason or detail):
        words = reason.replace("_", " ").capitalize()
        at = analysis.time("lastUpdated", zone_is_utc=True) or analysis.time("firstIssued", zone_is_utc=True)
        found.threats.append(Threat("impact", ": ".join(filter(None, (words, detail))), at, unaffected))
    elif detail:
        found.notes.append(Note("details", detail, "Analysis"))
    for word in _responses(analysis):
        if word in RESPONSES and affected:
            kind, text = RESPONSES[word]
            found.remedies.append(Remedy(kind, text, affected))
        elif word not in RESPONSES:
            analysis.log.warn(
                analysis["response"].place, _("unknown response %(word)s", word=repr(word[:40]))
            )


def _add_remedies(found: Vulnerability, node: Node, affected: tuple[str, ...]) -> None:
    """Replace the general words of responses by what the document recommends."""
    for key, kinds in (("recommendation", ("vendor_fix", "mitigation")), ("workaround", ("workaround",))):
        text = node.text(key)
        if not text or not affected:
            continue
        place = next((at for at, each in enumerate(found.remedies) if each.kind in kinds), None)
        if place is None:
            found.remedies.append(Remedy(kinds[-1], text, affected))
        else:
            found.remedies[place] = Remedy(found.remedies[place].kind, text, affected)


def _references(node: Node) -> list[Reference]:
    found: dict[str, Reference] = {}
    source = node["source"]
    if url := source.url("url"):
        found[url] = Reference(url, source.line("name") or url)
    for item in node["advisories"]:
        if url := item.url("url"):
            found.setdefault(url, Reference(url, item.line("title") or url))
    return list(found.values())


def _cwe(node: Node) -> tuple[str, str] | None:
    numbers = node["cwes"].value
    for number in numbers if isinstance(numbers, list) else ():
        if isinstance(number, int) and not isinstance(number, bool) and 0 < number < 1_000_000:
            return f"CWE-{number}", cwe.name_of(f"CWE-{number}") or f"CWE-{number}"
    return None


def _credits(node: Node) -> list[dict]:
    people = [{"names": [name]} for item in node["individuals"] if (name := item.line("name"))]
    organizations = [{"organization": name} for item in node["organizations"] if (name := item.line("name"))]
    return people + organizations
