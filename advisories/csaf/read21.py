"""What only CSAF 2.1 says (committee draft 04): metrics, exploitation dates, TLP 2.0, involvement.

read.py reads the parts that both versions have. Section numbers are those of the draft. Pure; documents are
untrusted.
"""

import re
from dataclasses import replace
from urllib.parse import urlsplit

from flask_babel import gettext as _

from advisories import cwe, scores
from advisories.advisory import (
    Advisory,
    Exploitation,
    Metric,
    Note,
    Score,
    Threat,
    Unusable,
    Vulnerability,
)
from advisories.csaf import rules
from advisories.csaf.read_products import Products
from advisories.parsing import Node

VERSIONS = ("2.0", "2.1")
PUBLIC_GROUP = "ffffffff-ffff-ffff-ffff-ffffffffffff"  # 3.2.2.5.1: everybody may be in it
CVSS_KEYS = ("cvss_v2", "cvss_v3", "cvss_v4")
SSVC_KEYS = ("ssvc_v2", "ssvc_v1")  # drafts before 04 had version 1 of the selection list
CISA = "cisa.gov"
RATINGS = ("critical", "high", "medium", "low", "none")
WITHDRAWN = "csaf_withdrawn"
MAX_ACTIONS = 500  # of the timeline of involvement
MAX_EXTENSIONS = 20  # that are named in warnings
_SHARE = re.compile(r"0\.[0-9]{1,20}|1\.0{1,20}")


def check_version(head: Node) -> str:
    """The version of CSAF that a document states. Raises Unusable for a version that is not known here."""
    version = head.line("csaf_version")
    if version not in VERSIONS:
        raise Unusable(
            _(
                "/document/csaf_version: %(version)s is not known here, and no document is read in part. "
                "CSAF %(versions)s can be read: ask the issuer for one of these, or update this site",
                version=repr(version[:20]),
                versions=_(" and ").join(VERSIONS),
            )
        )
    return version


def label(distribution: Node) -> str:
    """The TLP 2.0 label (3.2.2.5.2); where it is missing or contradicts the sharing group, RED."""
    tlp = distribution["tlp"]
    word = tlp.line("label").upper()
    if word == "WHITE":
        tlp.log.warn(tlp["label"].place, _("WHITE is a label of TLP 1.0, read as CLEAR"))
        word = "CLEAR"
    if word not in rules.TLP_2:
        tlp.log.warn(tlp.place, _("CSAF 2.1 needs a label of TLP 2.0; kept as RED"))
        return "RED"
    if word == "CLEAR" and sharing_group(distribution):
        tlp.log.warn(
            distribution["sharing_group"].place,
            _("TLP:CLEAR contradicts the sharing group; kept as RED"),
        )
        return "RED"
    return word


def sharing_group(distribution: Node) -> str:
    """The name or id of the group that the document is for; empty for everybody (3.2.2.5.1)."""
    group = distribution["sharing_group"]
    identifier = group.line("id").lower()
    return "" if identifier in ("", PUBLIC_GROUP) else group.line("name") or identifier


def contact(publisher: Node) -> str:
    """The contact of a publisher as text (3.1.4); 2.0 has a text only."""
    stated = publisher["contact"]
    parts = (
        stated.text("details"),
        stated.line("email"),
        stated.url("url"),
        stated.url("public_openpgp_key_url"),
    )
    return "\n".join(filter(None, parts)) or publisher.text("contact_details")


def complete(found: Vulnerability, node: Node, products: Products, publisher: str) -> None:
    """Add to a vulnerability what 2.1 says of it; `publisher` is the source of its exploitation."""
    found.released_at = node.time("disclosure_date") or found.released_at
    _add_cwes(found, node["cwes"])
    for metric in node["metrics"]:
        _add_metric(found, metric, products, publisher)
    for stated in node["first_known_exploitation_dates"]:
        at = stated.time("exploitation_date")
        known_at = stated.time("date")
        if at or known_at:
            since = f" (first known: {at:%Y-%m-%d})" if at else ""
            details = f"Exploited: Yes{since}"
            found.threats.append(Threat("exploit_status", details, known_at, products.named_by(stated)))
            found.exploitation.append(Exploitation(publisher, at, details=details))
    found.is_exploited = found.is_exploited or bool(found.exploitation)


def _add_cwes(found: Vulnerability, nodes: Node) -> None:
    stated = []
    for node in nodes:
        identifier = node.line("id")
        if rules.CWE.fullmatch(identifier):
            stated.append((identifier, cwe.name_of(identifier) or node.line("name") or identifier))
        else:
            node.log.warn(node["id"].place, _("not a CWE id: %(cwe)s", cwe=repr(identifier[:40])))
    if stated and found.cwe is None:
        found.cwe = stated.pop(0)
    found.other_cwes += [each for each in dict.fromkeys(stated) if each != found.cwe]


def _add_metric(found: Vulnerability, node: Node, products: Products, publisher: str) -> None:
    content = node["content"]
    source = node.url("source")
    product_ids = products.named_or_default(node, "products")
    for key in CVSS_KEYS:
        inner = content[key]
        score = inner and scores.stated_score(
            inner.line("vectorString"),
            inner.score("baseScore"),
            product_ids,
            version=inner.line("version"),
            place=inner.place,
            log=node.log,
        )
        if isinstance(score, Score):
            found.scores.append(replace(score, source=source))
    epss = content["epss"]
    if epss:
        probability = epss.line("probability")
        percentile = epss.line("percentile")
        if _SHARE.fullmatch(probability) and (not percentile or _SHARE.fullmatch(percentile)):
            found.metrics.append(
                Metric("epss", probability, percentile, epss.time("timestamp"), source, product_ids)
            )
        else:
            node.log.warn(epss.place, _("not a probability from 0 to 1"))
    rating = content.choice("qualitative_severity_rating", RATINGS)
    if rating:
        found.metrics.append(Metric("severity", rating, source=source, product_ids=product_ids))
    for key in SSVC_KEYS:
        if content[key]:
            _add_decision(found, content[key], publisher, source, product_ids)
    warn_of_extensions(content)


def _add_decision(
    found: Vulnerability, node: Node, publisher: str, source: str, product_ids: tuple[str, ...]
) -> None:
    """Add the selections of an SSVC decision; "Exploitation: Active" means that it is exploited."""
    at = node.time("timestamp")
    chosen = []
    is_active = False
    for selection in node["selections"]:
        name = selection.line("name") or selection.line("key")
        values = (
            [value.line("name") or value.line("key") for value in selection["values"]]
            if _has_objects(selection["values"])
            else list(selection.lines("values"))
        )
        if name and values:
            chosen.append(f"{name}: {', '.join(values)}")
        if name.casefold() == "exploitation" or (
            selection.line("key") == "E" and selection.line("namespace").startswith("ssvc")
        ):
            is_active = is_active or any(value.casefold() in ("active", "a") for value in values)
    if chosen:
        found.metrics.append(Metric("ssvc", "; ".join(chosen), "", at, source, product_ids))
    if is_active:
        party = _party(source, publisher)
        found.exploitation.append(Exploitation(party, at, source, _("SSVC: exploitation is active")))


def _party(source: str, publisher: str) -> str:
    """Who decided: the publisher, or the party whose address is the source of the metric."""
    host = (urlsplit(source).hostname or "").removeprefix("www.")
    if host == CISA or host.endswith(f".{CISA}"):
        return "CISA SSVC"
    return host or publisher


def _has_objects(node: Node) -> bool:
    return isinstance(node.value, list) and any(isinstance(item, dict) for item in node.value)


def severity_of_rating(vulnerability: Vulnerability) -> str:
    """The severity of the qualitative ratings of a vulnerability; empty when there is none."""
    return scores.worst(
        scores.severity_of_word(each.text) for each in vulnerability.metrics if each.kind == "severity"
    )


def add_involvement(advisory: Advisory, head: Node, dl_ids: dict[str, Vulnerability]) -> None:
    """Add the timeline of involvement (3.2.2.7) as a note; actions of exploitation count as its source.

    `dl_ids` are the vulnerabilities by their id within the document.
    """
    involvement = head["involvement"]
    names = {
        entity.line("entity_id"): entity.line("name") or entity.line("category")
        for entity in involvement["entities"]
    } | {group.line("entity_group_id"): group.line("name") for group in involvement["entity_groups"]}
    lines = []
    for action in list(involvement["actions"])[:MAX_ACTIONS]:
        at = action.time("date")
        category = action.line("category").replace("_", " ")
        status = action.line("status").replace("_", " ")
        summary = action.text("summary")
        actors = ", ".join(names.get(each, each) for each in action.lines("acting_entity_refs"))
        receivers = ", ".join(names.get(each, each) for each in action.lines("receiving_entity_refs"))
        whom = f"{actors} → {receivers}" if receivers else actors
        words = f"{at:%Y-%m-%d}" if at else "–"
        lines.append(f"- {words}: {category} ({status}), {whom}" + (f": {summary}" if summary else ""))
        if category == "exploitation" and status in ("completed", "in progress"):
            _add_exploitation(advisory, action, dl_ids, Exploitation(advisory.publisher, at, "", summary))
    if lines:
        advisory.notes.append(Note("other", "\n".join(lines), "Involvement"))


def _add_exploitation(
    advisory: Advisory, action: Node, dl_ids: dict[str, Vulnerability], stated: Exploitation
) -> None:
    named = [dl_ids[each] for each in action.lines("dl_vuln_ids") if each in dl_ids]
    concerned = named or (advisory.vulnerabilities if len(advisory.vulnerabilities) == 1 else [])
    for vulnerability in concerned:
        vulnerability.exploitation.append(stated)
        vulnerability.threats.append(
            Threat("exploit_status", f"Exploited: Yes ({stated.details})".replace(" ()", ""), stated.at)
        )
        vulnerability.is_exploited = True


def warn_of_extensions(*nodes: Node) -> None:
    """Warn of extensions: none is known here, so what they say is in the original document only (2.4)."""
    for node in nodes:
        for extension in list(node["x_extensions"])[:MAX_EXTENSIONS]:
            word = extension.line("category")
            node.log.warn(
                extension.place,
                _(
                    "the extension %(schema)s (%(word)s) is not known here; the original has its content",
                    schema=extension.line("$schema")[:200],
                    word=word,
                ),
            )


def warnings_of(root: Node) -> None:
    """Warn of the extensions at the places of a document that read.py does not visit for them."""
    warn_of_extensions(root, root["document"])
    for vulnerability in root["vulnerabilities"]:
        warn_of_extensions(vulnerability)
