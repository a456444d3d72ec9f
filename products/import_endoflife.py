"""Import a folder of endoflife.date files; repeated runs update.

Each file is one transaction, so an interrupted run can be continued by another.
"""

import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from flask_babel import gettext as _
from sqlalchemy.exc import SQLAlchemyError

from core.cli import ImportReport, progress
from core.database.db import db, read_transaction
from core.jobs import events
from products import actions, endoflife, queries
from products.endoflife import BadFile, ProductFile
from products.facts import to_json
from products.models import Product, Release

MAX_FILES = 20_000
MAX_ARCHIVE_BYTES = 16 * 1024 * 1024  # compressed
MAX_UNPACKED_BYTES = 128 * 1024 * 1024


class BadArchive(ValueError):
    """A file that is no zip archive of endoflife.date files; the message has the reason."""


class Importer:
    """One import of `directory`; `source` names the collection; `only_new` skips known products."""

    def __init__(
        self, directory: Path, source: str, *, only_new: bool = False, report: ImportReport | None = None
    ) -> None:
        self.directory = directory
        self.source = source[:100]
        self.only_new = only_new
        self.report = report or ImportReport()
        self.seen: dict[str, str] = {}

    def run(self) -> ImportReport:
        """Import all .md files below the folder."""
        files = sorted(path for path in self.directory.rglob("*.md") if path.is_file())[:MAX_FILES]
        with progress(files, len(files), "products") as paths:
            for path in paths:
                self._import_file(path)
        return self.report

    def _import_file(self, path: Path) -> None:
        name = str(path.relative_to(self.directory))
        try:
            raw = self._read(path)
        except (ValueError, OSError) as error:
            self.report.reject_file(f"{name}: {error}")
            return
        self.import_data(raw, name, path.stem)

    def import_data(self, raw: bytes, name: str, stem: str) -> None:
        """Import the content of the file `stem`.md, named `name` in messages, and commit."""
        try:
            file = endoflife.read(raw, stem)
            if file.slug in self.seen:
                raise BadFile(_("the same product as %(seen)s", seen=self.seen[file.slug]))
            self.seen[file.slug] = name
            with read_transaction():
                is_known = self._is_unchanged(file)
            if is_known:
                self._count("skipped", products=1, releases=len(file.releases))
            else:
                self._import_product(file)
                db.session.commit()
        except (ValueError, SQLAlchemyError) as error:  # BadFile and Refused are ValueErrors
            db.session.rollback()
            self.report.reject_file(f"{name}: {error}")
        db.session.expunge_all()

    def _read(self, path: Path) -> bytes:
        if path.is_symlink():
            raise BadFile(_("a symbolic link is not followed"))
        with path.open("rb") as stream:
            return stream.read(endoflife.MAX_FILE_BYTES + 1)

    def _is_unchanged(self, file: ProductFile) -> bool:
        """Whether everything in the file is stored, and nothing that moderators set needs a comparison."""
        product = queries.full(file.slug)
        if product is None or product.source != self.source or _differs(product, file.facts):
            return False
        known = {release.cycle: release for release in product.releases}
        return all(
            cycle in known and (known[cycle].removed_at is not None or not _differs(known[cycle], facts))
            for cycle, facts in file.releases.items()
        )

    def _import_product(self, file: ProductFile) -> None:
        product = queries.full(file.slug, removed=True)
        if product is None:
            self._add(file)
        elif self.only_new or product.removed_at is not None:
            self._count("skipped", products=1, releases=len(file.releases))
        else:
            self._merge(product, file)

    def _add(self, file: ProductFile) -> None:
        product = actions.create(file.slug, file.facts, file.releases, source=self.source)
        self._count("added", products=1, releases=len(file.releases))
        self._record_import(product)

    def _merge(self, product: Product, file: ProductFile) -> None:
        product.source = self.source
        changed = actions.apply_import(product, file.facts, source=self.source)
        self._count("updated" if changed else "skipped", products=1)
        with db.session.no_autoflush:
            counts = actions.import_releases(product, file.releases, source=self.source)
        for outcome, number in counts.items():
            self._count(outcome, releases=number)
        if changed or counts["added"] or counts["updated"]:
            self._record_import(product)

    def _count(self, outcome: str, **numbers: int) -> None:
        getattr(self.report, outcome).update(numbers)

    def _record_import(self, product: Product) -> None:
        """Record an event for the index and the packages above."""
        events.record("product.imported", subject=product, source=self.source)


def _differs(thing: Product | Release, facts: dict) -> bool:
    """Whether an import of `facts` may write: a fact differs, or a moderator set some."""
    return bool(thing.ours) or any(to_json(thing.value(f)) != to_json(value) for f, value in facts.items())


class ArchiveImporter(Importer):
    """An import of the .md files in a zip archive; `progress` is called after each file."""

    def __init__(
        self, stream: BinaryIO, source: str, report: ImportReport, progress: Callable[[], object]
    ) -> None:
        super().__init__(Path(), source, report=report)
        self.stream = stream
        self.progress = progress

    def run(self) -> ImportReport:
        """Import all files; raises BadArchive before the first when the archive cannot be used."""
        if self.stream.seek(0, 2) > MAX_ARCHIVE_BYTES:
            raise BadArchive(_("larger than %(n)s MB", n=MAX_ARCHIVE_BYTES // 1024**2))
        try:
            with zipfile.ZipFile(self.stream) as archive:
                self._import_members(archive)
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
            raise BadArchive(_("the zip archive is broken")) from error
        return self.report

    def _import_members(self, archive: zipfile.ZipFile) -> None:
        members = archive.infolist()
        wanted = [each for each in members if PurePosixPath(each.filename).suffix == ".md"]
        folders = {PurePosixPath(each.filename).parent for each in wanted}
        products = {folder for folder in folders if folder.name == "products"}
        if products:  # the repository of endoflife.date, whose other .md files are no products
            wanted = [each for each in wanted if PurePosixPath(each.filename).parent in products]
        if not wanted or len(members) > MAX_FILES:
            raise BadArchive(_("needs 1 to %(n)s files of endoflife.date (.md)", n=f"{MAX_FILES:,}"))
        if sum(each.file_size for each in wanted) > MAX_UNPACKED_BYTES:
            raise BadArchive(_("unpacks to more than %(n)s MB", n=MAX_UNPACKED_BYTES // 1024**2))
        for member in sorted(wanted, key=lambda each: each.filename):
            with archive.open(member) as stream:  # reads no more than file_size
                raw = stream.read(endoflife.MAX_FILE_BYTES + 1)
            path = PurePosixPath(member.filename)
            self.import_data(raw, path.name[:100], path.stem)
            self.progress()
