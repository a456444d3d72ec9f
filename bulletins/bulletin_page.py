"""The content of a bulletin's page, grouped and rated. Pure functions on rows that are loaded."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from itertools import chain

from advisories import scores
from advisories.advisory import KnownIssue, Note, Reference, Score
from advisories.codec import load
from advisories.layers import LAYERS
from bulletins import exploitation
from bulletins.exploitation import Source
from bulletins.mitigations.from_documents import MITIGATION_KINDS, digest
from bulletins.models import AffectedProduct, Bulletin, Mitigation
from bulletins.vulnerability_models import BulletinVulnerability, Remediation
from products.lifecycle.phases import SECURITY, is_over

MAX_ROWS = 300  # products, updates and vulnerabilities on one page, each
NO_FIX_KINDS = ("none_available", "no_fix_planned")


@dataclass(frozen=True)
class Rating:
    """A CVSS vector with its computed base score; `stated` is the score of the document if it differs."""

    version: str
    vector: str
    base: float | None
    severity: str
    stated: float | None


@dataclass
class VulnerabilityFacts:
    """A vulnerability with its mitigations; `needs_mitigation`: it names no vendor fix.

    `exploited_by` are the sources that say that it is exploited.
    """

    row: BulletinVulnerability
    ratings: list[Rating]
    mitigations: list[Mitigation]
    needs_mitigation: bool
    threats: list[str]
    notes: list[Note]
    references: list[Reference]
    exploited_by: list[Source]

    @property
    def name(self) -> str:
        """The CVE, else the issuer's id, else the title."""
        ids = self.row.more.get("other_ids") or [["", ""]]
        return self.row.cve or ids[0][1] or self.row.title


@dataclass
class Update:
    """A vendor fix and the names of the products it is for."""

    row: Remediation
    products: list[str] = field(default_factory=list)


@dataclass
class BulletinPage:
    """The content of a bulletin's page besides its text.

    `statements` explain why there is no fix; `builds` are fixed builds by product key; `end_of_life` are
    affected products that get no security fixes any more.
    """

    vulnerabilities: list[VulnerabilityFacts]
    updates: list[Update]
    statements: list[str]
    issues: list[KnownIssue]
    builds: dict[str, list[str]]
    end_of_life: list[AffectedProduct]
    layers: dict[str, list[Mitigation]]
    notes: list[Note]
    references: list[Reference]

    @property
    def mitigations_first(self) -> bool:
        """Whether mitigations come before updates: something has no fix, or is past its end of life."""
        return bool(self.end_of_life) or any(each.needs_mitigation for each in self.vulnerabilities)

    @property
    def exploited_by(self) -> list[Source]:
        """All sources that say that one of the vulnerabilities is exploited, each once."""
        counted = (each.exploited_by for each in self.vulnerabilities if each.row.concerns_any)
        return exploitation.merged(chain.from_iterable(counted))

    @property
    def without_remedy(self) -> list[VulnerabilityFacts]:
        """Vulnerabilities with neither a fix nor a mitigation."""
        return [each for each in self.vulnerabilities if each.needs_mitigation and not each.mitigations]


def build_page(bulletin: Bulletin, day: date) -> BulletinPage:
    """The page of a bulletin from queries.get_bulletin(); `day` decides what is past its end of life."""
    by_digest = {each.digest: each for each in bulletin.mitigations}
    local = [each for each in bulletin.mitigations if each.is_ours]
    remedies = list(chain.from_iterable(row.remediations for row in bulletin.vulnerabilities))
    layers: dict[str, list[Mitigation]] = {}
    for each in sorted(bulletin.mitigations, key=lambda each: LAYERS.index(each.layer)):
        layers.setdefault(each.layer, []).append(each)
    body_note = bulletin.more.get("body_note")
    return BulletinPage(
        vulnerabilities=[_vulnerability(row, by_digest, local) for row in bulletin.vulnerabilities],
        updates=_updates(bulletin, remedies),
        builds=_builds(remedies),
        issues=_issues(bulletin),
        statements=list(
            dict.fromkeys(each.details for each in remedies if each.kind in NO_FIX_KINDS and each.details)
        ),
        end_of_life=[row for row in bulletin.products if _is_end_of_life(row, bulletin, day)],
        layers=layers,
        notes=[load(Note, note) for at, note in enumerate(bulletin.more.get("notes", ())) if at != body_note],
        references=load(list[Reference], bulletin.more.get("references", [])),
    )


def ratings(row: BulletinVulnerability) -> list[Rating]:
    """The distinct scores of a vulnerability, the highest first."""
    found = {(each.vector, each.stated): _rating(each) for each in load(list[Score], row.scores)}
    return sorted(found.values(), key=lambda each: -(each.base or each.stated or 0.0))


def _rating(score: Score) -> Rating:
    computed = scores.rate(score.vector)
    base = computed.base if computed else None
    severity = computed.severity if computed else scores.severity_of_score(score.stated or 0.0)
    stated = score.stated if base is None or scores.is_stated_wrong(score) else None
    return Rating(score.version, score.vector, base, severity, stated)


def _vulnerability(
    row: BulletinVulnerability, by_digest: dict[str, Mitigation], local: list[Mitigation]
) -> VulnerabilityFacts:
    stated = [
        by_digest.get(digest(each.details, each.url))
        for each in row.remediations
        if each.kind in MITIGATION_KINDS
    ]
    mitigations = list({each.digest: each for each in [*stated, *local] if each is not None}.values())
    needs_mitigation = row.concerns_any and not any(each.kind == "vendor_fix" for each in row.remediations)
    return VulnerabilityFacts(
        row,
        ratings(row),
        mitigations,
        needs_mitigation,
        list(dict.fromkeys(each["details"] for each in row.more.get("threats", ()) if each.get("details"))),
        load(list[Note], row.more.get("notes", [])),
        load(list[Reference], row.more.get("references", [])),
        exploitation.sources(row),
    )


def _updates(bulletin: Bulletin, remedies: Iterable[Remediation]) -> list[Update]:
    """Vendor fixes, with equal ones of several vulnerabilities and products merged."""
    names = {row.key: row.name for row in bulletin.products}
    found: dict[tuple, Update] = {}
    for each in remedies:
        if each.kind == "vendor_fix":
            facts = (each.update, each.details, each.url, each.fixed_build, each.restart, each.supersedes)
            update = found.setdefault(facts, Update(each))
            new = (names[key] for key in each.product_ids if key in names)
            update.products += [name for name in new if name not in update.products]
    return list(found.values())


def _builds(remedies: Iterable[Remediation]) -> dict[str, list[str]]:
    """The fixed builds of each product, by its key."""
    found: dict[str, list[str]] = {}
    for each in remedies:
        if each.kind != "vendor_fix" or not each.fixed_build:
            continue
        for key in each.product_ids:
            builds = found.setdefault(key, [])
            if each.fixed_build not in builds:
                builds.append(each.fixed_build)
    return found


def _issues(bulletin: Bulletin) -> list[KnownIssue]:
    """Known issues, each once: those entered here, then those of the document."""
    found = [KnownIssue(each.update, each.details, each.url) for each in bulletin.known_issues]
    stated = (load(list[KnownIssue], row.more.get("known_issues", [])) for row in bulletin.vulnerabilities)
    return list(
        {
            (each.update, each.details, each.url): each for each in [*found, *chain.from_iterable(stated)]
        }.values()
    )


def _is_end_of_life(row: AffectedProduct, bulletin: Bulletin, day: date) -> bool:
    """The same rule as filters.is_end_of_life() in SQL."""
    if row.status != "affected":
        return False
    ends = [release.ends.get(SECURITY) for release in row.releases]
    return bool(ends) and all(
        is_over(end, day)
        and (not row.has_fix or end is True or (bool(end) and end.isoformat() < bulletin.release_month))
        for end in ends
    )
