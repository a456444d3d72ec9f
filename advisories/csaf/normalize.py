"""Make an advisory valid under the mandatory rules of CSAF 2.0 (section 6.1) without loss of information.

Imported or edited advisories may violate rules; published documents must not. Idempotent.
"""

import re
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

from babel import Locale, UnknownLocaleError

from advisories import cwe, scores
from advisories.addresses import is_uri
from advisories.advisory import Advisory, Note, ProductEntry, RevisionEntry, Score, Threat, Vulnerability
from advisories.csaf import notes as csaf_notes
from advisories.csaf import rules
from advisories.csaf.category import category_of
from advisories.csaf.read import EXPLOITED

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NO_NAMESPACE = "urn:unknown:publisher"
_SEMVER = re.compile(r"(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})")


def normalize(advisory: Advisory) -> Advisory:
    """Return a valid copy of `advisory`."""
    products = _products(advisory.products)
    known = {entry.id for entry in products}
    cves: set[str] = set()
    vulnerabilities = [_vulnerability(each, known, cves) for each in advisory.vulnerabilities]
    history, version = _history(advisory)
    times = [entry.at for entry in history]
    normalized = replace(
        advisory,
        products=products,
        vulnerabilities=vulnerabilities,
        history=history,
        version=version,
        title=advisory.title or advisory.tracking_id,
        publisher_category=_publisher_category(advisory.publisher_category),
        publisher_namespace=(
            advisory.publisher_namespace if is_uri(advisory.publisher_namespace) else NO_NAMESPACE
        ),
        severity_namespace=advisory.severity_namespace if is_uri(advisory.severity_namespace) else "",
        status="final" if advisory.status == "withdrawn" else _in(rules.STATES, advisory.status, "draft"),
        initial_release_at=advisory.initial_release_at or min(times),
        current_release_at=advisory.current_release_at or max(times),
        language=advisory.language if _is_language(advisory.language) else "",
        aliases=list(dict.fromkeys(filter(None, advisory.aliases))),
    )
    return replace(normalized, category=category_of(normalized))


def _in(choices: tuple[str, ...], word: str, default: str) -> str:
    return word if word in choices else default


def _publisher_category(stated: str) -> str:
    """The category in 2.0; translators must name a source language, and 2.0 knows no multipliers."""
    is_known = stated in rules.PUBLISHERS and stated not in ("translator", "multiplier")
    return stated if is_known else "other"


def _is_language(tag: str) -> bool:
    """Whether a language tag of one or two parts exists (6.1.12)."""
    if not re.fullmatch(r"[a-z]{2,3}(-[A-Z]{2})?", tag):
        return False
    try:
        return bool(Locale.parse(tag, sep="-"))
    except (UnknownLocaleError, ValueError):
        return False


def _products(entries: list[ProductEntry]) -> list[ProductEntry]:
    """Distinct products with resolvable relations, in the order in which a document is read."""
    found: dict[str, ProductEntry] = {}
    pending = []
    for given in entries:
        entry = replace(
            given,
            name=given.name or given.id,
            cpe=given.cpe if rules.is_cpe(given.cpe) else "",
            purl=given.purl if rules.is_purl(given.purl) else "",
        )
        if entry.part_of:
            pending.append(entry)
        else:
            found.setdefault(entry.id, entry)
    branched = [entry for entry in found.values() if rules.path_of(entry)]
    flat = [entry for entry in found.values() if not rules.path_of(entry)]
    related: list[ProductEntry] = []
    while ready := [entry for entry in pending if set(entry.part_of[1:]) <= found.keys()]:
        pending = [entry for entry in pending if not set(entry.part_of[1:]) <= found.keys()]
        for entry in ready:
            if found.setdefault(entry.id, entry) is entry:
                related.append(entry)
    unresolved = [replace(entry, part_of=None) for entry in pending if entry.id not in found]
    return branched + flat + list({entry.id: entry for entry in unresolved}.values()) + related


def _vulnerability(each: Vulnerability, known: set[str], cves: set[str]) -> Vulnerability:
    status = rules.without_contradictions(
        {state: tuple(name for name in ids if name in known) for state, ids in each.status.items()}
    )
    unknown_ids = status.pop("unknown", ())
    default_ids = rules.default_product_ids(status)

    def named(ids: tuple[str, ...], default: tuple[str, ...] = default_ids) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for name in ids if name in known)) or default

    found = replace(
        each,
        status=status,
        notes=[
            *(note for note in each.notes if note.text),
            *([csaf_notes.unknown_note(unknown_ids)] if unknown_ids else []),
        ],
        scores=[replace(score, product_ids=named(score.product_ids)) for score in each.scores],
        remedies=[  # those derived here are no statement of the issuer
            replace(remedy, product_ids=named(remedy.product_ids))
            for remedy in each.remedies
            if not remedy.origin
        ],
        metrics=[replace(metric, product_ids=named(metric.product_ids)) for metric in each.metrics],
        known_issues=[replace(issue, product_ids=named(issue.product_ids)) for issue in each.known_issues],
        threats=list(
            dict.fromkeys(
                replace(threat, product_ids=named(threat.product_ids, ()))
                for threat in each.threats
                if threat.details
            )
        ),
        flags=_flags([(label, named(ids)) for label, ids in each.flags]),
        involvements=list({(item.party, item.at): item for item in each.involvements}.values()),
        other_ids=list(dict.fromkeys(each.other_ids)),
    )
    if found.cve in cves or not rules.CVE.fullmatch(found.cve):
        found.other_ids += [("CVE", found.cve)] if found.cve else []
        found.cve = ""
    cves.add(found.cve)
    if found.is_exploited and not _says_exploited(found):
        found.threats.append(Threat("exploit_status", "Exploited: Yes"))
    return _move_to_notes(found, default_ids)


def _says_exploited(found: Vulnerability) -> bool:
    """Whether a text or link of the vulnerability says that it is exploited, so that no threat is needed."""
    decided = {(metric.source, metric.at) for metric in found.metrics if metric.kind == "ssvc"}
    return any(
        (said.details or said.url) and (said.url, said.at) not in decided for said in found.exploitation
    ) or any(
        threat.category == "exploit_status" and EXPLOITED.search(threat.details) for threat in found.threats
    )


def _flags(flags: list[tuple[str, tuple[str, ...]]]) -> list[tuple[str, tuple[str, ...]]]:
    """One justification per product (6.1.33), and none without products (6.1.32)."""
    seen: set[str] = set()
    normalized = []
    for label, ids in flags:
        new_ids = tuple(name for name in ids if name not in seen)
        seen |= set(new_ids)
        if new_ids and label in rules.FLAGS:
            normalized.append((label, new_ids))
    return normalized


def _move_to_notes(found: Vulnerability, default_ids: tuple[str, ...]) -> Vulnerability:
    """Move what CSAF 2.0 has no field for to notes; csaf_notes.restore_from_notes() is the inverse."""
    supported, others = _split_scores(found.scores)
    wrong = [score for score in supported if score.source or scores.is_stated_wrong(score)]
    notes = list(found.notes)
    if found.is_rejected and not any(note.title == csaf_notes.REJECTED for note in notes):
        notes.append(
            Note("other", "No reason is given.", csaf_notes.REJECTED)
        )  # remains a note when read again
    notes += [csaf_notes.score_note(score, default_ids) for score in wrong + others]
    notes += [csaf_notes.issue_note(issue, default_ids) for issue in found.known_issues]
    notes += [csaf_notes.remedy_note(remedy) for remedy in found.remedies if not remedy.product_ids]
    cwe_id_and_name = found.cwe
    if cwe_id_and_name and (name := cwe.name_of(cwe_id_and_name[0])):
        cwe_id_and_name = cwe_id_and_name[0], name
    elif cwe_id_and_name:
        notes.append(csaf_notes.cwe_note(cwe_id_and_name))
        cwe_id_and_name = None
    notes += [csaf_notes.cwe_note(each) for each in found.other_cwes]
    notes += [csaf_notes.metric_note(metric, default_ids) for metric in found.metrics]
    return replace(
        found,
        notes=notes,
        scores=supported,
        cwe=cwe_id_and_name,
        other_cwes=[],
        metrics=[],
        known_issues=[],
        remedies=[remedy for remedy in found.remedies if remedy.product_ids],
    )


def _split_scores(found: list[Score]) -> tuple[list[Score], list[Score]]:
    """(scores that CSAF 2.0 supports, others): version 4.0, invalid, second for a product (6.1.7)."""
    supported: list[Score] = []
    others: list[Score] = []
    used: set[tuple[str, str]] = set()
    seen: set[object] = set()
    for score in found:
        same = (score.vector, frozenset(score.product_ids)) if score.vector else score
        if same in seen:
            continue
        seen.add(same)
        rating = scores.rate(score.vector)
        keys = {(name, score.version[0]) for name in score.product_ids} if rating else set()
        if rating and keys and rating.version != "4.0" and not keys & used:
            used |= keys
            supported.append(score)
        else:
            others.append(score)
    return supported, others


def _history(advisory: Advisory) -> tuple[list[RevisionEntry], str]:
    """(history, version); renumbered from 1 where the numbers violate 6.1.14 to 6.1.22."""
    at = advisory.current_release_at or advisory.initial_release_at or EPOCH
    entries = advisory.history or [RevisionEntry("1", at, "Published.")]
    if not _has_valid_numbers(entries, advisory.version, advisory.status == "draft"):
        entries = [
            replace(
                entry,
                number=str(number),
                legacy=entry.legacy or (entry.number if entry.number != str(number) else ""),
            )
            for number, entry in enumerate(sorted(entries, key=lambda entry: entry.at), 1)
        ]
    entries = [replace(entry, summary=entry.summary or f"Revision {entry.number}.") for entry in entries]
    return entries, _in_order(entries)[-1].number


def _in_order(entries: list[RevisionEntry]) -> list[RevisionEntry]:
    return sorted(entries, key=lambda entry: (entry.at, [int(part) for part in entry.number.split(".")]))


def _has_valid_numbers(entries: list[RevisionEntry], version: str, is_draft: bool) -> bool:
    numbers = [entry.number for entry in entries]
    whole = all(re.fullmatch(r"0|[1-9]\d{0,8}", number) for number in numbers)
    if not whole and not all(_SEMVER.fullmatch(number) for number in numbers):
        return False
    counts = [[int(part) for part in entry.number.split(".")] for entry in _in_order(entries)]
    steps = [(late[0] - early[0], late > early) for early, late in pairwise(counts)]
    return (
        counts[0][0] in ((0, 1) if is_draft else (1,))
        and _in_order(entries)[-1].number == version
        and all(rises and step in ((1,) if whole else (0, 1)) for step, rises in steps)
    )
