"""Import a folder of endoflife.date files; repeated runs update.

Each file is one transaction, so an interrupted run can be continued by another.
"""

from pathlib import Path

from flask_babel import gettext as _
from sqlalchemy.exc import SQLAlchemyError

from core.cli import ImportReport, progress
from core.database.db import db
from core.jobs import events
from products import actions, endoflife, queries
from products.endoflife import BadFile, ProductFile
from products.models import Product

MAX_FILES = 20_000


class Importer:
    """One import of `directory`; `source` names the collection; `only_new` skips known products."""

    def __init__(self, directory: Path, source: str, *, only_new: bool = False) -> None:
        self.directory = directory
        self.source = source[:100]
        self.only_new = only_new
        self.report = ImportReport()
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
            file = self._read(path)
            if file.slug in self.seen:
                raise BadFile(_("the same product as %(seen)s", seen=self.seen[file.slug]))
            self.seen[file.slug] = name
            self._import_product(file)
            db.session.commit()
        except (ValueError, OSError, SQLAlchemyError) as error:  # BadFile and Refused are ValueErrors
            db.session.rollback()
            self.report.reject_file(f"{name}: {error}")
        db.session.expunge_all()

    def _read(self, path: Path) -> ProductFile:
        if path.is_symlink():
            raise BadFile(_("a symbolic link is not followed"))
        with path.open("rb") as stream:
            raw = stream.read(endoflife.MAX_FILE_BYTES + 1)
        return endoflife.read(raw, path.stem)

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
        known = {release.cycle: release for release in product.releases}
        for cycle, facts in file.releases.items():
            release = known.get(cycle)
            if release is None:
                actions.add_release(product, cycle, facts, source=self.source)
                outcome = "added"
            elif release.removed_at is not None:
                outcome = "skipped"
            else:
                outcome = "updated" if actions.apply_import(release, facts, source=self.source) else "skipped"
            self._count(outcome, releases=1)
            changed |= outcome != "skipped"
        if changed:
            self._record_import(product)

    def _count(self, outcome: str, **numbers: int) -> None:
        getattr(self.report, outcome).update(numbers)

    def _record_import(self, product: Product) -> None:
        """Record an event for the index and the packages above."""
        events.record("product.imported", subject=product, source=self.source)
