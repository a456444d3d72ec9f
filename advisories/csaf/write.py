"""Write CSAF 2.0; the output is deterministic."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from advisories import scores
from advisories.advisory import Advisory, Note, ProductEntry, Reference, Remedy, Score, Vulnerability
from advisories.csaf import notes
from advisories.csaf.normalize import normalize
from advisories.csaf.read import ENGINE
from advisories.csaf.rules import PURL_NAMESPACE, path_of

TLP = {"CLEAR": "WHITE", "AMBER+STRICT": "RED"}
CVSS_SEVERITIES = {
    "critical": "CRITICAL",
    "important": "HIGH",
    "moderate": "MEDIUM",
    "low": "LOW",
    "": "NONE",
}


@dataclass(frozen=True)
class Publisher:
    """The publisher of a document: CSAF section 3.2.1.8."""

    name: str
    namespace: str
    category: str = "other"
    contact: str = ""
    authority: str = ""


def write(
    advisory: Advisory, *, publisher: Publisher | None = None, tracking_id: str = "", self_url: str = ""
) -> dict:
    """Convert an advisory to a CSAF document.

    The publisher is the issuer unless `publisher` is given. With a different `tracking_id`, the issuer's id
    becomes an alias. `self_url` is the URL of the document.
    """
    if publisher:
        advisory = replace(
            advisory,
            publisher=publisher.name,
            publisher_namespace=publisher.namespace,
            publisher_category=publisher.category,
            publisher_contact=publisher.contact,
            publisher_authority=publisher.authority,
        )
    if tracking_id and tracking_id != advisory.tracking_id:
        advisory = replace(
            advisory, tracking_id=tracking_id, aliases=[*advisory.aliases, advisory.tracking_id]
        )
    if self_url and self_url not in [link.url for link in advisory.references if link.category == "self"]:
        advisory = replace(
            advisory, references=[Reference(self_url, "This document", "self"), *advisory.references]
        )
    normalized = normalize(advisory)
    return _without_empty(
        {
            "document": _document(normalized),
            "product_tree": _tree(normalized.products),
            "vulnerabilities": [
                _vulnerability(vulnerability) for vulnerability in normalized.vulnerabilities
            ],
        }
    )


def to_bytes(document: dict) -> bytes:
    """Serialize a document."""
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()


def rfc3339(at: datetime | None) -> str:
    """A time in UTC as RFC 3339; empty for None."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else ""


def _without_empty(members: dict) -> dict:
    """The members without empty values."""
    return {key: value for key, value in members.items() if value not in ("", None, [], {}, ())}


def _document(advisory: Advisory) -> dict:
    word = advisory.severity_text
    if scores.severity_of_word(word) != advisory.severity:
        word = advisory.severity
    label = TLP.get(advisory.tlp, advisory.tlp)
    months = [notes.month_note(advisory.month)] if advisory.month else []
    return _without_empty(
        {
            "acknowledgments": advisory.acknowledgments,
            "aggregate_severity": word
            and _without_empty({"namespace": advisory.severity_namespace, "text": word}),
            "category": advisory.category,
            "csaf_version": "2.0",
            "distribution": _without_empty(
                {"text": advisory.distribution, "tlp": _without_empty({"label": label})}
            ),
            "lang": advisory.language,
            "notes": [_note(note) for note in advisory.notes + months if note.text],
            "publisher": _without_empty(
                {
                    "category": advisory.publisher_category,
                    "contact_details": advisory.publisher_contact,
                    "issuing_authority": advisory.publisher_authority,
                    "name": advisory.publisher,
                    "namespace": advisory.publisher_namespace,
                }
            ),
            "references": [_reference(link) for link in advisory.references],
            "title": advisory.title,
            "tracking": _tracking(advisory),
        }
    )


def _tracking(advisory: Advisory) -> dict:
    return _without_empty(
        {
            "aliases": advisory.aliases,
            "current_release_date": rfc3339(advisory.current_release_at),
            "generator": {"engine": {"name": ENGINE}},
            "id": advisory.tracking_id,
            "initial_release_date": rfc3339(advisory.initial_release_at),
            "revision_history": [
                _without_empty(
                    {
                        "date": rfc3339(entry.at),
                        "legacy_version": entry.legacy,
                        "number": entry.number,
                        "summary": entry.summary,
                    }
                )
                for entry in advisory.history
            ],
            "status": advisory.status,
            "version": advisory.version,
        }
    )


def _note(note: Note) -> dict:
    return _without_empty(
        {"audience": note.audience, "category": note.category, "text": note.text, "title": note.title}
    )


def _reference(link: Reference) -> dict:
    return {"category": link.category, "summary": link.summary or link.url, "url": link.url}


def _tree(products: list[ProductEntry]) -> dict:
    """The product tree; adjacent products with the same path prefix share branches."""
    root: list[dict] = []
    flat: list[dict] = []
    related: list[dict] = []
    for entry in products:
        if entry.part_of:
            relation, component, platform = entry.part_of
            related.append(
                {
                    "category": relation,
                    "full_product_name": _product(entry),
                    "product_reference": component,
                    "relates_to_product_reference": platform,
                }
            )
        elif path := path_of(entry):
            _add_branch(root, path, _product(entry))
        else:
            flat.append(_product(entry))
    return _without_empty({"branches": root, "full_product_names": flat, "relationships": related})


def _add_branch(branches: list[dict], path: tuple[tuple[str, str], ...], product: dict) -> None:
    for category, name in path[:-1]:
        last = branches[-1] if branches else {}
        if (last.get("category"), last.get("name")) != (category, name) or "branches" not in last:
            last = {"category": category, "name": name, "branches": []}
            branches.append(last)
        branches = last["branches"]
    category, name = path[-1]
    branches.append({"category": category, "name": name, "product": product})


def _product(entry: ProductEntry) -> dict:
    helpers = {key: value for key, value in entry.helpers.items() if key != "purls"}
    further = [{"namespace": PURL_NAMESPACE, "uri": purl} for purl in entry.helpers.get("purls", ())]
    uris = helpers.get("x_generic_uris", []) + further
    helper = _without_empty({"cpe": entry.cpe, "purl": entry.purl} | helpers | {"x_generic_uris": uris})
    return _without_empty(
        {"name": entry.name, "product_id": entry.id, "product_identification_helper": helper}
    )


def _vulnerability(vulnerability: Vulnerability) -> dict:
    return _without_empty(
        {
            "acknowledgments": vulnerability.acknowledgments,
            "cve": vulnerability.cve,
            "cwe": {"id": vulnerability.cwe[0], "name": vulnerability.cwe[1]} if vulnerability.cwe else None,
            "discovery_date": rfc3339(vulnerability.discovered_at),
            "flags": [{"label": label, "product_ids": list(ids)} for label, ids in vulnerability.flags],
            "ids": [{"system_name": system, "text": text} for system, text in vulnerability.other_ids],
            "involvements": [
                _without_empty(
                    {
                        "date": rfc3339(item.at),
                        "party": item.party,
                        "status": item.status,
                        "summary": item.summary,
                    }
                )
                for item in vulnerability.involvements
            ],
            "notes": [_note(note) for note in vulnerability.notes],
            "product_status": {state: list(ids) for state, ids in sorted(vulnerability.status.items())},
            "references": [_reference(link) for link in vulnerability.references],
            "release_date": rfc3339(vulnerability.released_at),
            "remediations": [_remedy(remedy) for remedy in vulnerability.remedies],
            "scores": [_score(score) for score in vulnerability.scores],
            "threats": [
                _without_empty(
                    {
                        "category": threat.category,
                        "date": rfc3339(threat.at),
                        "details": threat.details,
                        "product_ids": list(threat.product_ids),
                    }
                )
                for threat in vulnerability.threats
            ],
            "title": vulnerability.title,
        }
    ) or {"title": "Vulnerability"}


def _remedy(remedy: Remedy) -> dict:
    restart = "" if remedy.restart == "maybe" else remedy.restart
    return _without_empty(
        {
            "category": notes.KINDS_OF_20.get(remedy.kind, remedy.kind),
            "date": rfc3339(remedy.at),
            "details": notes.details_with_update(remedy) or remedy.url or "No details are given.",
            "entitlements": list(remedy.entitlements),
            "product_ids": list(remedy.product_ids),
            "restart_required": restart
            and _without_empty({"category": restart, "details": remedy.restart_details}),
            "url": remedy.url,
        }
    )


def _score(score: Score) -> dict:
    """A score with the base score of its vector (6.1.9), whatever was stated."""
    rating = scores.rate(score.vector)
    if rating is None:
        raise ValueError("normalize() leaves valid vectors only")
    key = "cvss_v2" if rating.version == "2.0" else "cvss_v3"
    inner = {"version": rating.version, "vectorString": score.vector, "baseScore": rating.base}
    if key == "cvss_v3":
        inner["baseSeverity"] = CVSS_SEVERITIES[rating.severity]
    return {key: inner, "products": list(score.product_ids)}
