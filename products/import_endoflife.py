"""A folder of endoflife.date files becomes products; again and again, without doubling.

Each file is one transaction: what was imported before a kill stays, and the next run goes on.
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

MOST_FILES = 20_000


class Importer:
    """One run over `directory`; `source` names the collection, `only_new` leaves known products alone."""

    def __init__(self, directory: Path, source: str, *, only_new: bool = False):
        self.directory, self.source, self.only_new = directory, source[:100], only_new
        self.report = ImportReport()
        self.seen: dict[str, str] = {}

    def run(self) -> ImportReport:
        """Import every .md file below the folder."""
        files = sorted(path for path in self.directory.rglob("*.md") if path.is_file())[:MOST_FILES]
        with progress(files, len(files), "products") as paths:
            for path in paths:
                self._one(path)
        return self.report

    def _one(self, path: Path) -> None:
        name = str(path.relative_to(self.directory))
        try:
            file = self._read(path)
            if file.slug in self.seen:
                raise BadFile(_("the same product as %(seen)s", seen=self.seen[file.slug]))
            self.seen[file.slug] = name
            self._keep(file)
            db.session.commit()
        except (ValueError, OSError, SQLAlchemyError) as error:  # BadFile and Refused are ValueErrors
            db.session.rollback()
            self.report.refuse(f"{name}: {error}")
        db.session.expunge_all()

    def _read(self, path: Path) -> ProductFile:
        if path.is_symlink():
            raise BadFile(_("a symbolic link is not followed"))
        with path.open("rb") as stream:
            raw = stream.read(endoflife.MAX_FILE + 1)
        return endoflife.read(raw, path.stem)

    def _keep(self, file: ProductFile) -> None:
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
        self._tell(product)

    def _merge(self, product: Product, file: ProductFile) -> None:
        product.source = self.source
        changed = actions.merge(product, file.facts, source=self.source)
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
                outcome = "updated" if actions.merge(release, facts, source=self.source) else "skipped"
            self._count(outcome, releases=1)
            changed |= outcome != "skipped"
        if changed:
            self._tell(product)

    def _count(self, outcome: str, **numbers: int) -> None:
        getattr(self.report, outcome).update(numbers)

    def _tell(self, product: Product) -> None:
        """Let the index and the rooms above know, in the transaction that brought it."""
        events.record("product.imported", subject=product, source=self.source)
