"""Read CVE records, JSON 5. Pure; documents are untrusted.

The container of the numbering authority (CNA) comes first; CISA and others add containers (ADP).
"""

import re
from collections.abc import Iterator
from datetime import datetime
from itertools import chain

from flask_babel import gettext as _

from advisories import cwe, exploitation, fixed_versions, scores, wording
from advisories.advisory import (
    Advisory,
    Exploitation,
    Note,
    Reference,
    Remedy,
    RevisionEntry,
    Score,
    Threat,
    Unusable,
    Vulnerability,
)
from advisories.csaf.category import category_of
from advisories.csaf.notes import REJECTED
from advisories.csaf.rules import CVE, CWE, default_product_ids
from advisories.cve.read_products import read_affected
from advisories.parsing import Log, Node
from advisories.severity_words import severity_of_phrase

PUBLISHER = "CVE Program"
NAMESPACE = "https://www.cve.org"
METRICS = {"cvssV2_0": "2.0", "cvssV3_0": "3.0", "cvssV3_1": "3.1", "cvssV4_0": "4.0"}
DECISION_POINTS = ("Exploitation", "Automatable", "Technical Impact")  # of CISA's SSVC
MAX_TITLE_LENGTH = 150  # characters
KNOWN_EXPLOITED = "Exploited: Yes (marked by the assigner)"  # a tag of the record
UNSUPPORTED = "The product was no longer supported when the CVE was assigned"  # a tag of the record


def read(document: dict) -> list[Advisory]:
    """Read a record as a list of one advisory; raises Unusable."""
    log = Log()
    root = Node(document, "", log)
    meta = root["cveMetadata"]
    cna = root["containers"]["cna"]
    name = meta.line("cveId").upper()
    if not CVE.fullmatch(name):
        raise Unusable(_("/cveMetadata/cveId: %(name)s is not a CVE id", name=repr(name[:40])))
    state = meta.choice("state", ("PUBLISHED", "REJECTED"), "PUBLISHED")
    containers = [cna, *root["containers"]["adp"]]
    affected = read_affected(containers, log)
    found = _vulnerability(name, containers, affected.status)
    if state == "REJECTED":
        found.is_rejected = True
        found.notes.append(Note("other", _english(cna["rejectedReasons"]) or "No reason is given.", REJECTED))
    history = _history(meta)
    word, namespace = _stated_severity(containers)
    severity = severity_of_phrase(word) or scores.severity_of(found.scores)
    advisory = Advisory(
        "cve",
        name,
        found.title,
        PUBLISHER,
        NAMESPACE,
        "coordinator",
        publisher_authority=(
            f"{exploitation.ASSIGNED_BY}{author}" if (author := meta.line("assignerShortName")) else ""
        ),
        status="withdrawn" if state == "REJECTED" else "final",
        version=str(len(history) or 1),
        severity=severity,
        severity_text="" if word == severity else word,
        severity_namespace=namespace,
        history=history,
        language="en",
        initial_release_at=history[0].at if history else None,
        current_release_at=history[-1].at if history else None,
        aliases=_aliases(cna["source"]),
        references=[Reference(f"{NAMESPACE}/CVERecord?id={name}", f"The record of {name}", "self")],
        products=list(affected.entries.values()),
        vulnerabilities=[found],
        warnings=log.warnings,
    )
    _add_tagged_exploitation(found, cna, author or PUBLISHER)
    fixed_versions.derive(advisory, is_record=True, patch_url=_patch_url(cna))
    exploitation.collect(advisory)
    advisory.category = category_of(advisory)
    return [advisory]


def _vulnerability(name: str, containers: list[Node], status: dict[str, tuple[str, ...]]) -> Vulnerability:
    cna = containers[0]
    default_ids = default_product_ids(status)
    description = _english(cna["descriptions"])
    found = Vulnerability(
        cve=name,
        title=cna.line("title") or _first_sentence(cna["descriptions"]) or name,
        status=status,
        cwe=_first_cwe(containers),
        references=_references(containers),
        notes=[Note("description", description, "Description")] if description else [],
        scores=_scores(containers, default_ids),
        released_at=cna.time("datePublic", zone_is_utc=True),
        acknowledgments=[
            {"names": [credit], **({"summary": kind} if (kind := node.line("type")) else {})}
            for node in cna["credits"]
            if (credit := node.line("value"))
        ],
    )
    for key, title in (("configurations", "Configuration"), ("timeline", "Timeline")):
        if text := _as_list(cna[key]):
            found.notes.append(Note("details", text, title))
    _add_remedies(found, cna, default_ids)
    cna.log.count_references(sum(len(item.product_ids) for item in (*found.scores, *found.remedies)))
    found.threats = [Threat("exploit_status", text) for text in (_english(cna["exploits"]),) if text]
    found.threats += [
        Threat("impact", text) for node in cna["impacts"] if (text := _english(node["descriptions"]))
    ]
    for container in containers:
        for metric in container["metrics"]:
            _add_exploitation(found, metric["other"])
    return found


def _add_remedies(found: Vulnerability, cna: Node, product_ids: tuple[str, ...]) -> None:
    """Add workarounds and solutions; texts that say that there is none are no remedies."""
    if text := _english(cna["workarounds"]):
        if wording.says_no_workaround(text):
            found.notes.append(Note("details", text, "Workarounds"))
        else:
            found.remedies.append(Remedy("workaround", text, product_ids))
    if text := _english(cna["solutions"]):
        kind = "none_available" if wording.says_no_fix(text) else "vendor_fix"
        found.remedies.append(Remedy(kind, text, product_ids))
    if "unsupported-when-assigned" in cna.lines("tags") and not any(
        each.kind == "vendor_fix" for each in found.remedies
    ):
        found.remedies.append(Remedy("no_fix_planned", UNSUPPORTED, product_ids))


def _patch_url(cna: Node) -> str:
    """The first reference that the assigner tags as a patch; empty when there is none."""
    for node in cna["references"]:
        if "patch" in node.lines("tags") and (url := node.url("url")):
            return url
    return ""


def _english(nodes: Node) -> str:
    """The English texts, or all if there are none; HTML is preferred to plain text."""
    return "\n\n".join(dict.fromkeys(filter(None, map(_text_of, _in_english(nodes)))))


def _in_english(nodes: Node) -> list[Node]:
    items = list(nodes)
    return [node for node in items if node.line("lang").lower().startswith("en")] or items


def _text_of(node: Node) -> str:
    for media in node["supportingMedia"]:
        if (
            media.line("type").lower() == "text/html"
            and media["base64"].value is not True
            and (text := media.html("value"))
        ):
            return text
    return node.prose("value")


def _as_list(nodes: Node) -> str:
    """Entries as a Markdown list, with their dates (UTC) if they have any."""
    lines = []
    for node in nodes:
        at = node.time("time", zone_is_utc=True)
        if text := _text_of(node):
            lines.append(f"- {at:%Y-%m-%d}: {text}" if at else text)
    return ("\n" if any(line.startswith("- ") for line in lines) else "\n\n").join(lines)


def _first_sentence(nodes: Node) -> str:
    """The first sentence of a description, at most MAX_TITLE_LENGTH characters."""
    text = next((text for node in _in_english(nodes) if (text := node.text("value"))), "")
    line = " ".join(re.split(r"(?<=[.!?])\s|\n\n", text, maxsplit=1)[0].split()).rstrip(".")
    if len(line) <= MAX_TITLE_LENGTH:
        return line
    return line[: MAX_TITLE_LENGTH - 1].rsplit(" ", 1)[0] + "…"


def _history(meta: Node) -> list[RevisionEntry]:
    dated: list[tuple[datetime, str]] = []
    for key, text in (
        ("datePublished", "Published."),
        ("dateUpdated", "Updated."),
        ("dateRejected", "Rejected."),
    ):
        at = meta.time(key, zone_is_utc=True)
        if at and at not in [other for other, _ in dated]:
            dated.append((at, text))
    return [RevisionEntry(str(number), at, text) for number, (at, text) in enumerate(sorted(dated), 1)]


def _aliases(source: Node) -> list[str]:
    """Ids of the advisory of the assigner."""
    advisory = source["advisory"]
    return list(
        source.lines("advisory")
        if isinstance(advisory.value, list)
        else filter(None, [source.line("advisory")])
    )


def _first_cwe(containers: list[Node]) -> tuple[str, str] | None:
    """(id, name) of the first weakness that has a CWE id."""
    problem_types = chain.from_iterable(container["problemTypes"] for container in containers)
    for node in chain.from_iterable(kind["descriptions"] for kind in problem_types):
        number = node.line("cweId").upper()
        if CWE.fullmatch(number):
            text = node.line("description").removeprefix(number).strip(" :-")
            return number, cwe.name_of(number) or text or number
    return None


def _references(containers: list[Node]) -> list[Reference]:
    """Distinct links of all containers."""
    found: dict[str, Reference] = {}
    for container in containers:
        for node in container["references"]:
            tags = ", ".join(tag for tag in node.lines("tags") if not tag.startswith("x_"))
            if url := node.url("url"):
                found.setdefault(url, Reference(url, node.line("name") or tags or url))
    return list(found.values())


def _metrics(containers: list[Node]) -> Iterator[Node]:
    """The metrics of all containers."""
    return chain.from_iterable(container["metrics"] for container in containers)


def _scores(containers: list[Node], default_ids: tuple[str, ...]) -> list[Score]:
    """Distinct scores by version, those of the CNA first."""
    found = []
    for metric in _metrics(containers):
        for key, version in METRICS.items():
            if inner := metric[key]:
                found.append(
                    scores.stated_score(
                        inner.line("vectorString"),
                        inner.score("baseScore"),
                        default_ids,
                        version=version,
                        place=inner.place,
                        log=inner.log,
                    )
                )
    return sorted(dict.fromkeys(filter(None, found)), key=lambda score: score.version)


def _stated_severity(containers: list[Node]) -> tuple[str, str]:
    """(term, namespace) of the first metric that states a severity in words."""
    for metric in _metrics(containers):
        other = metric["other"]
        if "severity" in other.line("type").lower():
            word = other["content"].line("value") or other["content"].line("text")
            if severity_of_phrase(word):
                return word, other["content"].url("namespace")
    return "", ""


def _add_exploitation(found: Vulnerability, other: Node) -> None:
    """Add CISA's statements on exploitation: catalogue entry (kev), decision points (ssvc)."""
    content = other["content"]
    kind = other.line("type").lower()
    if kind == "kev":
        added = content.time("dateAdded", zone_is_utc=True)
        since = f" since {added:%Y-%m-%d}" if added else ""
        text = f"Exploited: Yes (in CISA's KEV catalogue{since})"
        found.threats.append(Threat("exploit_status", text, added))
        url = content.url("reference")
        exploitation.add(found, Exploitation(exploitation.KEV, added, url, text))
    elif kind == "ssvc":
        points: list[str] = []
        for option in content["options"]:
            points += [f"{key}: {value}" for key in DECISION_POINTS if (value := option.line(key))]
        at = content.time("timestamp", zone_is_utc=True)
        if points:
            found.threats.append(Threat("exploit_status", f"SSVC: {'; '.join(points)}", at))
        if "Exploitation: active" in points:
            exploitation.add(found, Exploitation(exploitation.SSVC, at, details="Exploitation: active"))


def _add_tagged_exploitation(found: Vulnerability, cna: Node, author: str) -> None:
    """Add what the assigner says by a tag of the record, or in an entry of the timeline with its date."""
    if "x_known-exploited-vulnerability" in cna.lines("tags"):
        at = cna.time("datePublic", zone_is_utc=True)
        found.threats.append(Threat("exploit_status", KNOWN_EXPLOITED, at))
        exploitation.add(found, Exploitation(author, at, details=KNOWN_EXPLOITED))
    for node in cna["timeline"]:
        at = node.time("time", zone_is_utc=True)
        if sentence := wording.exploited_sentence(node.text("value"), found.cve):
            exploitation.add(found, Exploitation(author, at, details=sentence[:300]))
