"""One run of a source: fetch what changed, check it, import it. Runs in the worker, never in a request.

A run is bounded in time, documents and bytes; what is left is fetched by the next one. No transaction is open
while something is fetched, and each document is stored in one of its own.
"""

import io
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import update
from sqlalchemy.exc import SQLAlchemyError

from advisories.advisory import Unusable
from bulletins import import_enrichment
from bulletins.sources import actions, kinds, queries
from bulletins.sources.import_documents import DocumentRun
from bulletins.sources.models import FAILED, OK, PARTIAL, Source
from bulletins.sources.transfers import SourceFacts, Transfers
from core.cli import NOUNS, ImportReport
from core.database.db import db, read_transaction
from core.jobs import claims
from core.web.fetch import Unfetchable
from products.import_endoflife import ArchiveImporter, BadArchive

MAX_CATALOGUE_BYTES = 64 * 1024 * 1024
Progress = Callable[[], object]


@dataclass
class Result:
    """What a run did: `outcome` is one of models.OK, PARTIAL, FAILED."""

    outcome: str
    report: ImportReport
    counts: dict = field(default_factory=dict)


def run(source_id: int, *, is_forced: bool = False, progress: Progress = lambda: None) -> Result | None:
    """Run a source that is due, or any (`is_forced`); None when another process is running it.

    `progress` is called after each document or batch.
    """
    source = actions.claim(source_id, is_forced=is_forced)
    if source is None:
        db.session.rollback()
        return None
    facts = SourceFacts.of(source)
    own = (Source.id == source_id, Source.claimed_by == source.claimed_by)
    db.session.commit()
    db.session.expunge_all()
    with claims.renewing_claim(update(Source).where(*own)):
        result, has_more = _run(facts, progress)
    actions.finish(source_id, result.outcome, result.counts, result.report.errors, has_more=has_more)
    db.session.commit()
    return result


def _run(facts: SourceFacts, progress: Progress) -> tuple[Result, bool]:
    report = ImportReport()
    transfers = Transfers(facts)
    started = time.monotonic()
    has_more = False
    outcome = OK
    try:
        if facts.kind in kinds.LISTS:
            documents = DocumentRun(facts, transfers, report, progress)
            documents.run()
            has_more = documents.has_more
        else:
            _import_one(facts, transfers, report, progress)
    except (Unfetchable, Unusable, BadArchive, SQLAlchemyError) as error:
        db.session.rollback()
        outcome = FAILED
        report.errors.insert(0, _reason(error))
    if outcome == OK and report.errors:
        outcome = PARTIAL
    counts: dict[str, Any] = {
        name: {noun: number for noun, number in getattr(report, name).items() if number}
        for name in ("added", "updated", "skipped")
    }
    counts["documents"] = transfers.counts
    counts["seconds"] = round(time.monotonic() - started, 1)
    return Result(outcome, report, counts), has_more and outcome != FAILED


def _reason(error: Exception) -> str:
    if isinstance(error, SQLAlchemyError):
        return _("the database could not be written; the next run tries again")
    return str(error)


def _import_one(facts: SourceFacts, transfers: Transfers, report: ImportReport, progress: Progress) -> None:
    """Fetch and import a source that is one file; nothing when it has not changed."""
    with read_transaction():
        known = queries.document(facts.id, facts.url)
        db.session.expunge_all()
    fetched = transfers.get(facts.url, MAX_CATALOGUE_BYTES, known)
    if fetched is None or fetched.body is None:
        transfers.counts["unchanged"] += 1
        return
    transfers.counts["transferred"] += 1
    stream = io.BytesIO(fetched.body)
    name = facts.url.rpartition("/")[2][:80] or facts.name
    if facts.kind == kinds.KEV:
        import_enrichment.import_kev(stream, name, report, progress=progress)
    elif facts.kind == kinds.EPSS:
        import_enrichment.import_epss(stream, name, report, progress=progress)
    else:
        ArchiveImporter(stream, facts.name, report, progress).run()
    actions.save_document(facts.id, transfers.values(facts.url, fetched.validators))
    db.session.commit()


def nouns(counts: dict) -> dict[str, dict[str, int]]:
    """The counts of a run as every import prints them."""
    return {
        name: {noun: counts.get(name, {}).get(noun, 0) for noun in NOUNS}
        for name in ("added", "updated", "skipped")
    }
