"""The content of a bulletin's page, grouped and rated. Pure functions on rows that are loaded."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from itertools import chain

from advisories import scores
from advisories.advisory import KnownIssue, Metric, Note, Reference, RevisionEntry, Score
from advisories.codec import load
from advisories.layers import LAYERS
from bulletins import exploitation, issuer_texts
from bulletins.exploitation import Source
from bulletins.mitigations.from_documents import MITIGATION_KINDS, digest
from bulletins.models import AffectedProduct, Bulletin, Mitigation
from bulletins.vulnerability_models import BulletinVulnerability, Remediation
from products.lifecycle.phases import SECURITY, is_over

MAX_ROWS = 100  # updates and vulnerabilities on one page, each
MAX_NAMES = 12  # products that the row of an update names
MAX_DETAIL_CHARACTERS = 60_000  # of notes, threats and links of vulnerabilities on one page
MAX_LINK_CHARACTERS = 300  # that a link counts with its markup
MAX_FIXES = 3  # updates that the row of a product names
_IDENTIFIER = re.compile(r"[A-Za-z]{2,12}(?:-[A-Za-z]{2,8})?[-:]?[0-9][0-9A-Za-z:._-]{3,30}")
NO_FIX_KINDS = ("none_available", "no_fix_planned", "fix_planned")


@dataclass(frozen=True)
class Rating:
    """A CVSS vector with its computed base score; `stated` is the score of the document if it differs."""

    version: str
    vector: str
    base: float | None
    severity: str
    stated: float | None
    source: str = ""


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
    metrics: list[Metric] = field(default_factory=list)

    @property
    def has_details(self) -> bool:
        """Whether there is more to show than its row."""
        return bool(self.threats or self.notes or self.references or self.metrics)

    @property
    def detail_characters(self) -> int:
        """About how long its notes, threats and links are on a page."""
        texts = sum(len(note.text) for note in self.notes) + sum(map(len, self.threats))
        return texts + MAX_LINK_CHARACTERS * min(len(self.references), 20)

    @property
    def name(self) -> str:
        """The CVE, else the issuer's id, else the title."""
        ids = self.row.more.get("other_ids") or [["", ""]]
        return self.row.cve or ids[0][1] or self.row.title


@dataclass
class Update:
    """A vendor fix and the products it is for: their keys, and the names of the first MAX_NAMES."""

    row: Remediation
    keys: dict[str, None] = field(default_factory=dict)
    products: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Fix:
    """An update that fixes a product: its identifier, and a link or nothing."""

    name: str
    url: str = ""


@dataclass
class BulletinPage:
    """The content of a bulletin's page besides its text.

    `statements` explain why there is no fix; `builds` are fixed builds by product key, `fixes` updates by
    product key ("": of all products); `end_of_life` are affected products that get no security fixes any
    more.
    """

    vulnerabilities: list[VulnerabilityFacts]
    updates: list[Update]
    statements: list[str]
    issues: list[KnownIssue]
    builds: dict[str, list[str]]
    fixes: dict[str, list[Fix]]
    end_of_life: list[AffectedProduct]
    layers: dict[str, list[Mitigation]]
    notes: list[Note]
    references: list[Reference]
    history: list[RevisionEntry] = field(default_factory=list)
    acknowledgments: list[dict] = field(default_factory=list)
    html: dict[str, str] = field(default_factory=dict)

    def fixes_of(self, product: AffectedProduct) -> list[Fix]:
        """The updates that fix a product; those of all products count where it needs a fix."""
        named = self.fixes.get(product.key, [])
        general = self.fixes.get("", []) if product.status == "affected" and product.has_fix else []
        return list(dict.fromkeys([*named, *general]))

    def rendered(self, text: str) -> str:
        """The safe HTML of a text of the document; empty for one that was not rendered."""
        return self.html.get(issuer_texts.key(text), "")

    @property
    def with_details(self) -> int:
        """How many vulnerabilities have details."""
        return sum(each.has_details for each in self.vulnerabilities)

    @property
    def detailed(self) -> list[VulnerabilityFacts]:
        """The first vulnerabilities with details, as many as fit on a page."""
        shown: list[VulnerabilityFacts] = []
        characters = 0
        for each in self.vulnerabilities[:MAX_ROWS]:
            if each.has_details:
                characters += each.detail_characters
                if shown and characters > MAX_DETAIL_CHARACTERS:
                    break
                shown.append(each)
        return shown

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


def build_page(bulletin: Bulletin, day: date, products: list[AffectedProduct]) -> BulletinPage:
    """The page of a bulletin; `day` decides what is past its end of life.

    `products` are all, or those that product_queries.affected_with_releases() found; name_products() sets the
    names that the page shows.
    """
    by_digest = {each.digest: each for each in bulletin.mitigations}
    local = [each for each in bulletin.mitigations if each.is_ours]
    remedies = list(chain.from_iterable(row.remediations for row in bulletin.vulnerabilities))
    layers: dict[str, list[Mitigation]] = {}
    for each in sorted(bulletin.mitigations, key=lambda each: LAYERS.index(each.layer)):
        layers.setdefault(each.layer, []).append(each)
    body_note = bulletin.more.get("body_note")
    return BulletinPage(
        vulnerabilities=[_vulnerability(row, by_digest, local) for row in bulletin.vulnerabilities],
        updates=_updates(remedies),
        builds=_builds(remedies),
        fixes=_fixes(remedies),
        issues=_issues(bulletin),
        statements=list(
            dict.fromkeys(each.details for each in remedies if each.kind in NO_FIX_KINDS and each.details)
        ),
        end_of_life=[row for row in products if _is_end_of_life(row, bulletin, day)],
        layers=layers,
        notes=[load(Note, note) for at, note in enumerate(bulletin.more.get("notes", ())) if at != body_note],
        references=load(list[Reference], bulletin.more.get("references", [])),
        history=[] if bulletin.is_own else load(list[RevisionEntry], bulletin.more.get("history", [])),
        acknowledgments=_acknowledgments(bulletin),
        html=bulletin.texts_html or {},
    )


def _acknowledgments(bulletin: Bulletin) -> list[dict]:
    """The acknowledgments of the document and of its vulnerabilities, each once."""
    stated = [
        *bulletin.more.get("acknowledgments", ()),
        *(each for row in bulletin.vulnerabilities for each in row.more.get("acknowledgments", ())),
    ]
    return list({repr(each): each for each in stated}.values())


def named_keys(content: BulletinPage) -> list[str]:
    """The keys of the products that the table of updates names."""
    return [key for update in content.updates[:MAX_ROWS] for key in list(update.keys)[:MAX_NAMES]]


def name_products(content: BulletinPage, names: dict[str, str]) -> None:
    """Set the names of products, by their keys, in the table of updates."""
    for update in content.updates:
        keys = list(update.keys)[:MAX_NAMES]
        update.products = list(dict.fromkeys(names[key] for key in keys if key in names))


def ratings(row: BulletinVulnerability) -> list[Rating]:
    """The distinct scores of a vulnerability, the highest first."""
    found = {(each.vector, each.stated): _rating(each) for each in load(list[Score], row.scores)}
    return sorted(found.values(), key=lambda each: -(each.base or each.stated or 0.0))


def _rating(score: Score) -> Rating:
    computed = scores.rate(score.vector)
    base = computed.base if computed else None
    severity = computed.severity if computed else scores.severity_of_score(score.stated or 0.0)
    stated = score.stated if base is None or scores.is_stated_wrong(score) else None
    return Rating(score.version, score.vector, base, severity, stated, score.source)


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
        exploited_by=exploitation.sources(row),
        metrics=load(list[Metric], row.more.get("metrics", [])),
    )


def _updates(remedies: Iterable[Remediation]) -> list[Update]:
    """Vendor fixes, with equal ones of several vulnerabilities and products merged."""
    found: dict[tuple, Update] = {}
    for each in remedies:
        if each.kind == "vendor_fix":
            facts = (each.update, each.details, each.url, each.fixed_build, each.restart, each.supersedes)
            update = found.setdefault(facts, Update(each))
            update.keys |= dict.fromkeys(each.product_ids)
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


def _fixes(remedies: Iterable[Remediation]) -> dict[str, list[Fix]]:
    """The updates with an identifier by the key of the product, "" for those that name none."""
    found: dict[str, dict[Fix, None]] = {}
    for each in remedies:
        name = (each.update or _name_in(each.url)) if each.kind == "vendor_fix" else ""
        for key in (each.product_ids or [""]) if name else ():
            found.setdefault(key, {})[Fix(name, each.url)] = None
    return {key: list(named) for key, named in found.items()}


def _name_in(url: str) -> str:
    """The identifier of an advisory or update at the end of a link (RHSA-2026:1234); empty for none."""
    last = url.partition("?")[0].partition("#")[0].rstrip("/").rpartition("/")[2]
    last = last.removesuffix(".html").replace("%3A", ":")
    return last.upper() if _IDENTIFIER.fullmatch(last) else ""


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
