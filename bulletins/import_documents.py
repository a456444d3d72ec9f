"""Imports files of advisories as bulletins; the same file twice creates nothing twice.

The formats are those of advisories.recognise; archives and lists are read one document at a time.

Each advisory is one transaction, so an interrupted import is completed by the next run.
"""

import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import click
from flask_babel import gettext as _
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from advisories import recognise
from advisories.advisory import Advisory, Unusable
from advisories.csaf.validator import Checker
from bulletins import large_documents, store_actions
from bulletins.catalogue import Catalogue
from bulletins.large_documents import Outdated
from bulletins.store_actions import Outcome, Stored
from core import cli
from core.database.db import db, is_conflict, read_transaction
from core.jobs.import_events import ImportEvent

SUFFIXES = (".json", ".xml", ".gz", ".zip", ".jsonl", ".ndjson", ".yaml", ".yml")  # in folders
MAX_FILES = 500_000  # of one folder
MAX_WARNINGS = 20  # printed for one document
MAX_ATTEMPTS = 3


class Importer:
    """One import of `paths`, files or folders; `announce` also announces old documents.

    `show` is called with each warning, by default to print it to standard error. `met_outage` tells that a
    document was not stored because of the database, not of its content.
    """

    def __init__(
        self,
        paths: Iterable[Path],
        report: cli.ImportReport,
        *,
        announce: bool = False,
        show: Callable[[str], None] | None = None,
    ) -> None:
        self.paths = list(paths)
        self.report = report
        self.announce = announce
        self.show = show or partial(click.echo, err=True)
        self.met_outage = False
        self.catalogue = Catalogue()
        self.news = ImportEvent("bulletins")

    def run(self) -> None:
        """Import all files. Raises cli.NothingToImport when none holds a usable advisory."""
        files = list(find_files(self.paths))
        with Checker() as check, self.news.deferred(), cli.progress(files, len(files), "bulletins") as each:
            for path in each:
                self._import_file(path, check)
        if not any(
            counts["bulletins"] for counts in (self.report.added, self.report.updated, self.report.skipped)
        ):
            raise cli.NothingToImport(
                _("None of %(files)s files contains a usable advisory.", files=len(files))
            )
        if not self.news.deliver():
            self.report.add_error(_("The search index is not up to date yet: run `flask search rebuild`."))

    def _import_file(self, path: Path, check: Checker) -> None:
        try:
            with path.open("rb") as stream:
                self._import_stream(stream, path.name, check)
        except OSError as error:
            self.report.reject_file(f"{path.name}: {error.strerror or error}")

    def import_data(self, data: bytes, name: str, check: Checker | None = None) -> None:
        """Import the advisories in the content of a file, and commit; what is refused is in the report."""
        self._import_stream(BytesIO(data), name, check)

    def _import_stream(self, stream: BinaryIO, name: str, check: Checker | None) -> None:
        for place, found in recognise.iterate(stream, name, check=check):
            if isinstance(found, Unusable):
                self.report.reject_file(str(found))
            else:
                self._import(found, place)

    def _import(self, advisories: list[Advisory], name: str) -> None:
        """Store the advisories of one document."""
        for advisory in advisories:
            place = f"{name} {advisory.tracking_id}"
            self._warn(place, advisory.warnings)
            try:
                self._count(advisory, self._store(advisory), place)
            except (Unusable, SQLAlchemyError) as error:
                db.session.rollback()
                self.met_outage = self.met_outage or isinstance(error, SQLAlchemyError)
                self.report.reject_file(f"{place}: {error}")
            db.session.expunge_all()

    def _store(self, advisory: Advisory) -> Stored:
        """Store and commit an advisory; retried after a conflict over a CVE or a reference.

        Its products are looked up before, without the write lock; a document of many products is prepared
        before (large_documents.py).
        """
        with read_transaction():
            self.catalogue.look_up(advisory.products)
        for attempt in range(1, MAX_ATTEMPTS + 1):
            try:
                with _paused_collector(large_documents.is_large(advisory)):
                    return self._store_once(advisory)
            except Outdated:
                db.session.rollback()
            except DBAPIError as error:
                db.session.rollback()
                if attempt == MAX_ATTEMPTS or not is_conflict(error):
                    raise
        raise Unusable(_("the bulletin was changed several times during the import: import the file again"))

    def _store_once(self, advisory: Advisory) -> Stored:
        if large_documents.is_large(advisory):
            change = large_documents.prepare(advisory, self.catalogue)
            stored = change.store(announce=self.announce)
        else:
            stored = store_actions.store(advisory, catalogue=self.catalogue, announce=self.announce)
        if stored.outcome is not Outcome.SKIPPED:
            self.news.schedule()
        db.session.commit()
        return stored

    def _count(self, advisory: Advisory, stored: Stored, place: str) -> None:
        named = len(advisory.vulnerabilities)
        getattr(self.report, stored.outcome)["bulletins"] += 1
        self.report.added["vulnerabilities"] += stored.new_cves
        rest = self.report.updated if stored.outcome is Outcome.UPDATED else self.report.skipped
        rest["vulnerabilities"] += named - stored.new_cves
        if stored.not_public:
            self._report_hidden(stored, place)
        if stored.not_imported:
            parts = ", ".join(stored.not_imported)
            self._warn(
                place,
                [
                    _(
                        "%(reference)s was edited here; not imported: %(parts)s",
                        reference=stored.bulletin.reference,
                        parts=parts,
                    )
                ],
            )

    def _report_hidden(self, stored: Stored, place: str) -> None:
        """Say on standard error, and in the report, why a document is not on the site."""
        sentence = _(
            "%(place)s (%(reference)s) is not published: %(why)s",
            place=place,
            reference=stored.bulletin.reference,
            why=stored.not_public,
        )
        self.report.add_not_published(sentence)
        click.echo(sentence, err=True)

    def _warn(self, place: str, warnings: list[str]) -> None:
        for warning in warnings[:MAX_WARNINGS]:
            self.show(f"{place}: {' '.join(warning.split())[:300]}")
        if len(warnings) > MAX_WARNINGS:
            self.show(_("%(place)s: … and %(n)s more", place=place, n=f"{len(warnings) - MAX_WARNINGS:,}"))


@contextmanager
def _paused_collector(is_paused: bool) -> Iterator[None]:
    """Pause Python's garbage collector: among many thousand new rows it takes a third of the time."""
    is_paused = is_paused and gc.isenabled()
    if is_paused:
        gc.disable()
    try:
        yield
    finally:
        if is_paused:
            gc.enable()


def find_files(paths: Iterable[Path]) -> Iterator[Path]:
    """Files as given, and those with one of SUFFIXES below folders, sorted, without symbolic links.

    Raises cli.NothingToImport when a folder has more than MAX_FILES.
    """
    for path in paths:
        if path.is_dir():
            found = sorted(
                each
                for each in path.rglob("*")
                if each.suffix.lower() in SUFFIXES and each.is_file() and not each.is_symlink()
            )
            if len(found) > MAX_FILES:
                raise cli.NothingToImport(
                    _(
                        "%(path)s has more than %(n)s files: import its folders one after the other",
                        path=path,
                        n=f"{MAX_FILES:,}",
                    )
                )
            yield from found
        else:
            yield path
