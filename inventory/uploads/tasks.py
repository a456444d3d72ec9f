"""Background work: uploads are read one after the other; old results are deleted.

Reading and matching hold no write lock; what is written is written in short transactions.
"""

import logging
from datetime import timedelta

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import and_, delete, or_, select, update

from auth.models import User
from core.database.db import changed_rows, db, read_transaction, utcnow
from core.jobs import claims
from core.jobs.worker import LONG, register_daily_task, register_round_job
from inventory import actions
from inventory.formats import recognise
from inventory.formats.component import BadDocument, Document
from inventory.formats.tables import Columns
from inventory.matching import Matches, TooManyComparisons
from inventory.uploads import results
from inventory.uploads.actions import full_message, unpacked
from inventory.uploads.models import COLUMNS, DONE, OPEN_STATES, REFUSED, RUNNING, WAITING, InventoryUpload
from inventory.versions import actions as version_actions
from products.inventories.models import Inventory
from products.models import OwnedRelease

log = logging.getLogger(__name__)
VERSION_BATCH_SIZE = 500  # versions that are stored in one transaction
MAX_TRIES = 3  # of an upload whose worker died
RESULT_RETENTION = timedelta(days=30)
COLUMNS_RETENTION = timedelta(days=1)  # files whose columns nobody has chosen


@register_round_job(LONG)
def read_uploads() -> int:
    """Read the next upload that waits."""
    return run_next()


@register_daily_task(hour=3, minute=25)
def delete_old_uploads() -> None:
    """Delete old results, and files whose columns nobody has chosen."""
    now = utcnow()
    changed_rows(
        delete(InventoryUpload).where(
            or_(
                and_(
                    InventoryUpload.status.not_in(OPEN_STATES),
                    InventoryUpload.created_at < now - RESULT_RETENTION,
                ),
                and_(InventoryUpload.status == COLUMNS, InventoryUpload.created_at < now - COLUMNS_RETENTION),
            )
        )
    )
    db.session.commit()


@register_daily_task(hour=3, minute=30)
def adopt_entries() -> None:
    """Move entries that an earlier version of the site wrote without an inventory into default ones."""
    owners = list(
        db.session.scalars(
            select(User).where(
                User.id.in_(select(OwnedRelease.user_id).where(OwnedRelease.inventory_id.is_(None)))
            )
        )
    )
    for user in owners:
        actions.default_inventory(user)
        db.session.commit()


def run_next() -> int:
    """Read the oldest upload that waits; returns the number read. Commits."""
    upload = _claim()
    if upload is None:
        return 0
    mine = update(InventoryUpload).where(
        InventoryUpload.id == upload.id,
        InventoryUpload.status == RUNNING,
        InventoryUpload.claimed_by == current_app.extensions["event_worker"],
    )
    with claims.renewing_claim(mine):
        _run(upload)
    return 1


def _claim() -> InventoryUpload | None:
    """Claim the oldest upload that waits, or whose worker died; commits. The first query does not write."""
    now = utcnow()
    free = or_(
        InventoryUpload.status == WAITING,
        (InventoryUpload.status == RUNNING) & (InventoryUpload.claimed_until < now),
    )
    with read_transaction():
        first = db.session.scalar(
            select(InventoryUpload.id).where(free).order_by(InventoryUpload.id).limit(1)
        )
    if first is None:
        return None
    claimed = changed_rows(
        update(InventoryUpload)
        .where(InventoryUpload.id == first, free)
        .values(
            status=RUNNING,
            claimed_by=current_app.extensions["event_worker"],
            claimed_until=now + claims.CLAIM_DURATION,
            tries=InventoryUpload.tries + 1,
        )
    )
    db.session.commit()
    with read_transaction():
        upload = db.session.get(InventoryUpload, first, populate_existing=True) if claimed else None
    return upload


def _run(upload: InventoryUpload) -> None:
    """Read, match and store one upload; a document that is not accepted is refused with the reason."""
    try:
        if upload.tries > MAX_TRIES:
            raise BadDocument(_("Reading this file ended the program several times. Send it in parts."))
        with read_transaction():
            content = db.session.scalar(
                select(InventoryUpload.content).where(InventoryUpload.id == upload.id)
            )
        columns = Columns(**upload.columns) if upload.columns else None
        document = recognise.read(unpacked(content), columns)
        del content
        if not document.components:
            raise BadDocument(_("The document lists nothing. The inventory stays as it was."))
        found = results.match_in_batches(document.components, lambda percent: _progress(upload, percent))
        _store(upload, document, found)
    except (BadDocument, TooManyComparisons, actions.ListFull) as error:
        db.session.rollback()
        message = str(error)
        if isinstance(error, actions.ListFull):
            message = full_message()
        _finish(upload, status=REFUSED, message=message)
    except Exception:
        db.session.rollback()
        log.exception("upload %s failed", upload.id)
        _finish(upload, status=REFUSED, message=_("The site failed to read the file. Send it again."))


def _progress(upload: InventoryUpload, percent: int) -> None:
    """Say how far it is, in a transaction of its own."""
    changed_rows(
        update(InventoryUpload).where(InventoryUpload.id == upload.id).values(progress=min(percent, 99))
    )
    db.session.commit()


def _store(upload: InventoryUpload, document: Document, found: Matches) -> None:
    """Write the entries and the result in one short transaction: until then the old entries are shown."""
    sure = [match for match in found.found if match.is_sure]
    keys = {key for match in sure for key in results.keys_of(match)}
    packed_result = results.pack(results.of_matches(found))
    inventory = db.session.get(Inventory, upload.inventory_id, populate_existing=True)
    if inventory is None:  # deleted meanwhile, with the upload
        db.session.rollback()
        return
    removed = 0
    if upload.replaces:
        added, removed = actions.replace_entries(inventory, keys)
    else:
        added = actions.add_entries(inventory, keys, source=actions.SBOM)
    db.session.commit()
    _store_versions(inventory, found, replaces=upload.replaces)
    _finish(
        upload,
        status=DONE,
        format=document.format,
        entries=document.entries,
        components=len(document.components),
        matched=len(document.components) - len(found.unmatched),
        added=added,
        removed=removed,
        result=packed_result,
    )


def _store_versions(inventory: Inventory, found: Matches, *, replaces: bool) -> None:
    """Write what is installed, with its versions, in short transactions; bulletins are compared with it."""
    sure = [
        (key, match.components) for match in found.found if match.is_sure for key in results.keys_of(match)
    ]
    others = [(None, match.components) for match in found.found if not match.is_sure]
    with read_transaction():
        pairs = version_actions.pairs_of(inventory, [*sure, *others, (None, found.unmatched)])
    kept: set[version_actions.Stored] = set()
    for start in range(0, len(pairs), VERSION_BATCH_SIZE):
        kept |= version_actions.store(inventory, pairs[start : start + VERSION_BATCH_SIZE])
        db.session.commit()
    with read_transaction():
        surplus = version_actions.surplus_ids(inventory, kept) if replaces else []
    for start in range(0, len(surplus), VERSION_BATCH_SIZE):
        version_actions.forget_components(surplus[start : start + VERSION_BATCH_SIZE])
        db.session.commit()


def _finish(upload: InventoryUpload, **values: object) -> None:
    changed_rows(
        update(InventoryUpload)
        .where(InventoryUpload.id == upload.id)
        .values(content=None, progress=100, finished_at=utcnow(), claimed_until=None, **values)
    )
    db.session.commit()
