"""Stores documents of many products without holding the write lock for long. Nothing commits.

prepare() reads and computes, in a transaction that takes no lock: rows, verdicts, digests. The change that it
returns writes the result in one short transaction, so that nobody sees half a document: products are inserted
as prepared values, and those that stay as they are are not touched. It raises Outdated when the bulletin, or
what was compared with it, changed meanwhile.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from operator import attrgetter

from sqlalchemy import delete, select

from advisories.advisory import Advisory
from auth.models import Visitor
from bulletins import differences, fixes, import_steps, issuer_texts, queries, ranking, rows, store_actions
from bulletins.catalogue import Catalogue
from bulletins.digests import content_digest, part_digests
from bulletins.import_steps import Derived, Merged, Step
from bulletins.models import AffectedProduct, AffectedRelease, Bulletin
from bulletins.store_actions import CHILDREN, MAX_SUMMARY_CHARACTERS, Outcome, Stored
from bulletins.verdicts import actions as verdicts
from bulletins.vulnerability_models import Vulnerability
from core.database.bulk import insert_prepared
from core.database.db import changed_rows, db, lock_rows, read_transaction
from core.jobs import events
from core.markup import markup
from posts import actions as posts
from posts import kinds
from posts.models import Post

LARGE = 500  # products of a document
BATCH_SIZE = 500
COLUMNS = (
    "position",
    "key",
    "name",
    "vendor",
    "version",
    "vers",
    "vendor_key",
    "status",
    "has_fix",
    "fix_state",
    "product_id",
    "is_whole",
    "more",
)
_values = attrgetter(*COLUMNS)


class Outdated(Exception):
    """What was prepared is out of date: prepare it again."""


def is_large(advisory: Advisory) -> bool:
    """Whether a document has so many products that it is prepared before the lock is taken."""
    return len(advisory.products) > LARGE


@dataclass
class Prepared:
    """The rows of a document, and what differs from those of its bulletin; store_actions.Content."""

    advisory: Advisory
    built: rows.Built
    findings: verdicts.Findings
    parts: dict[str, str]  # part_digests()
    risk: fixes.Risk
    values: list[tuple] = field(default_factory=list)  # of COLUMNS, products that are new or changed
    releases: list[tuple[int, int]] = field(default_factory=list)  # (position, id), theirs
    removed: list[int] = field(default_factory=list)  # ids of products that are changed or gone

    def assign(self, bulletin: Bulletin) -> int:
        """Set the columns and rows of a bulletin except its products; returns the number of new CVEs."""
        return store_actions.assign_rows(bulletin, self.advisory, self.built)

    def complete(self, bulletin: Bulletin) -> dict[str, str]:
        """Write the products, with their verdicts. Raises Outdated."""
        for start in range(0, len(self.removed), BATCH_SIZE):
            batch = self.removed[start : start + BATCH_SIZE]
            changed_rows(delete(AffectedProduct).where(AffectedProduct.id.in_(batch)))
        insert_prepared(
            AffectedProduct, ("bulletin_id", *COLUMNS), [(bulletin.id, *each) for each in self.values]
        )
        mine = select(AffectedProduct.position, AffectedProduct.id).where(
            AffectedProduct.bulletin_id == bulletin.id
        )
        ids = dict(db.session.execute(mine).tuples().all())
        insert_prepared(
            AffectedRelease,
            ("affected_product_id", "release_id"),
            [(ids[place], release_id) for place, release_id in self.releases],
        )
        if not verdicts.store_findings(bulletin, self.findings, ids):
            raise Outdated
        return self.parts


@dataclass
class Change:
    """What the import of a document writes; store() is called once, in a transaction that may write."""

    advisory: Advisory  # as it was read
    digest: str
    body: markup.Rendered
    content: Prepared | None = None  # none: the rows stay as they are
    bulletin_id: int | None = None
    seen: tuple = ()  # the state of the bulletin that was prepared for
    step: Step | None = None
    merged: Merged | None = None
    derived: Derived | None = None
    facts: dict = field(default_factory=dict)  # for the revision
    changes: str = ""
    risk_before: fixes.Risk | None = None

    def store(self, *, announce: bool = False) -> Stored:
        """Write it. Raises Outdated."""
        if self.bulletin_id is None or self.step is None:
            if store_actions.find(self.advisory) is not None or self.content is None:
                raise Outdated
            return store_actions.add(self.content, self.body, self.digest, announce=announce)
        lock_rows(Post, [self.bulletin_id])
        bulletin = queries.get_without_products(self.bulletin_id)
        if _state(bulletin) != self.seen:
            raise Outdated
        stored = Stored(Outcome.SKIPPED, bulletin)
        if self.content is not None and self.merged is not None:
            stored = self._replace(bulletin, self.content, self.merged)
        elif self.content is not None and self.derived is not None:
            stored = self._refresh(bulletin, self.content, self.derived)
        return store_actions.completed(stored, self.step, self.advisory, announce=announce)

    def _replace(self, bulletin: Bulletin, content: Prepared, merged: Merged) -> Stored:
        new = content.assign(bulletin)
        db.session.flush()
        parts = content.complete(bulletin)
        by = Visitor()
        posts.rewrite(
            bulletin,
            self.body,
            by=by,
            title=bulletin.title,
            summary=self.changes,
            old_facts=self.facts,
            has_new_facts=True,
        )
        if not merged.is_quiet and self.risk_before is not None:
            after = replace(content.risk, is_exploited=bulletin.is_exploited)
            ranking.announce_risk_change(bulletin, fixes.risk_changes(self.risk_before, after), by=by)
        store_actions.after_update(bulletin, self.advisory, merged, self.digest, parts)
        return Stored(Outcome.UPDATED, bulletin, new, merged.edited)

    def _refresh(self, bulletin: Bulletin, content: Prepared, derived: Derived) -> Stored:
        content.assign(bulletin)
        db.session.flush()
        store_actions.keep_parts(bulletin, derived.edited, content.complete(bulletin))
        events.record("bulletin.ranked", subject=bulletin)
        return Stored(Outcome.UPDATED if derived.is_changed else Outcome.SKIPPED, bulletin)


def prepare(advisory: Advisory, catalogue: Catalogue) -> Change:
    """Compute what store_actions.store() would write, without the write lock. Raises Unusable."""
    store_actions.check(advisory)
    body = store_actions.rendered_body(advisory)
    advisory.html = issuer_texts.rendered(issuer_texts.texts_of(advisory))
    change = Change(advisory, content_digest(advisory), body)
    with read_transaction():
        change.bulletin_id = store_actions.find(advisory)
        if change.bulletin_id is None:
            change.content = _content(advisory, catalogue)
        else:
            _prepare_known(change, queries.get_whole(change.bulletin_id), catalogue)
    db.session.expunge_all()
    return change


def prepare_again(bulletin: Bulletin, advisory: Advisory, catalogue: Catalogue) -> Change:
    """What a newer edition of the readers derives from a stored document; `bulletin` has all its rows."""
    change = Change(advisory, bulletin.import_digest, bulletin.rendered, bulletin_id=bulletin.id)
    change.seen = _state(bulletin)
    change.step = Step.OWN  # nothing to publish
    change.derived = import_steps.derived_again(bulletin, advisory)
    if change.derived is not None:
        change.content = _content(change.derived.advisory, catalogue, bulletin)
    return change


def _prepare_known(change: Change, bulletin: Bulletin, catalogue: Catalogue) -> None:
    change.seen = _state(bulletin)
    change.step = import_steps.next_step(bulletin, change.advisory, change.digest)
    if change.step is Step.REFRESH:
        change.derived = import_steps.derived_again(bulletin, change.advisory)
        if change.derived is not None:
            change.content = _content(change.derived.advisory, catalogue, bulletin)
    elif change.step is Step.REPLACE:
        change.merged = import_steps.merged(bulletin, change.advisory)
        after = change.merged.advisory
        change.body = store_actions.rendered_body(after)
        change.facts = kinds.of(bulletin).facts(bulletin)
        change.risk_before = ranking.risk(bulletin)
        summary = store_actions.summary_of(change.advisory)
        found = differences.describe_changes(rows.to_advisory(bulletin), after)
        change.changes = ". ".join(filter(None, (summary, found)))[:MAX_SUMMARY_CHARACTERS]
        change.content = _content(after, catalogue, bulletin)


def _content(advisory: Advisory, catalogue: Catalogue, bulletin: Bulletin | None = None) -> Prepared:
    """The rows of a document for its bulletin (None: a new one), which has all its rows."""
    catalogue.look_up(advisory.products)
    built = rows.build(advisory, catalogue)
    draft = Bulletin(body=rows.body(advisory), **{name: [] for name in CHILDREN})
    draft.products = built.products
    stubs = {cve: Vulnerability(cve=cve, exploitations=[]) for cve in built.cves if cve}
    rows.assign(draft, built, stubs)
    prepared = Prepared(
        advisory,
        built,
        verdicts.compare_products(built.products, built.vulnerabilities, bulletin.id if bulletin else None),
        part_digests(draft),
        ranking.risk(draft),
    )
    stored = {row.position: row for row in bulletin.products} if bulletin else {}
    for row in built.products:
        old = stored.get(row.position)
        if old is not None and _is_same(old, row):
            del stored[row.position]
            continue
        *plain, more = _values(row)
        prepared.values.append((*plain, json.dumps(more)))
        prepared.releases += [(row.position, each.release_id) for each in row.named_releases]
    prepared.removed = [row.id for row in stored.values()]
    return prepared


def _is_same(old: AffectedProduct, new: AffectedProduct) -> bool:
    return _values(old) == _values(new) and _release_ids(old.named_releases) == _release_ids(
        new.named_releases
    )


def _release_ids(found: Iterable[AffectedRelease]) -> list[int]:
    return sorted(each.release_id for each in found)


def _state(bulletin: Bulletin) -> tuple:
    """What must be the same when a prepared change is written."""
    return (
        bulletin.revision_count,
        bulletin.import_digest,
        bulletin.imported,
        bulletin.reader_edition,
        bulletin.status,
        bulletin.is_public,
        bulletin.document_status,
        bulletin.embargo_until,
    )
