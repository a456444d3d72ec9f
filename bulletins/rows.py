"""Converts an advisory to the rows of a bulletin and back, without loss.

The summary note becomes the text of the post, so that it can be edited and revisions contain it; of the note
itself only the position among the others is stored.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import chain
from typing import TypeVar

from advisories.advisory import AFFECTED, Advisory, KnownIssue, Note, ProductEntry, Remedy, Score
from advisories.advisory import Vulnerability as AdvisoryVulnerability
from advisories.codec import dump, load
from bulletins import fixes
from bulletins.catalogue import Match
from bulletins.models import AffectedProduct, AffectedRelease, Bulletin
from bulletins.vulnerabilities import names
from bulletins.vulnerability_models import (
    BulletinVulnerability,
    Remediation,
    Vulnerability,
    VulnerabilityAlias,
)

T = TypeVar("T", Remedy, KnownIssue)
MAX_TITLE_CHARACTERS = 200
MAX_VENDOR_KEY_CHARACTERS = 60
MAX_UPDATE_CHARACTERS = 100
MAX_TLP_CHARACTERS = 20
BODY_NOTE_CATEGORIES = ("summary", "description", "general")
_BULLETIN_FIELDS = (
    "title",
    "publisher",
    "publisher_namespace",
    "tracking_id",
    "severity",
    "products",
    "vulnerabilities",
    "warnings",
)
_PRODUCT_FIELDS = ("id", "name", "vendor", "version", "vers")
_VULNERABILITY_FIELDS = ("cve", "title", "status", "scores", "remedies", "is_rejected", "is_exploited")
_REMEDY_FIELDS = ("kind", "details", "product_ids", "url", "update", "supersedes", "fixed_build", "restart")
Known = dict[str, Vulnerability]  # by CVE
Matched = Callable[[ProductEntry], Match]


def body_note(advisory: Advisory) -> int | None:
    """The index of the note that is the text of the bulletin: a summary, else a description."""
    for category in BODY_NOTE_CATEGORIES:
        for place, note in enumerate(advisory.notes):
            if note.category == category and note.text:
                return place
    return None


def body(advisory: Advisory) -> str:
    """The text of the bulletin of an advisory."""
    place = body_note(advisory)
    return "" if place is None else advisory.notes[place].text


@dataclass
class Built:
    """The rows of an advisory, not yet of a bulletin: values of its columns, products and vulnerabilities."""

    columns: dict
    products: list[AffectedProduct]
    vulnerabilities: list[BulletinVulnerability]
    cves: list[str]  # of the vulnerabilities, in order


def from_advisory(bulletin: Bulletin, advisory: Advisory, known: Known, matched: Matched) -> None:
    """Set the columns and rows of a bulletin, except for its text (body), which the caller stores.

    `known` has a row for every CVE that the advisory names; `matched` returns the ids of the product and the
    releases of an entry.
    """
    built = build(advisory, matched)
    bulletin.products = built.products
    assign(bulletin, built, known)


def build(advisory: Advisory, matched: Matched) -> Built:
    """The rows of an advisory, without a database; a document of 30,000 products takes seconds."""
    place = body_note(advisory)
    notes = [replace(note, text="") if at == place else note for at, note in enumerate(advisory.notes)]
    in_force = fixes.in_force(advisory)
    statuses = fixes.product_statuses(in_force)
    products = [
        _product(at, entry, statuses[entry.id], matched(entry)) for at, entry in enumerate(advisory.products)
    ]
    vulnerabilities = [
        _vulnerability(at, each, counted, aliases)
        for at, (each, counted, aliases) in enumerate(
            zip(
                advisory.vulnerabilities,
                in_force.vulnerabilities,
                names.of_vulnerabilities(advisory),
                strict=True,
            )
        )
    ]
    fix_state = fixes.worst(row.fix_state for row in vulnerabilities)
    columns = {
        "title": advisory.title[:MAX_TITLE_CHARACTERS],
        "full_title": advisory.title if len(advisory.title) > MAX_TITLE_CHARACTERS else "",
        "publisher": advisory.publisher,
        "publisher_namespace": advisory.publisher_namespace,
        "tracking_id": advisory.tracking_id,
        "severity": advisory.severity,
        "tlp": advisory.tlp[:MAX_TLP_CHARACTERS],
        "current_release_at": advisory.current_release_at,
        "more": dump(replace(advisory, notes=notes), but=_BULLETIN_FIELDS) | {"body_note": place},
        "vulnerability_count": len(vulnerabilities),
        "has_fix": all(row.has_fix for row in vulnerabilities if row.concerns_any),
        "fix_state": fix_state,
        "is_unpatched": fix_state == fixes.NO_FIX,
        "is_informational": fixes.is_informational(in_force),
        "document_status": advisory.status,
    }
    return Built(columns, products, vulnerabilities, [each.cve for each in advisory.vulnerabilities])


def assign(bulletin: Bulletin, built: Built, known: Known) -> None:
    """Set the columns and the vulnerabilities of a bulletin; the caller stores its products."""
    can_roll_back = {
        (each.kind, each.update, each.details): each.can_roll_back for each in _remediations(bulletin)
    }
    for name, value in built.columns.items():
        setattr(bulletin, name, value)
    for row, cve in zip(built.vulnerabilities, built.cves, strict=True):
        shared = known[cve] if cve else None
        row.vulnerability = shared
        row.vulnerability_id = shared.id if shared is not None else None
    bulletin.vulnerabilities = built.vulnerabilities
    for each in _remediations(bulletin):
        each.can_roll_back = can_roll_back.get((each.kind, each.update, each.details))


def _remediations(bulletin: Bulletin) -> list[Remediation]:
    return list(chain.from_iterable(row.remediations for row in bulletin.vulnerabilities))


def _product(place: int, entry: ProductEntry, status: fixes.ProductStatus, match: Match) -> AffectedProduct:
    return AffectedProduct(
        position=place,
        key=entry.id,
        name=entry.name,
        vendor=entry.vendor,
        version=entry.version,
        vers=entry.vers,
        vendor_key=entry.vendor.casefold()[:MAX_VENDOR_KEY_CHARACTERS],
        status=status.status,
        has_fix=status.has_fix,
        fix_state=status.fix_state,
        product_id=match[0],
        is_whole=is_whole(entry, match),
        more=dump(entry, but=_PRODUCT_FIELDS),
        named_releases=[AffectedRelease(release_id=each) for each in match[1]],
    )


def is_whole(entry: ProductEntry, match: Match) -> bool:
    """Whether a matched entry means all releases of the product."""
    return match[0] is not None and not match[1] and (entry.is_range or not entry.version)


def _vulnerability(
    place: int,
    vulnerability: AdvisoryVulnerability,
    in_force: AdvisoryVulnerability,
    aliases: list[str],
) -> BulletinVulnerability:
    return BulletinVulnerability(
        position=place,
        title=vulnerability.title,
        status=dump(vulnerability.status),
        scores=dump(vulnerability.scores),
        is_rejected=vulnerability.is_rejected,
        is_exploited=vulnerability.is_exploited,
        has_fix=fixes.has_fix(vulnerability),
        fix_state=fixes.fix_state(in_force),
        concerns_any=fixes.concerns_any(in_force),
        more=dump(vulnerability, but=_VULNERABILITY_FIELDS),
        remediations=[_remediation(at, remedy) for at, remedy in enumerate(vulnerability.remedies)],
        aliases=[VulnerabilityAlias(name=name) for name in aliases],
    )


def _remediation(place: int, remedy: Remedy) -> Remediation:
    facts = {name: getattr(remedy, name) for name in _REMEDY_FIELDS}
    facts |= {
        "product_ids": list(remedy.product_ids),
        "update": remedy.update[:MAX_UPDATE_CHARACTERS],
        "supersedes": remedy.supersedes[:MAX_UPDATE_CHARACTERS],
    }
    return Remediation(position=place, more=dump(remedy, but=_REMEDY_FIELDS), **facts)


def to_advisory(bulletin: Bulletin, *, with_local: bool = True) -> Advisory:
    """The rows as an advisory; `with_local` adds the mitigations and issues that were entered here."""
    more = dict(bulletin.more)
    place = more.pop("body_note", None)
    advisory = load(
        Advisory,
        {
            **more,
            "title": bulletin.whole_title,
            "publisher": bulletin.publisher,
            "publisher_namespace": bulletin.publisher_namespace,
            "tracking_id": bulletin.tracking_id,
            "severity": bulletin.severity,
        },
    )
    if place is not None and bulletin.body:
        advisory.notes[place] = replace(advisory.notes[place], text=bulletin.body)
    elif place is not None:
        advisory.notes.pop(place)
    elif bulletin.body:
        advisory.notes.insert(0, Note("summary", bulletin.body))
    advisory.products = [to_entry(row) for row in bulletin.products]
    advisory.vulnerabilities = [_to_vulnerability(row) for row in bulletin.vulnerabilities]
    if with_local:
        _add_local(bulletin, advisory)
    return advisory


def to_entry(row: AffectedProduct) -> ProductEntry:
    """A row as the product that the document names."""
    values = {
        "id": row.key,
        "name": row.name,
        "vendor": row.vendor,
        "version": row.version,
        "vers": row.vers,
    }
    return load(ProductEntry, {**row.more, **values})


def _to_vulnerability(row: BulletinVulnerability) -> AdvisoryVulnerability:
    vulnerability = load(
        AdvisoryVulnerability,
        {
            **row.more,
            "cve": row.cve,
            "title": row.title,
            "status": row.status,
            "is_rejected": row.is_rejected,
            "is_exploited": row.is_exploited,
        },
    )
    vulnerability.scores = load(list[Score], row.scores)
    vulnerability.remedies = [
        load(Remedy, {**each.more, **{name: getattr(each, name) for name in _REMEDY_FIELDS}})
        for each in row.remediations
    ]
    return vulnerability


def _add_local(bulletin: Bulletin, advisory: Advisory) -> None:
    """Add mitigations and known issues that were entered here to all vulnerabilities that lack them."""
    remedies = [
        Remedy(each.kind, each.as_text, url=each.url) for each in bulletin.mitigations if each.is_ours
    ]
    issues = [KnownIssue(each.update, each.details, each.url) for each in bulletin.known_issues]
    for vulnerability in advisory.vulnerabilities:
        if vulnerability.is_rejected:
            continue
        affected = fixes.products_with_status(vulnerability, AFFECTED)
        ids = tuple(entry.id for entry in advisory.products if entry.id in affected)
        vulnerability.remedies += _missing(remedies, vulnerability.remedies, ids)
        vulnerability.known_issues += _missing(issues, vulnerability.known_issues, ids)


def _missing(local: list[T], stated: list[T], product_ids: tuple[str, ...]) -> list[T]:
    """The local entries, for these products, except those that the document states."""
    known = {(each.details, each.url) for each in stated}
    return [replace(each, product_ids=product_ids) for each in local if (each.details, each.url) not in known]
