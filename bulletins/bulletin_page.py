"""A bulletin as its page shows it: grouped, rated and told apart. Pure; takes rows that are loaded."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from itertools import chain

from advisories import scores
from advisories.advisory import KnownIssue, Note, Reference, Score
from advisories.codec import load
from advisories.layers import LAYERS
from bulletins.mitigations.from_documents import KINDS, digest
from bulletins.models import AffectedProduct, Bulletin, Mitigation
from bulletins.vulnerability_models import BulletinVulnerability, Remediation
from products.lifecycle.phases import SECURITY, is_over

LONGEST_LIST = 300  # products and updates on one page
NO_FIX = ("none_available", "no_fix_planned")


@dataclass(frozen=True)
class Rating:
    """A vector with the score computed from it, and the one that was stated when it is another."""

    version: str
    vector: str
    base: float | None
    severity: str
    stated: float | None


@dataclass
class VulnerabilityFacts:
    """A vulnerability with what can be done where it has no vendor fix."""

    row: BulletinVulnerability
    ratings: list[Rating]
    mitigations: list[Mitigation]
    needs_shield: bool
    threats: list[str]
    notes: list[Note]
    references: list[Reference]

    @property
    def name(self) -> str:
        """Its CVE, the issuer's id, or its title."""
        ids = self.row.more.get("other_ids") or [["", ""]]
        return self.row.cve or ids[0][1] or self.row.title


@dataclass
class Update:
    """A fix that is offered, and for which products, by name."""

    row: Remediation
    products: list[str] = field(default_factory=list)


@dataclass
class BulletinPage:
    """Everything a bulletin's page shows beside its text."""

    weaknesses: list[VulnerabilityFacts]
    updates: list[Update]
    statements: list[str]
    issues: list[KnownIssue]
    builds: dict[str, list[str]]
    past_life: list[AffectedProduct]
    layers: dict[str, list[Mitigation]]
    notes: list[Note]
    references: list[Reference]

    @property
    def shield_first(self) -> bool:
        """Whether something has no fix, or its release gets none any more."""
        return bool(self.past_life) or any(each.needs_shield for each in self.weaknesses)

    @property
    def none_known(self) -> list[VulnerabilityFacts]:
        """What has neither a fix nor anything else that helps."""
        return [each for each in self.weaknesses if each.needs_shield and not each.mitigations]


def build_page(bulletin: Bulletin, day: date) -> BulletinPage:
    """The sheet of a bulletin from queries.get_bulletin()."""
    by_digest = {each.digest: each for each in bulletin.mitigations}
    ours = [each for each in bulletin.mitigations if each.is_ours]
    remedies = list(chain.from_iterable(row.remediations for row in bulletin.vulnerabilities))
    layers: dict[str, list[Mitigation]] = {}
    for each in sorted(bulletin.mitigations, key=lambda each: LAYERS.index(each.layer)):
        layers.setdefault(each.layer, []).append(each)
    body_note = bulletin.more.get("body_note")
    return BulletinPage(
        weaknesses=[_weakness(row, by_digest, ours) for row in bulletin.vulnerabilities],
        updates=_updates(bulletin, remedies),
        builds=_builds(remedies),
        issues=_issues(bulletin),
        statements=list(
            dict.fromkeys(each.details for each in remedies if each.kind in NO_FIX and each.details)
        ),
        past_life=[row for row in bulletin.products if _is_past_life(row, bulletin, day)],
        layers=layers,
        notes=[load(Note, note) for at, note in enumerate(bulletin.more.get("notes", ())) if at != body_note],
        references=load(list[Reference], bulletin.more.get("references", [])),
    )


def ratings(row: BulletinVulnerability) -> list[Rating]:
    """The different scores of a vulnerability, the worst first."""
    found = {(each.vector, each.stated): _rating(each) for each in load(list[Score], row.scores)}
    return sorted(found.values(), key=lambda each: -(each.base or each.stated or 0.0))


def _rating(score: Score) -> Rating:
    computed = scores.rate(score.vector)
    base = computed.base if computed else None
    severity = computed.severity if computed else scores.severity_of_score(score.stated or 0.0)
    stated = score.stated if base is None or scores.differs(score) else None
    return Rating(score.version, score.vector, base, severity, stated)


def _weakness(
    row: BulletinVulnerability, by_digest: dict[str, Mitigation], ours: list[Mitigation]
) -> VulnerabilityFacts:
    said = [by_digest.get(digest(each.details, each.url)) for each in row.remediations if each.kind in KINDS]
    mitigations = list({each.digest: each for each in [*said, *ours] if each is not None}.values())
    needs_shield = row.concerns_any and not any(each.kind == "vendor_fix" for each in row.remediations)
    return VulnerabilityFacts(
        row,
        ratings(row),
        mitigations,
        needs_shield,
        list(dict.fromkeys(each["details"] for each in row.more.get("threats", ()) if each.get("details"))),
        load(list[Note], row.more.get("notes", [])),
        load(list[Reference], row.more.get("references", [])),
    )


def _updates(bulletin: Bulletin, remedies: Iterable[Remediation]) -> list[Update]:
    """Vendor fixes, those that are the same for several vulnerabilities and products put together."""
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
    """The fixed builds of each product, by the document's id."""
    found: dict[str, list[str]] = {}
    for each in remedies:
        if each.kind == "vendor_fix" and each.fixed_build:
            for key in each.product_ids:
                known = found.setdefault(key, [])
                if each.fixed_build not in known:
                    known.append(each.fixed_build)
    return found


def _issues(bulletin: Bulletin) -> list[KnownIssue]:
    """What was written here first, then what the document says, each once."""
    found = [KnownIssue(each.update, each.details, each.url) for each in bulletin.known_issues]
    said = (load(list[KnownIssue], row.more.get("known_issues", [])) for row in bulletin.vulnerabilities)
    return list(
        {
            (each.update, each.details, each.url): each for each in [*found, *chain.from_iterable(said)]
        }.values()
    )


def _is_past_life(row: AffectedProduct, bulletin: Bulletin, day: date) -> bool:
    """As queries.past_life() has it in SQL."""
    if row.status != "affected":
        return False
    ends = [release.ends.get(SECURITY) for release in row.releases]
    return bool(ends) and all(
        is_over(end, day) and (not row.has_fix or end is True or end.isoformat() < bulletin.release_month)
        for end in ends
    )
