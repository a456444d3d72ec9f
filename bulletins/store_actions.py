"""Stores advisories as bulletins, whether they come from a document or a form. Nothing commits.

A bulletin is published when its document is final and its TLP label lets everybody read it; else it is a
draft. Alerts are sent (event bulletin.published) only for documents released within NEWS_PERIOD, or with
`announce`: importing an archive must not send mail (docs/decisions/0200).
"""

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from flask_babel import gettext as _
from sqlalchemy import select

from advisories.advisory import Advisory, Unusable
from advisories.codec import dump
from advisories.csaf import provider
from advisories.scores import SEVERITIES
from auth.models import User, Visitor
from bulletins import differences, fixes, queries, rows, search_facts
from bulletins.catalogue import Catalogue
from bulletins.mitigations import from_documents
from bulletins.models import MAX_NAME_CHARACTERS, Bulletin, Counter
from bulletins.priority import priority
from bulletins.vulnerability_models import Vulnerability
from core.database.db import db, lock_rows, number_rows, utcnow
from core.jobs import events
from core.markup import markup
from posts import actions as posts
from posts.models import DRAFT, PUBLISHED, Post

NEWS_PERIOD = timedelta(days=31)
PARTS = {  # fields of Advisory that imports overwrite, or leave alone, together
    "title": ("title",),
    "severity": ("severity", "severity_text"),
    "body": ("notes",),
    "content": ("products", "vulnerabilities"),
}
MAX_SUMMARY_CHARACTERS = 200  # of a revision
CHILDREN = ("products", "vulnerabilities", "mitigations", "known_issues")


class Outcome(StrEnum):
    """What became of an advisory."""

    ADDED = "added"
    UPDATED = "updated"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Stored:
    """The bulletin of an advisory, the number of new CVEs, and the PARTS that it did not overwrite."""

    outcome: Outcome
    bulletin: Bulletin
    new_cves: int = 0
    not_imported: tuple[str, ...] = ()


def store(advisory: Advisory, *, catalogue: Catalogue, announce: bool = False) -> Stored:
    """Add a document, or update its bulletin; the same document again changes nothing.

    Raises Unusable before anything is written.
    """
    _check(advisory)
    body = _rendered(advisory)
    digest = _digest(advisory)
    bulletin_id = db.session.scalar(
        select(Bulletin.id).where(
            Bulletin.publisher == advisory.publisher, Bulletin.tracking_id == advisory.tracking_id
        )
    )
    if bulletin_id is None:
        return _add(advisory, body, digest, catalogue, announce)
    lock_rows(Post, [bulletin_id])
    bulletin = queries.get_whole(bulletin_id)
    if digest in (bulletin.import_digest, _digest(rows.to_advisory(bulletin))):
        return Stored(Outcome.SKIPPED, bulletin)
    edited = changed_here(bulletin)
    current = rows.to_advisory(bulletin, with_local=False)
    local_values = {}
    for part in edited:
        local_values |= {field: getattr(current, field) for field in PARTS[part]}
    new = rewrite(
        bulletin,
        replace(advisory, **local_values),
        by=Visitor(),
        catalogue=catalogue,
        summary=f"Import of version {advisory.version}"[:60],
    )
    bulletin.import_digest = digest
    bulletin.imported = bulletin.imported | {
        part: value for part, value in part_digests(bulletin).items() if part not in edited
    }
    return Stored(Outcome.UPDATED, bulletin, new, edited)


def part_digests(bulletin: Bulletin) -> dict[str, str]:
    """A digest of the present state of each of PARTS."""
    values = dump(rows.to_advisory(bulletin, with_local=False))
    return {part: _sha256([values.get(field) for field in fields]) for part, fields in PARTS.items()}


def changed_here(bulletin: Bulletin) -> tuple[str, ...]:
    """The PARTS that moderators changed since the last import."""
    current = part_digests(bulletin)
    return tuple(part for part, digest in bulletin.imported.items() if current[part] != digest)


def _check(advisory: Advisory) -> None:
    for name in ("publisher", "tracking_id"):
        if not 0 < len(getattr(advisory, name)) <= MAX_NAME_CHARACTERS:
            raise Unusable(_("%(name)s: 1 to %(n)s characters are needed", name=name, n=MAX_NAME_CHARACTERS))


def _rendered(advisory: Advisory) -> markup.Rendered:
    try:
        return markup.render(rows.body(advisory))
    except markup.TooLong as error:
        raise Unusable(_("notes: %(why)s", why=error)) from error


def _digest(advisory: Advisory) -> str:
    """A digest of the content, the same for all formats; warnings do not count."""
    return _sha256(dump(advisory, but=("format", "category", "month", "warnings")))


def _sha256(value: object) -> str:
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
    new = set_rows(bulletin, advisory, catalogue)
    posts.create(bulletin, body, quiet=True)
    bulletin.imported = part_digests(bulletin)
    if is_open:
        is_news = announce or released > now - NEWS_PERIOD
        events.record("bulletin.published" if is_news else "bulletin.imported", subject=bulletin)
    return Stored(Outcome.ADDED, bulletin, new)


def next_reference(year: int) -> str:
    """The next `RB-yyyy-nnn`; concurrent callers wait for this transaction to end."""
    lock = select(Counter).where(Counter.year == year).with_for_update()
    counter = db.session.scalar(lock.execution_options(populate_existing=True))
    if counter is None:
        counter = Counter(year=year, last=0)
        db.session.add(counter)
    counter.last += 1
    db.session.flush()
    return f"RB-{year}-{counter.last:03}"


def document_path(tracking_id: str, reference: str, released: datetime) -> str:
    """The path of its CSAF document: by the issuer's id, or by our reference when that path is taken."""
    path = provider.path(tracking_id, released)
    taken = db.session.scalar(select(Bulletin.id).where(Bulletin.document_path == path))
    return provider.path(reference, released) if taken else path


def set_rows(bulletin: Bulletin, advisory: Advisory, catalogue: Catalogue) -> int:
    """Set the rows of a bulletin and the columns derived from them; returns the number of new CVEs."""
    catalogue.look_up(advisory.products)
    known, new = _vulnerabilities({each.cve for each in advisory.vulnerabilities if each.cve})
    with db.session.no_autoflush:
        rows.from_advisory(bulletin, advisory, known, catalogue)
        number_rows(bulletin.products)  # tens of thousands in some documents
    from_documents.sync_mitigations(bulletin, advisory)
    set_rank(bulletin)
    bulletin.names = search_facts.search_names(advisory)
    return new


def _vulnerabilities(cves: set[str]) -> tuple[dict[str, Vulnerability], int]:
    """The row of each CVE, created where missing, and how many were created."""
    statement = select(Vulnerability).where(Vulnerability.cve.in_(cves))
    found = {row.cve: row for row in db.session.scalars(statement)}
    missing = sorted(cves - found.keys())
    created = {cve: Vulnerability(cve=cve, is_ransomware=False) for cve in missing}
    db.session.add_all(created.values())
    if created:
        db.session.flush()
    return found | created, len(created)


def set_rank(bulletin: Bulletin) -> None:
    """Set the KEV and EPSS columns of a bulletin, and its priority."""
    counted = [row for row in bulletin.vulnerabilities if row.concerns_any]
    shared = [row.vulnerability for row in counted if row.vulnerability is not None]
    listed = [row for row in shared if row.kev_added_on]
    bulletin.is_exploited = bool(listed) or any(row.is_exploited for row in counted)
    bulletin.kev_added_on = min((row.kev_added_on for row in listed if row.kev_added_on), default=None)
    bulletin.kev_due_on = min((row.kev_due_on for row in listed if row.kev_due_on), default=None)
    bulletin.is_ransomware = any(row.is_ransomware for row in listed)
    bulletin.epss = max((row.epss for row in shared if row.epss is not None), default=None)
    bulletin.priority = priority(
        is_exploited=bulletin.is_exploited, severity=bulletin.severity, epss=bulletin.epss
    )


def risk(bulletin: Bulletin) -> fixes.Risk:
    """The present risk of a bulletin."""
    severity = SEVERITIES.index(bulletin.severity) + 1 if bulletin.severity else 0
    marks = [
        (f"v:{row.cve or row.title}", row.has_fix) for row in bulletin.vulnerabilities if row.concerns_any
    ]
    marks += [(f"p:{row.key}", row.has_fix) for row in bulletin.products if row.status == "affected"]
    return fixes.Risk(
        bulletin.is_exploited,
        severity,
        open=frozenset(mark for mark, is_fixed in marks if not is_fixed),
        fixed=frozenset(mark for mark, is_fixed in marks if is_fixed),
    )


def rewrite(
    bulletin: Bulletin,
    advisory: Advisory,
    *,
    by: User | Visitor,
    catalogue: Catalogue,
    summary: str = "",
    facts: dict | None = None,
) -> int:
    """Replace the content of a bulletin, as a new revision; announces a changed risk.

    `facts` are those from posts.begin_edit(), when the edit began before this call. Returns the number of new
    CVEs.
    """
    body = _rendered(advisory)
    if facts is None:
        facts = posts.begin_edit(bulletin, None)
    before = rows.to_advisory(bulletin)
    risk_before = risk(bulletin)
    new = set_rows(bulletin, advisory, catalogue)
    db.session.flush()  # the next lock reloads the row
    changes = ". ".join(filter(None, (summary, differences.describe_changes(before, advisory))))
    title = bulletin.title
    posts.rewrite(
        bulletin, body, by=by, title=title, summary=changes[:MAX_SUMMARY_CHARACTERS], old_facts=facts
    )
    announce_risk_change(bulletin, fixes.risk_changes(risk_before, risk(bulletin)), by=by)
    return new


def announce_risk_change(bulletin: Bulletin, reasons: list[str], *, by: User | Visitor | None = None) -> None:
    """Announce that the risk of a public bulletin changed, if there are reasons (labels.risk_reason)."""
    if reasons and bulletin.is_public:
        events.record("bulletin.risk_raised", subject=bulletin, actor=by, reasons=reasons)


@dataclass(frozen=True)
class Outlook:
    """What store() would do with an advisory; `before` and `after` are the states of its bulletin."""

    outcome: Outcome
    is_public: bool
    reference: str = ""
    before: Advisory | None = None
    after: Advisory | None = None
    not_imported: tuple[str, ...] = ()


def foresee(advisory: Advisory) -> Outlook:
    """What store() would do now, without writing anything. Raises Unusable where store() would."""
    _check(advisory)
    _rendered(advisory)
    bulletin_id = db.session.scalar(
        select(Bulletin.id).where(
            Bulletin.publisher == advisory.publisher, Bulletin.tracking_id == advisory.tracking_id
        )
    )
    if bulletin_id is None:
        is_open = advisory.status == "final" and advisory.tlp in queries.OPEN_TLP
        return Outlook(Outcome.ADDED, is_open, after=advisory)
    bulletin = queries.get_whole(bulletin_id)
    before = rows.to_advisory(bulletin)
    if _digest(advisory) in (bulletin.import_digest, _digest(before)):
        return Outlook(Outcome.SKIPPED, bulletin.is_public, bulletin.reference)
    edited = changed_here(bulletin)
    current = rows.to_advisory(bulletin, with_local=False)
    local_values = {field: getattr(current, field) for part in edited for field in PARTS[part]}
    after = replace(advisory, **local_values)
    return Outlook(Outcome.UPDATED, bulletin.is_public, bulletin.reference, current, after, edited)
