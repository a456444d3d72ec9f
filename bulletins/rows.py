"""A bulletin's rows from an advisory, and an advisory from its rows: read(write(a)) says what `a` said.

The text of the bulletin is its summary note, so that people edit it and revisions keep it; the place of
that note among the others is remembered, not its words.
"""

from collections.abc import Callable
from dataclasses import replace

from advisories.advisory import AFFECTED, Advisory, KnownIssue, Note, ProductEntry, Remedy, Score
from advisories.advisory import Vulnerability as Said
from advisories.codec import dump, load
from bulletins import fixes
from bulletins.models import AffectedProduct, AffectedRelease, Bulletin
from bulletins.vulnerability_models import BulletinVulnerability, Remediation, Vulnerability

TITLE, KEY, UPDATE = 200, 60, 100  # what columns hold
BODY_NOTES = ("summary", "description", "general")
_BULLETIN = (
    "title",
    "publisher",
    "publisher_namespace",
    "tracking_id",
    "severity",
    "products",
    "vulnerabilities",
    "warnings",
)
_PRODUCT = ("id", "name", "vendor", "version")
_VULNERABILITY = ("cve", "title", "status", "scores", "remedies", "is_rejected", "is_exploited")
_REMEDY = ("kind", "details", "product_ids", "url", "update", "supersedes", "fixed_build", "restart")
Known = dict[str, Vulnerability]
Matched = Callable[[ProductEntry], tuple[int | None, tuple[int, ...]]]


def body_note(advisory: Advisory) -> int | None:
    """Which of its notes is its text: the first that sums up, or describes."""
    return next(
        (
            place
            for category in BODY_NOTES
            for place, note in enumerate(advisory.notes)
            if note.category == category and note.text
        ),
        None,
    )


def body(advisory: Advisory) -> str:
    """The text of a bulletin made of this advisory."""
    place = body_note(advisory)
    return "" if place is None else advisory.notes[place].text


def from_advisory(bulletin: Bulletin, advisory: Advisory, known: Known, matched: Matched) -> None:
    """Make the rows say what the advisory says; its text (body) is the caller's to store.

    `known` has a row for every CVE it names; `matched` tells the product and the releases of an entry.
    """
    place = body_note(advisory)
    notes = [replace(note, text="") if at == place else note for at, note in enumerate(advisory.notes)]
    bulletin.title = advisory.title[:TITLE]
    bulletin.full_title = advisory.title if len(advisory.title) > TITLE else ""
    bulletin.publisher, bulletin.tracking_id = advisory.publisher, advisory.tracking_id
    bulletin.publisher_namespace, bulletin.severity = advisory.publisher_namespace, advisory.severity
    bulletin.tlp, bulletin.current_release_at = advisory.tlp[: KEY // 3], advisory.current_release_at
    bulletin.more = dump(replace(advisory, notes=notes), but=_BULLETIN) | {"body_note": place}
    standings = fixes.product_statuses(advisory)
    tried = {
        (each.kind, each.update, each.details): each.can_roll_back
        for row in bulletin.vulnerabilities
        for each in row.remediations
    }
    bulletin.products = [
        _product(at, entry, standings[entry.id], matched(entry)) for at, entry in enumerate(advisory.products)
    ]
    bulletin.vulnerabilities = [
        _vulnerability(at, said, known) for at, said in enumerate(advisory.vulnerabilities)
    ]
    for each in (remedy for row in bulletin.vulnerabilities for remedy in row.remediations):
        each.can_roll_back = tried.get((each.kind, each.update, each.details))
    bulletin.vulnerability_count = len(bulletin.vulnerabilities)
    bulletin.has_fix = all(row.has_fix for row in bulletin.vulnerabilities if row.concerns_any)
    bulletin.is_unpatched = not bulletin.has_fix or any(
        row.status == "affected" and not row.has_fix for row in bulletin.products
    )


def _product(place: int, entry: ProductEntry, standing: fixes.ProductStatus, match: tuple) -> AffectedProduct:
    return AffectedProduct(
        position=place,
        key=entry.id,
        name=entry.name,
        vendor=entry.vendor,
        version=entry.version,
        vendor_key=entry.vendor.casefold()[:KEY],
        status=standing.status,
        has_fix=standing.has_fix,
        product_id=match[0],
        is_whole=is_whole(entry, match),
        more=dump(entry, but=_PRODUCT),
        named_releases=[AffectedRelease(release_id=each) for each in match[1]],
    )


def is_whole(entry: ProductEntry, match: tuple[int | None, tuple[int, ...]]) -> bool:
    """Whether an entry that matched is a product in all its releases."""
    return match[0] is not None and not match[1] and (entry.is_range or not entry.version)


def _vulnerability(place: int, said: Said, known: Known) -> BulletinVulnerability:
    return BulletinVulnerability(
        position=place,
        vulnerability=known[said.cve] if said.cve else None,
        vulnerability_id=known[said.cve].id if said.cve else None,
        title=said.title,
        status=dump(said.status),
        scores=dump(said.scores),
        is_rejected=said.is_rejected,
        is_exploited=said.is_exploited,
        has_fix=fixes.has_fix(said),
        concerns_any=fixes.concerns_any(said),
        more=dump(said, but=_VULNERABILITY),
        remediations=[_remediation(at, remedy) for at, remedy in enumerate(said.remedies)],
    )


def _remediation(place: int, remedy: Remedy) -> Remediation:
    facts = {name: getattr(remedy, name) for name in _REMEDY}
    facts |= {
        "product_ids": list(remedy.product_ids),
        "update": remedy.update[:UPDATE],
        "supersedes": remedy.supersedes[:UPDATE],
    }
    return Remediation(position=place, more=dump(remedy, but=_REMEDY), **facts)


def to_advisory(bulletin: Bulletin, *, with_ours: bool = True) -> Advisory:
    """What the rows say, as an advisory; mitigations and issues written here go with every vulnerability."""
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
    advisory.products = [
        load(
            ProductEntry,
            {**row.more, "id": row.key, "name": row.name, "vendor": row.vendor, "version": row.version},
        )
        for row in bulletin.products
    ]
    advisory.vulnerabilities = [_said(row) for row in bulletin.vulnerabilities]
    if with_ours:
        _add_ours(bulletin, advisory)
    return advisory


def _said(row: BulletinVulnerability) -> Said:
    said = load(
        Said,
        {
            **row.more,
            "cve": row.cve,
            "title": row.title,
            "status": row.status,
            "is_rejected": row.is_rejected,
            "is_exploited": row.is_exploited,
        },
    )
    said.scores = load(list[Score], row.scores)
    said.remedies = [
        load(Remedy, {**each.more, **{name: getattr(each, name) for name in _REMEDY}})
        for each in row.remediations
    ]
    return said


def _add_ours(bulletin: Bulletin, advisory: Advisory) -> None:
    remedies = [
        Remedy(each.kind, each.as_text, url=each.url) for each in bulletin.mitigations if each.is_ours
    ]
    issues = [KnownIssue(each.update, each.details, each.url) for each in bulletin.known_issues]
    for said in advisory.vulnerabilities:
        if not said.is_rejected:
            affected = fixes.products_with_status(said, AFFECTED)
            ids = tuple(entry.id for entry in advisory.products if entry.id in affected)
            for ours, theirs in ((remedies, said.remedies), (issues, said.known_issues)):
                known = {(each.details, each.url) for each in theirs}
                theirs += [
                    replace(each, product_ids=ids) for each in ours if (each.details, each.url) not in known
                ]
