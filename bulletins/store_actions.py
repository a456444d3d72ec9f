"""Advisories become bulletins: the one way from a document, or a form, into rows. Nothing commits.

A bulletin is public when its document is final and its TLP lets everybody read it, else a draft. Only what
was released within the last NEWS, or `announce`, tells the world (bulletin.published): bringing an archive
must not send mail (docs/decisions/0200).
"""

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select

from advisories.advisory import Advisory, Unusable
from advisories.codec import dump
from advisories.csaf import provider
from advisories.scores import SEVERITIES
from auth.models import Visitor
from bulletins import differences, fixes, queries, rows, search_facts
from bulletins.catalogue import Catalogue
from bulletins.mitigations import from_documents
from bulletins.models import LONGEST_NAME, Bulletin, Counter
from bulletins.priority import priority
from bulletins.vulnerability_models import Vulnerability
from core.database.db import db, lock_rows, utcnow
from core.jobs import events
from core.markup import markup
from posts import actions as posts
from posts.models import DRAFT, PUBLISHED, Post

NEWS = timedelta(days=31)
PARTS = {
    "title": ("title",),
    "severity": ("severity", "severity_text"),
    "body": ("notes",),
    "content": ("products", "vulnerabilities"),
}

CHILDREN = ("products", "vulnerabilities", "mitigations", "known_issues")


class Outcome(StrEnum):
    """What an advisory did to the site."""

    ADDED = "added"
    UPDATED = "updated"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Stored:
    """The bulletin of an advisory, how many CVEs were new, and what moderators' changes kept out."""

    outcome: Outcome
    bulletin: Bulletin
    new_cves: int = 0
    kept: tuple[str, ...] = ()


def store(advisory: Advisory, *, catalogue: Catalogue, announce: bool = False) -> Stored:
    """Add a document, or bring its bulletin up to date; the same document again changes nothing.

    Raises Unusable, before anything is written.
    """
    _check(advisory)
    body, digest = _rendered(advisory), _digest(advisory)
    found = db.session.scalar(
        select(Bulletin.id).where(
            Bulletin.publisher == advisory.publisher, Bulletin.tracking_id == advisory.tracking_id
        )
    )
    if found is None:
        return _add(advisory, body, digest, catalogue, announce)
    lock_rows(Post, [found])
    bulletin = queries.whole(found)
    if digest in (bulletin.import_digest, _digest(rows.to_advisory(bulletin))):
        return Stored(Outcome.SKIPPED, bulletin)
    ours, current = changed_here(bulletin), rows.to_advisory(bulletin, with_ours=False)
    kept = {field: getattr(current, field) for part in ours for field in PARTS[part]}
    new = rewrite(
        bulletin,
        replace(advisory, **kept),
        by=Visitor(),
        catalogue=catalogue,
        summary=f"Import of version {advisory.version}"[:60],
    )
    bulletin.import_digest = digest
    bulletin.imported = bulletin.imported | {
        part: value for part, value in part_digests(bulletin).items() if part not in ours
    }
    return Stored(Outcome.UPDATED, bulletin, new, ours)


def part_digests(bulletin: Bulletin) -> dict[str, str]:
    """A digest of each of PARTS as the rows say it."""
    said = dump(rows.to_advisory(bulletin, with_ours=False))
    return {part: _of([said.get(field) for field in fields]) for part, fields in PARTS.items()}


def changed_here(bulletin: Bulletin) -> tuple[str, ...]:
    """The parts that people changed since the last import."""
    now = part_digests(bulletin)
    return tuple(part for part, digest in bulletin.imported.items() if now[part] != digest)


def _check(advisory: Advisory) -> None:
    for name in ("publisher", "tracking_id"):
        if not 0 < len(getattr(advisory, name)) <= LONGEST_NAME:
            raise Unusable(f"{name}: 1 to {LONGEST_NAME} characters are needed")


def _rendered(advisory: Advisory) -> markup.Rendered:
    try:
        return markup.render(rows.body(advisory))
    except markup.TooLong as error:
        raise Unusable(f"notes: {error}") from error


def _digest(advisory: Advisory) -> str:
    """Of all it says; what another format says otherwise, and what was wrong with it, does not count."""
    return _of(dump(advisory, but=("format", "category", "month", "warnings")))


def _of(value) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _add(
    advisory: Advisory, body: markup.Rendered, digest: str, catalogue: Catalogue, announce: bool
) -> Stored:
    now = utcnow()
    released = min(advisory.initial_release_at or advisory.current_release_at or now, now)
    is_open = advisory.status == "final" and advisory.tlp in queries.OPEN_TLP
    reference = next_reference(released.year)
    bulletin = Bulletin(
        status=PUBLISHED if is_open else DRAFT,
        reference=reference,
        slug=reference,
        document_path=document_path(advisory.tracking_id, reference, released),
        published_at=released,
        created_at=released,
        last_activity_at=released,
        release_month=advisory.month or f"{released:%Y-%m}",
        import_digest=digest,
        is_told=is_open,
        **{name: [] for name in CHILDREN},
    )
    new = fill(bulletin, advisory, catalogue)
    posts.create(bulletin, body, quiet=True)
    bulletin.imported = part_digests(bulletin)
    if is_open:
        is_news = announce or released > now - NEWS
        events.record("bulletin.published" if is_news else "bulletin.imported", subject=bulletin)
    return Stored(Outcome.ADDED, bulletin, new)


def next_reference(year: int) -> str:
    """The next `RB-yyyy-nnn`; whoever asks at the same time waits for this transaction."""
    lock = select(Counter).where(Counter.year == year).with_for_update()
    counter = db.session.scalar(lock.execution_options(populate_existing=True))
    if counter is None:
        counter = Counter(year=year, last=0)
        db.session.add(counter)
    counter.last += 1
    db.session.flush()
    return f"RB-{year}-{counter.last:03}"


def document_path(tracking_id: str, reference: str, released: datetime) -> str:
    """Where its CSAF document is published: under the issuer's id, or ours when that name is taken."""
    path = provider.path(tracking_id, released)
    taken = db.session.scalar(select(Bulletin.id).where(Bulletin.document_path == path))
    return provider.path(reference, released) if taken else path


def fill(bulletin: Bulletin, advisory: Advisory, catalogue: Catalogue) -> int:
    """Write the rows of a bulletin and what derives from them; returns how many CVEs were new."""
    catalogue.learn(advisory.products)
    known, new = _vulnerabilities({said.cve for said in advisory.vulnerabilities if said.cve})
    rows.from_advisory(bulletin, advisory, known, catalogue)
    from_documents.sync_mitigations(bulletin, advisory)
    set_rank(bulletin)
    bulletin.names = search_facts.search_names(advisory)
    return new


def _vulnerabilities(cves: set[str]) -> tuple[dict[str, Vulnerability], int]:
    """The row of each CVE, made where there is none, and how many were made."""
    rows_of = select(Vulnerability).where(Vulnerability.cve.in_(cves))
    found = {row.cve: row for row in db.session.scalars(rows_of)}
    missing = sorted(cves - found.keys())
    made = {cve: Vulnerability(cve=cve, is_ransomware=False) for cve in missing}
    db.session.add_all(made.values())
    if made:
        db.session.flush()
    return found | made, len(made)


def set_rank(bulletin: Bulletin) -> None:
    """Set what the lists of the exploited and EPSS say of a bulletin, and its place among others."""
    real = [row for row in bulletin.vulnerabilities if row.concerns_any]
    shared = [row.vulnerability for row in real if row.vulnerability is not None]
    listed = [row for row in shared if row.kev_added_on]
    bulletin.is_exploited = bool(listed) or any(row.is_exploited for row in real)
    bulletin.kev_added_on = min((row.kev_added_on for row in listed), default=None)
    bulletin.kev_due_on = min((row.kev_due_on for row in listed if row.kev_due_on), default=None)
    bulletin.is_ransomware = any(row.is_ransomware for row in listed)
    bulletin.epss = max((row.epss for row in shared if row.epss is not None), default=None)
    bulletin.priority = priority(
        is_exploited=bulletin.is_exploited, severity=bulletin.severity, epss=bulletin.epss
    )


def risk(bulletin: Bulletin) -> fixes.Risk:
    """What alerts depend on, as the rows have it."""
    rank_of = SEVERITIES.index(bulletin.severity) + 1 if bulletin.severity else 0
    marks = [
        (f"v:{row.cve or row.title}", row.has_fix) for row in bulletin.vulnerabilities if row.concerns_any
    ]
    marks += [(f"p:{row.key}", row.has_fix) for row in bulletin.products if row.status == "affected"]
    return fixes.Risk(
        bulletin.is_exploited,
        rank_of,
        open=frozenset(mark for mark, is_fixed in marks if not is_fixed),
        fixed=frozenset(mark for mark, is_fixed in marks if is_fixed),
    )


def rewrite(
    bulletin: Bulletin,
    advisory: Advisory,
    *,
    by,
    catalogue: Catalogue,
    summary: str = "",
    facts: dict | None = None,
) -> int:
    """Make a bulletin say this, as a new revision; tells of a risk that changed. Returns new CVEs.

    `facts` are those from posts.begin_edit(), where it began before.
    """
    body = _rendered(advisory)
    if facts is None:
        facts = posts.begin_edit(bulletin, None)
    was, before = rows.to_advisory(bulletin), risk(bulletin)
    new = fill(bulletin, advisory, catalogue)
    db.session.flush()  # the next lock reads the row anew
    told = ". ".join(filter(None, (summary, differences.describe_changes(was, advisory))))
    title = bulletin.title
    posts.rewrite(bulletin, body, by=by, title=title, summary=told[:200], was=facts)
    announce_risk_change(bulletin, fixes.risk_changes(before, risk(bulletin)), by=by)
    return new


def announce_risk_change(bulletin: Bulletin, reasons: list[str], *, by=None) -> None:
    """Announce that a public bulletin is another risk than before; nothing without a reason."""
    if reasons and bulletin.is_public:
        events.record("bulletin.risk_raised", subject=bulletin, actor=by, reasons=reasons)
