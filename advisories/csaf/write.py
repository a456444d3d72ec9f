"""Writes CSAF 2.0: the same advisory always gives the same bytes."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from advisories import scores
from advisories.advisory import Advisory, Note, ProductEntry, Reference, Remedy, Score, Vulnerability
from advisories.csaf import notes
from advisories.csaf.normalize import normalize
from advisories.csaf.rules import path_of

TLP = {"CLEAR": "WHITE", "AMBER+STRICT": "RED"}
CVSS_WORDS = {"critical": "CRITICAL", "important": "HIGH", "moderate": "MEDIUM", "low": "LOW", "": "NONE"}


@dataclass(frozen=True)
class Publisher:
    """Who answers for a document: CSAF section 3.2.1.8."""

    name: str
    namespace: str
    category: str = "other"
    contact: str = ""
    authority: str = ""


def write(
    advisory: Advisory, *, publisher: Publisher | None = None, tracking_id: str = "", self_url: str = ""
) -> dict:
    """The document. It is the issuer's unless `publisher` is given; then the issuer's id becomes an alias
    where `tracking_id` is another one. `self_url` is where the document can be fetched.
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
    kept = normalize(advisory)
    return _filled(
        {
            "document": _document(kept),
            "product_tree": _tree(kept.products),
            "vulnerabilities": [_vulnerability(each) for each in kept.vulnerabilities],
        }
    )


def to_bytes(document: dict) -> bytes:
    """The document as a file."""
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()


def instant(at: datetime | None) -> str:
    """A time as RFC 3339 writes it, in UTC."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else ""


def _filled(members: dict) -> dict:
    """The members that say something."""
    return {key: value for key, value in members.items() if value not in ("", None, [], {}, ())}


def _document(advisory: Advisory) -> dict:
    word = advisory.severity_text
    if scores.severity_of_word(word) != advisory.severity:
        word = advisory.severity
    label = TLP.get(advisory.tlp, advisory.tlp)
    months = [notes.month_note(advisory.month)] if advisory.month else []
    return _filled(
        {
            "acknowledgments": advisory.acknowledgments,
            "aggregate_severity": word and _filled({"namespace": advisory.severity_namespace, "text": word}),
            "category": advisory.category,
            "csaf_version": "2.0",
            "distribution": _filled({"text": advisory.distribution, "tlp": _filled({"label": label})}),
            "lang": advisory.language,
            "notes": [_note(note) for note in advisory.notes + months if note.text],
            "publisher": _filled(
                {
                    "category": advisory.publisher_category,
                    "contact_details": advisory.publisher_contact,
                    "issuing_authority": advisory.publisher_authority,
                    "name": advisory.publisher,
                    "namespace": advisory.publisher_namespace,
                }
            ),
            "references": [_reference(link) for link in advisory.references],
            "title": advisory.title or advisory.tracking_id,
            "tracking": _tracking(advisory),
        }
    )


def _tracking(advisory: Advisory) -> dict:
    return _filled(
        {
            "aliases": advisory.aliases,
            "current_release_date": instant(advisory.current_release_at),
            "generator": {"engine": {"name": "Redoubt"}},
            "id": advisory.tracking_id,
            "initial_release_date": instant(advisory.initial_release_at),
            "revision_history": [
                _filled(
                    {
                        "date": instant(entry.at),
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
    return _filled(
        {"audience": note.audience, "category": note.category, "text": note.text, "title": note.title}
    )


def _reference(link: Reference) -> dict:
    return {"category": link.category, "summary": link.summary or link.url, "url": link.url}


def _tree(products: list[ProductEntry]) -> dict:
    """Branches, products without any, relations: neighbours with the same beginning share branches."""
    root: list[dict] = []
    flat, related = [], []
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
            _grow(root, path, _product(entry))
        else:
            flat.append(_product(entry))
    return _filled({"branches": root, "full_product_names": flat, "relationships": related})


def _grow(branches: list[dict], path: tuple[tuple[str, str], ...], product: dict) -> None:
    for category, name in path[:-1]:
        last = branches[-1] if branches else {}
        if (last.get("category"), last.get("name")) != (category, name) or "branches" not in last:
            last = {"category": category, "name": name, "branches": []}
            branches.append(last)
        branches = last["branches"]
    category, name = path[-1]
    branches.append({"category": category, "name": name, "product": product})


def _product(entry: ProductEntry) -> dict:
    helper = _filled({"cpe": entry.cpe, "purl": entry.purl} | entry.helpers)
    return _filled({"name": entry.name, "product_id": entry.id, "product_identification_helper": helper})


def _vulnerability(each: Vulnerability) -> dict:
    return _filled(
        {
            "acknowledgments": each.acknowledgments,
            "cve": each.cve,
            "cwe": {"id": each.cwe[0], "name": each.cwe[1]} if each.cwe else None,
            "discovery_date": instant(each.discovered_at),
            "flags": [{"label": label, "product_ids": list(ids)} for label, ids in each.flags],
            "ids": [{"system_name": system, "text": text} for system, text in each.other_ids],
            "involvements": [
                _filled(
                    {
                        "date": instant(item.at),
                        "party": item.party,
                        "status": item.status,
                        "summary": item.summary,
                    }
                )
                for item in each.involvements
            ],
            "notes": [_note(note) for note in each.notes],
            "product_status": {state: list(ids) for state, ids in sorted(each.status.items())},
            "references": [_reference(link) for link in each.references],
            "release_date": instant(each.released_at),
            "remediations": [_remedy(remedy) for remedy in each.remedies],
            "scores": [_score(score) for score in each.scores],
            "threats": [
                _filled(
                    {
                        "category": threat.category,
                        "date": instant(threat.at),
                        "details": threat.details,
                        "product_ids": list(threat.product_ids),
                    }
                )
                for threat in each.threats
            ],
            "title": each.title,
        }
    ) or {"title": "Vulnerability"}


def _remedy(remedy: Remedy) -> dict:
    restart = "" if remedy.restart == "maybe" else remedy.restart
    return _filled(
        {
            "category": remedy.kind,
            "date": instant(remedy.at),
            "details": notes.fix_details(remedy) or remedy.url or "No details are given.",
            "entitlements": list(remedy.entitlements),
            "product_ids": list(remedy.product_ids),
            "restart_required": restart and _filled({"category": restart, "details": remedy.restart_details}),
            "url": remedy.url,
        }
    )


def _score(score: Score) -> dict:
    """A score with the base that its vector gives (6.1.9), whatever was stated."""
    rating = scores.rate(score.vector)
    key = "cvss_v2" if rating.version == "2.0" else "cvss_v3"
    inner = {"version": rating.version, "vectorString": score.vector, "baseScore": rating.base}
    if key == "cvss_v3":
        inner["baseSeverity"] = CVSS_WORDS[rating.severity]
    return {key: inner, "products": list(score.product_ids)}
