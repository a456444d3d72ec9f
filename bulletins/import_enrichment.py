"""Imports KEV and EPSS files; the same file twice changes nothing the second time.

A batch of CVEs, or of bulletins, is one transaction: members who post meanwhile wait for one batch at most.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import BinaryIO, TypeVar

from advisories.exploited import Exploited, Likelihood, read_epss, read_kev
from advisories.exploited_lists import Listed, read_listed
from advisories.parsing import Log
from bulletins import enrich_actions
from core.cli import ImportReport
from core.database.db import db, read_transaction

BATCH_SIZE = 500  # CVEs of a transaction
BULLETINS_BATCH_SIZE = 50  # bulletins of a transaction
Progress = Callable[[], object]
T = TypeVar("T")


def import_kev(
    stream: BinaryIO,
    name: str,
    report: ImportReport,
    *,
    announce: bool = False,
    progress: Progress = lambda: None,
) -> None:
    """Import CISA's catalogue from a seekable file named `name`. Raises Unusable.

    `announce` also announces bulletins whose vulnerabilities KEV added long ago; `progress` is called after
    each transaction.
    """
    log = Log()
    changed = _stored(read_kev(stream, log), _store_kev, report, progress)
    _finish(log, changed, name, report, announce, progress)


def import_epss(
    stream: BinaryIO,
    name: str,
    report: ImportReport,
    *,
    announce: bool = False,
    progress: Progress = lambda: None,
) -> None:
    """Import FIRST's daily scores from a seekable file named `name`; as import_kev()."""
    log = Log()
    changed = _stored(read_epss(stream, log), _store_epss, report, progress)
    _finish(log, changed, name, report, announce, progress)


def import_listed(
    stream: BinaryIO,
    name: str,
    report: ImportReport,
    *,
    source: str = "",
    announce: bool = False,
    progress: Progress = lambda: None,
) -> None:
    """Import another list of exploited vulnerabilities; as import_kev().

    `source` is the name of the list where the file does not say it.
    """
    log = Log()
    changed = _stored(read_listed(stream, log, source=source), _store_listed, report, progress)
    _finish(log, changed, name, report, announce, progress)


def _stored(
    rows: Iterable[T],
    store: Callable[[list[T], ImportReport], list[int]],
    report: ImportReport,
    progress: Progress,
) -> list[int]:
    """Store rows in batches, each a transaction; returns the ids of the vulnerabilities that changed."""
    changed: list[int] = []
    for batch in batches(rows, BATCH_SIZE):
        changed += store(batch, report)
        progress()
    return changed


def _store_kev(rows: list[Exploited], report: ImportReport) -> list[int]:
    added, changed = enrich_actions.store_kev(rows)
    db.session.commit()
    db.session.expunge_all()
    report.added["vulnerabilities"] += added
    report.updated["vulnerabilities"] += len(changed) - added
    report.skipped["vulnerabilities"] += len(rows) - len(changed)
    return changed


def _store_listed(rows: list[Listed], report: ImportReport) -> list[int]:
    added, changed = enrich_actions.store_listed(rows)
    db.session.commit()
    db.session.expunge_all()
    report.added["vulnerabilities"] += added
    report.updated["vulnerabilities"] += len(changed) - added
    report.skipped["vulnerabilities"] += len({row.cve for row in rows}) - len(changed)
    return changed


def _store_epss(rows: list[Likelihood], report: ImportReport) -> list[int]:
    changed = enrich_actions.store_epss(rows)
    db.session.commit()
    db.session.expunge_all()
    report.updated["vulnerabilities"] += len(changed)
    report.skipped["vulnerabilities"] += len(rows) - len(changed)
    return changed


def _finish(
    log: Log, changed: list[int], name: str, report: ImportReport, announce: bool, progress: Progress
) -> None:
    """Report the warnings, and update the bulletins that name the vulnerabilities with the ids `changed`."""
    for warning in log.warnings:
        report.add_error(f"{name}: {warning}")
    concerned: set[int] = set()
    for ids in batches(changed, BATCH_SIZE):
        with read_transaction():
            concerned.update(enrich_actions.bulletins_naming(ids))
    for ids in batches(sorted(concerned), BULLETINS_BATCH_SIZE):
        report.updated["bulletins"] += enrich_actions.refresh_ranks(ids, announce=announce)
        db.session.commit()
        db.session.expunge_all()
        progress()


def batches(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    """Rows in lists of at most `size`."""
    rows = iter(rows)
    while batch := list(islice(rows, size)):
        yield batch
