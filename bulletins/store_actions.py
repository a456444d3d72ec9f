"""Stores advisories as bulletins, whether they come from a document or a form. Nothing commits.

publishing.py decides which documents are published. Alerts are sent (event bulletin.published) only for
documents released within NEWS_PERIOD, or with `announce`: importing an archive must not send mail
(docs/decisions/0200). What was derived from a document (fixed versions, sources of exploitation) is no part
of its digest: a reader that learns more updates the rows of the same document without an alert.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import chain
from typing import Protocol

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from advisories.advisory import Advisory, Unusable
from advisories.csaf import provider
from auth.models import User, Visitor
from bulletins import differences, fixes, issuer_texts, publishing, queries, ranking, rows, search_facts
from bulletins.catalogue import Catalogue
from bulletins.digests import content_digest, part_digests
from bulletins.import_steps import READER_EDITION, Merged, Step, derived_again, merged, next_step
from bulletins.mitigations import from_documents
from bulletins.models import MAX_NAME_CHARACTERS, Bulletin, Counter
from bulletins.originals import actions as originals
from bulletins.verdicts import actions as verdicts
from bulletins.vulnerability_models import Vulnerability
from core.database.bulk import number_rows
from core.database.db import db, lock_rows, utcnow
from core.jobs import events
from core.markup import markup
from posts import actions as posts
from posts.models import DRAFT, PUBLISHED, Post

NEWS_PERIOD = publishing.NEWS_PERIOD
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
    bulletin_id = find(advisory)
    if bulletin_id is None:
        return add(_Rows(advisory, catalogue), body, digest, announce=announce)
    lock_rows(Post, [bulletin_id])
    bulletin = queries.get_whole(bulletin_id)
    step = next_step(bulletin, advisory, digest)
    if step is Step.REFRESH:
        is_changed = refresh(bulletin, advisory, catalogue)
        stored = Stored(Outcome.UPDATED if is_changed else Outcome.SKIPPED, bulletin)
    elif step is Step.REPLACE:
        stored = _update(bulletin, advisory, digest, catalogue)
    else:
        stored = Stored(Outcome.SKIPPED, bulletin)
    return completed(stored, step, advisory, announce=announce)


def find(advisory: Advisory) -> int | None:
    """The id of the bulletin of a document."""
    return db.session.scalar(
        select(Bulletin.id).where(
            Bulletin.publisher == advisory.publisher, Bulletin.tracking_id == advisory.tracking_id
        )
    )


def completed(stored: Stored, step: Step, advisory: Advisory, *, announce: bool) -> Stored:
    """The last part of every import: publish what waited, and say why a document is not public."""
    bulletin = stored.bulletin
    if step is Step.OWN:
        return stored
    if step is Step.OLDER:
        return replace(stored, not_public=publishing.why_older(bulletin, advisory))
    if step is Step.REFRESH:
        originals.keep_if_missing(bulletin, advisory)
    if publishing.publish_waiting(bulletin, advisory, announce=announce):
        stored = replace(stored, outcome=Outcome.UPDATED)
    return replace(stored, not_public=publishing.why_hidden(bulletin, advisory))


def summary_of(advisory: Advisory) -> str:
    """The summary of the revision that an import makes."""
    return f"Import of version {advisory.version}"[:60]


def _update(bulletin: Bulletin, advisory: Advisory, digest: str, catalogue: Catalogue) -> Stored:
    """Replace the content by another version of the document, except for what moderators changed."""
    found = merged(bulletin, advisory)
    new = rewrite(
        bulletin,
        found.advisory,
        by=Visitor(),
        catalogue=catalogue,
        summary=summary_of(advisory),
        is_quiet=found.is_quiet,
    )
    after_update(bulletin, advisory, found, digest, part_digests(bulletin))
    return Stored(Outcome.UPDATED, bulletin, new, found.edited)


def after_update(
    bulletin: Bulletin, advisory: Advisory, found: Merged, digest: str, parts: dict[str, str]
) -> None:
    """Store what was imported, and announce that the document was withdrawn."""
    bulletin.import_digest = digest
    bulletin.imported_release_at = advisory.current_release_at
    keep_parts(bulletin, found.edited, parts)
    bulletin.is_edited = bool(found.edited)
    originals.keep(bulletin, advisory)
    if advisory.status == publishing.WITHDRAWN and not found.was_withdrawn and not found.is_quiet:
        publishing.announce_withdrawal(bulletin)


def refresh(bulletin: Bulletin, advisory: Advisory, catalogue: Catalogue) -> bool:
    """Store derived_again(), without an alert; returns whether anything differs."""
    found = derived_again(bulletin, advisory)
    if found is None:
        return False
    set_rows(bulletin, found.advisory, catalogue)
    keep_parts(bulletin, found.edited, part_digests(bulletin))
    db.session.flush()
    verdicts.refresh_bulletins([bulletin.id])
    events.record("bulletin.ranked", subject=bulletin)
    return found.is_changed


def keep_parts(bulletin: Bulletin, edited: tuple[str, ...], parts: dict[str, str]) -> None:
    """Store the part_digests() as they are now, except of those that moderators changed."""
    if not (bulletin.import_digest or bulletin.imported):
        return  # written here
    bulletin.imported = bulletin.imported | {
        part: value for part, value in parts.items() if part not in edited
    }


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


class Content(Protocol):
    """How the rows of a new bulletin are written."""

    @property
    def advisory(self) -> Advisory:
        """The document as it is stored."""
        ...

    def assign(self, bulletin: Bulletin) -> int:
        """Set the columns and rows before it is inserted; returns the number of new CVEs."""
        ...

    def complete(self, bulletin: Bulletin) -> dict[str, str]:
        """Write what needs its id, and compare versions with it; returns its part_digests()."""
        ...


@dataclass(frozen=True)
class _Rows:
    """Content of which every row is an object of the session."""

    advisory: Advisory
    catalogue: Catalogue

    def assign(self, bulletin: Bulletin) -> int:
        return set_rows(bulletin, self.advisory, self.catalogue)

    def complete(self, bulletin: Bulletin) -> dict[str, str]:
        verdicts.refresh_bulletins([bulletin.id])
        return part_digests(bulletin)


def add(content: Content, body: markup.Rendered, digest: str, *, announce: bool) -> Stored:
    """Add the bulletin of a new document; the caller looked for a known one."""
    advisory = content.advisory
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
    new = content.assign(bulletin)
    posts.create(bulletin, body, quiet=True)
    originals.keep(bulletin, advisory)
    bulletin.imported = content.complete(bulletin)
    if is_open:
        is_news = publishing.is_news(bulletin, announce=announce)
        events.record("bulletin.published" if is_news else "bulletin.imported", subject=bulletin)
    return Stored(Outcome.ADDED, bulletin, new, not_public=publishing.why_hidden(bulletin, advisory))


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
    built = rows.build(advisory, catalogue)
    with db.session.no_autoflush:
        bulletin.products = built.products
        new = assign_rows(bulletin, advisory, built)
        number_rows(bulletin.products)
    return new


def assign_rows(bulletin: Bulletin, advisory: Advisory, built: rows.Built) -> int:
    """Set the rows of a bulletin except its products; returns the number of new CVEs."""
    known, new = _vulnerabilities({each.cve for each in advisory.vulnerabilities if each.cve})
    with db.session.no_autoflush:
        rows.assign(bulletin, built, known)
        number_rows(list(chain.from_iterable(row.remediations for row in bulletin.vulnerabilities)))
    from_documents.sync_mitigations(bulletin, advisory)
    issuer_texts.render(bulletin, advisory)
    ranking.set_rank(bulletin)
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
    risk_before = ranking.risk(bulletin)
    new = set_rows(bulletin, advisory, catalogue)
    db.session.flush()  # the next lock reloads the row
    verdicts.refresh_bulletins([bulletin.id])
    changes = ". ".join(filter(None, (summary, differences.describe_changes(before, advisory))))
    title = bulletin.title
    posts.rewrite(
        bulletin, body, by=by, title=title, summary=changes[:MAX_SUMMARY_CHARACTERS], old_facts=facts
    )
    if not is_quiet:
        reasons = fixes.risk_changes(risk_before, ranking.risk(bulletin))
        ranking.announce_risk_change(bulletin, reasons, by=by)
    return new
