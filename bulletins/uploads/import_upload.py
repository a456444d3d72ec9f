"""Imports an upload that its owner confirmed; each document is stored in a transaction of its own."""

import io
from pathlib import Path

from flask_babel import gettext as _
from sqlalchemy import update
from sqlalchemy.exc import SQLAlchemyError

from advisories.advisory import Unusable
from advisories.csaf.validator import Checker
from bulletins import import_enrichment
from bulletins.import_documents import Importer
from bulletins.uploads import actions, files
from bulletins.uploads.models import Upload
from core.cli import ImportReport
from core.database.db import db
from core.jobs import claims
from products.import_endoflife import Importer as ProductImporter

MAX_ERRORS = 100  # stored and shown
PRODUCT_SOURCE = "upload"


def run(upload_id: int) -> bool:
    """Import a confirmed upload; returns whether this process did it."""
    upload = actions.claim(upload_id)
    if upload is None:
        db.session.rollback()
        return False
    name, data, worker = upload.name, upload.data, upload.claimed_by
    db.session.commit()
    db.session.expunge_all()
    report = ImportReport()
    own = update(Upload).where(Upload.id == upload_id, Upload.claimed_by == worker)
    with claims.renewing_claim(own):
        try:
            _import(data, name, report)
        except (Unusable, SQLAlchemyError) as error:
            db.session.rollback()
            report.reject_file(f"{name}: {_reason(error)}")
    actions.finish(upload_id, _summary(report))
    db.session.commit()
    return True


def _reason(error: Exception) -> str:
    if isinstance(error, SQLAlchemyError):
        return _("the database could not be written; upload the file again")
    return str(error)


def _import(data: bytes, name: str, report: ImportReport) -> None:
    kind = files.kind_of(data)
    if kind == files.KEV:
        import_enrichment.import_kev(io.BytesIO(data), name, report)
    elif kind == files.EPSS:
        import_enrichment.import_epss(io.BytesIO(data), name, report)
    elif kind == files.PRODUCT:
        ProductImporter(Path(), PRODUCT_SOURCE, report=report).import_data(data, name, Path(name).stem)
    else:
        importer = Importer((), report, show=report.add_error)
        with Checker() as check, importer.news.deferred():
            importer.import_data(data, name, check)
        importer.news.release()
        db.session.commit()


def _summary(report: ImportReport) -> dict:
    counts = {
        name: {noun: number for noun, number in getattr(report, name).items() if number}
        for name in ("added", "updated", "skipped")
    }
    return {**counts, "refused": report.refused_files, "errors": report.errors[:MAX_ERRORS]}
