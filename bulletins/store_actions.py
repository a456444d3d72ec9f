"""Stores advisories as bulletins, whether they come from a document or a form. Nothing commits.

publishing.py decides which documents are published. Alerts are sent (event bulletin.published) only for
documents released within NEWS_PERIOD, or with `announce`: importing an archive must not send mail
(docs/decisions/0200). What was derived from a document (fixed versions, sources of exploitation) is no part
of its digest: a reader that learns more updates the rows of the same document without an alert.
"""

import hashlib
import json
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import chain

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from advisories.advisory import Advisory, Unusable
from advisories.advisory import Vulnerability as AdvisoryVulnerability
from advisories.codec import dump
from advisories.completion import stated
from advisories.csaf import provider
from advisories.scores import SEVERITIES
from auth.models import User, Visitor
from bulletins import differences, fixes, issuer_texts, publishing, queries, rows, search_facts
from bulletins.catalogue import Catalogue
from bulletins.mitigations import from_documents
from bulletins.models import MAX_NAME_CHARACTERS, Bulletin, Counter
from bulletins.originals import actions as originals
from bulletins.priority import priority
from bulletins.verdicts import actions as verdicts
from bulletins.vulnerability_models import Vulnerability
from core.database.db import db, lock_rows, number_rows, utcnow
from core.jobs import events
from core.markup import markup
from posts import actions as posts
from posts.models import DRAFT, PUBLISHED, Post

NEWS_PERIOD = publishing.NEWS_PERIOD
READER_EDITION = 1  # the edition of the readers; a higher one reads known documents again, quietly
PARTS = {  # fields of Advisory that imports overwrite, or leave alone, together
    "title": ("title",),
    "severity": ("severity", "severity_text"),
    "body": ("notes",),
    "content": ("products", "vulnerabilities"),
    "references": ("references",),
    "status": ("status",),
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
    """The bulletin of an advisory, the number of new CVEs, and the PARTS that it did not overwrite.

    `not_public` is the reason why the document is not, or not in this version, on the site; else empty.
    """

    outcome: Outcome
    bulletin: Bulletin
    new_cves: int = 0
    not_imported: tuple[str, ...] = ()
    not_public: str = ""


def store(advisory: Advisory, *, catalogue: Catalogue, announce: bool = False) -> Stored:
    """Add a document, or update its bulletin; the same document again changes nothing.

    A version that may not be published does not replace a public one, nor an older version a newer one.
    Raises Unusable before anything is written.
    """
    check(advisory)
    body = rendered_body(advisory)
    advisory.html = issuer_texts.rendered(issuer_texts.texts_of(advisory))  # before anything is locked
    digest = content_digest(advisory)
    bulletin_id = db.session.scalar(
        select(Bulletin.id).where(
            Bulletin.publisher == advisory.publisher, Bulletin.tracking_id == advisory.tracking_id
        )
    )
    if bulletin_id is None:
        stored = _add(advisory, body, digest, catalogue, announce)
    else:
        lock_rows(Post, [bulletin_id])
        bulletin = queries.get_whole(bulletin_id)
        if bulletin.is_own:
            return Stored(Outcome.SKIPPED, bulletin)
        if bulletin.is_public and not publishing.is_open(advisory):
            stored = Stored(Outcome.SKIPPED, bulletin)
        elif bulletin.import_digest and publishing.is_older(bulletin, advisory):
            return Stored(Outcome.SKIPPED, bulletin, not_public=publishing.why_older(bulletin, advisory))
        elif digest in (bulletin.import_digest, content_digest(rows.to_advisory(bulletin))):
            is_changed = refresh(bulletin, advisory, catalogue)
            originals.keep_if_missing(bulletin, advisory)
            stored = Stored(Outcome.UPDATED if is_changed else Outcome.SKIPPED, bulletin)
        else:
            stored = _update(bulletin, advisory, digest, catalogue)
        if publishing.publish_waiting(bulletin, advisory, announce=announce):
            stored = replace(stored, outcome=Outcome.UPDATED)
    return replace(stored, not_public=publishing.why_hidden(stored.bulletin, advisory))


def _update(bulletin: Bulletin, advisory: Advisory, digest: str, catalogue: Catalogue) -> Stored:
    """Replace the content by another version of the document, except for what moderators changed."""
    edited = changed_here(bulletin)
    current = rows.to_advisory(bulletin, with_local=False)
    was_withdrawn = bulletin.document_status == publishing.WITHDRAWN
    local_values = {}
    for part in edited:
        local_values |= {field: getattr(current, field) for field in PARTS[part]}
    # the same version, read by another edition of the readers, is no news
    is_quiet = bulletin.reader_edition != READER_EDITION and (
        advisory.version,
        advisory.current_release_at,
    ) == (
        current.version,
        current.current_release_at,
    )
    advisory = publishing.withdrawn_content(advisory, current)
    new = rewrite(
        bulletin,
        replace(advisory, **local_values),
        by=Visitor(),
        catalogue=catalogue,
        summary=f"Import of version {advisory.version}"[:60],
        is_quiet=is_quiet,
    )
    bulletin.import_digest = digest
    bulletin.imported_release_at = advisory.current_release_at
    _keep_parts(bulletin, edited)
    bulletin.is_edited = bool(edited)
    originals.keep(bulletin, advisory)
    if advisory.status == publishing.WITHDRAWN and not was_withdrawn and not is_quiet:
        publishing.announce_withdrawal(bulletin)
    return Stored(Outcome.UPDATED, bulletin, new, edited)


def refresh(bulletin: Bulletin, advisory: Advisory, catalogue: Catalogue) -> bool:
    """Store what the readers derive now from a known document, without an alert; returns whether it differs.

    `bulletin` has all its rows. The content that moderators changed, or that a withdrawn document kept,
    stays, as does what was derived from the same document in another format.
    """
    edited = changed_here(bulletin)
    current = rows.to_advisory(bulletin, with_local=False)
    wanted = replace(current, status=advisory.status, vulnerabilities=_with_derived(current, advisory))
    keeps = (
        "content" in edited
        or advisory.format != current.format
        or bulletin.document_status == publishing.WITHDRAWN
    )
    is_same = keeps or dump(wanted) == dump(current)
    if is_same and bulletin.reader_edition == READER_EDITION:
        return False
    set_rows(bulletin, current if keeps else wanted, catalogue)
    _keep_parts(bulletin, edited)
    db.session.flush()
    events.record("bulletin.ranked", subject=bulletin)
    return not is_same


def _with_derived(current: Advisory, read: Advisory) -> list[AdvisoryVulnerability]:
    """The stored vulnerabilities with what was derived from the document that was read."""
    if len(current.vulnerabilities) != len(read.vulnerabilities):
        return current.vulnerabilities
    return [
        replace(
            known,
            remedies=[
                *(each for each in known.remedies if not each.origin),
                *(each for each in new.remedies if each.origin),
            ],
            exploitation=new.exploitation,
            is_exploited=new.is_exploited,
        )
        for known, new in zip(current.vulnerabilities, read.vulnerabilities, strict=True)
    ]


def _keep_parts(bulletin: Bulletin, edited: tuple[str, ...]) -> None:
    """Store the digests of the parts as they are now, except those that moderators changed."""
    if not (bulletin.import_digest or bulletin.imported):
        return  # written here
    bulletin.imported = bulletin.imported | {
        part: value for part, value in part_digests(bulletin).items() if part not in edited
    }


def part_digests(bulletin: Bulletin) -> dict[str, str]:
    """A digest of the present state of each of PARTS."""
    values = dump(rows.to_advisory(bulletin, with_local=False))
    return {part: _sha256([values.get(field) for field in fields]) for part, fields in PARTS.items()}


def changed_here(bulletin: Bulletin) -> tuple[str, ...]:
    """The PARTS that moderators changed since the last import."""
    current = part_digests(bulletin)
    return tuple(part for part, digest in bulletin.imported.items() if current[part] != digest)


def check(advisory: Advisory) -> None:
    """Raise Unusable for a document that cannot be stored."""
    for name in ("publisher", "tracking_id"):
        if not 0 < len(getattr(advisory, name)) <= MAX_NAME_CHARACTERS:
            raise Unusable(_("%(name)s: 1 to %(n)s characters are needed", name=name, n=MAX_NAME_CHARACTERS))


def rendered_body(advisory: Advisory) -> markup.Rendered:
    """The body of its bulletin; raises Unusable for one that is too long."""
    try:
        return markup.render(rows.body(advisory))
    except markup.TooLong as error:
        raise Unusable(_("notes: %(why)s", why=error)) from error


def content_digest(advisory: Advisory) -> str:
    """A digest of the content, the same for all formats; warnings and what was derived do not count."""
    return _sha256(dump(stated(advisory), but=("format", "category", "month", "warnings")))


def _sha256(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _add(
    advisory: Advisory, body: markup.Rendered, digest: str, catalogue: Catalogue, announce: bool
) -> Stored:
    now = utcnow()
    released = min(advisory.initial_release_at or advisory.current_release_at or now, now)
    is_open = publishing.is_open(advisory)
    reference = next_reference(released.year)
    bulletin = Bulletin(
        status=PUBLISHED if is_open else DRAFT,
        reference=reference,
        slug=reference,
        document_path=provider.path(reference, released),
        published_at=released,
        created_at=released,
        last_activity_at=released,
        release_month=advisory.month or f"{released:%Y-%m}",
        import_digest=digest,
        imported_release_at=advisory.current_release_at,
        is_told=is_open,
        **{name: [] for name in CHILDREN},
    )
    new = set_rows(bulletin, advisory, catalogue)
    posts.create(bulletin, body, quiet=True)
    originals.keep(bulletin, advisory)
    verdicts.refresh_bulletins([bulletin.id])
    bulletin.imported = part_digests(bulletin)
    if is_open:
        is_news = publishing.is_news(bulletin, announce=announce)
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


def set_rows(bulletin: Bulletin, advisory: Advisory, catalogue: Catalogue) -> int:
    """Set the rows of a bulletin and the columns derived from them; returns the number of new CVEs."""
    catalogue.look_up(advisory.products)
    known, new = _vulnerabilities({each.cve for each in advisory.vulnerabilities if each.cve})
    with db.session.no_autoflush:
        rows.from_advisory(bulletin, advisory, known, catalogue)
        number_rows(bulletin.products)  # tens of thousands in some documents
        number_rows(list(chain.from_iterable(row.remediations for row in bulletin.vulnerabilities)))
    from_documents.sync_mitigations(bulletin, advisory)
    issuer_texts.render(bulletin, advisory)
    set_rank(bulletin)
    bulletin.names = search_facts.search_names(advisory)
    bulletin.reader_edition = READER_EDITION
    return new


def _vulnerabilities(cves: set[str]) -> tuple[dict[str, Vulnerability], int]:
    """The row of each CVE, created where missing, and how many were created."""
    statement = (
        select(Vulnerability)
        .where(Vulnerability.cve.in_(cves))
        .options(selectinload(Vulnerability.exploitations))
    )
    found = {row.cve: row for row in db.session.scalars(statement)}
    missing = sorted(cves - found.keys())
    created = {cve: Vulnerability(cve=cve, is_ransomware=False, exploitations=[]) for cve in missing}
    db.session.add_all(created.values())
    if created:
        db.session.flush()
    return found | created, len(created)


def set_rank(bulletin: Bulletin) -> None:
    """Set the KEV and EPSS columns of a bulletin, and its priority."""
    is_withdrawn = bulletin.document_status == publishing.WITHDRAWN  # what it said is kept
    counted = [row for row in bulletin.vulnerabilities if row.concerns_any or is_withdrawn]
    shared = [row.vulnerability for row in counted if row.vulnerability is not None]
    listed = [row for row in shared if row.kev_added_on]
    bulletin.is_exploited = any(map(is_listed, shared)) or any(row.is_exploited for row in counted)
    bulletin.kev_added_on = min((row.kev_added_on for row in listed if row.kev_added_on), default=None)
    bulletin.kev_due_on = min((row.kev_due_on for row in listed if row.kev_due_on), default=None)
    bulletin.is_ransomware = any(row.is_ransomware for row in listed)
    bulletin.epss = max((row.epss for row in shared if row.epss is not None), default=None)
    needs_nobody = bulletin.is_informational or is_withdrawn
    bulletin.priority = (
        0
        if needs_nobody
        else priority(is_exploited=bulletin.is_exploited, severity=bulletin.severity, epss=bulletin.epss)
    )


def is_listed(shared: Vulnerability) -> bool:
    """Whether a list of exploited vulnerabilities, CISA's or another, has this CVE."""
    return shared.kev_added_on is not None or bool(shared.exploitations)


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
    is_quiet: bool = False,
) -> int:
    """Replace the content of a bulletin, as a new revision; announces a changed risk unless `is_quiet`.

    `facts` are those from posts.begin_edit(), when the edit began before this call. Returns the number of new
    CVEs.
    """
    body = rendered_body(advisory)
    if facts is None:
        facts = posts.begin_edit(bulletin, None)
    before = rows.to_advisory(bulletin)
    risk_before = risk(bulletin)
    new = set_rows(bulletin, advisory, catalogue)
    db.session.flush()  # the next lock reloads the row
    verdicts.refresh_bulletins([bulletin.id])
    changes = ". ".join(filter(None, (summary, differences.describe_changes(before, advisory))))
    title = bulletin.title
    posts.rewrite(
        bulletin, body, by=by, title=title, summary=changes[:MAX_SUMMARY_CHARACTERS], old_facts=facts
    )
    if not is_quiet:
        announce_risk_change(bulletin, fixes.risk_changes(risk_before, risk(bulletin)), by=by)
    return new


def announce_risk_change(bulletin: Bulletin, reasons: list[str], *, by: User | Visitor | None = None) -> None:
    """Announce that the risk of a public bulletin changed, if there are reasons (labels.risk_reason).

    A withdrawn or informational bulletin is in no alert.
    """
    is_silent = bulletin.is_informational or bulletin.document_status == publishing.WITHDRAWN
    if reasons and bulletin.is_public and not is_silent:
        events.record("bulletin.risk_raised", subject=bulletin, actor=by, reasons=reasons)
