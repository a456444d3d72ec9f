"""Claims on rows: only one process works on a row, and another one takes over soon after it died.

A claim is the time in the row until which it is valid. It is short, and renewed by a thread during the work:
a dead process does not renew its claims, so they expire within CLAIM_DURATION.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from flask import Flask, current_app
from sqlalchemy import Update
from sqlalchemy.exc import DBAPIError

from core.database.db import changed_rows, db, utcnow

log = logging.getLogger(__name__)
CLAIM_DURATION = timedelta(
    seconds=15
)  # longer than a slow write and the largest difference of clocks (core.checks.database)
RENEWALS_PER_CLAIM = 5


@contextmanager
def renewing_claim(rows: Update, column: str = "claimed_until") -> Iterator[None]:
    """Set `column` of the rows of this UPDATE to CLAIM_DURATION from now, repeatedly until the block ends.

    Every renewal is a transaction of a separate thread.
    """
    app: Flask = current_app._get_current_object()  # pyright: ignore[reportAttributeAccessIssue]  (of the proxy)
    is_done = threading.Event()
    thread = threading.Thread(target=_renew, args=(app, rows, column, is_done), daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_done.set()
        thread.join()


def _renew(app: Flask, rows: Update, column: str, is_done: threading.Event) -> None:
    while not is_done.wait(CLAIM_DURATION.total_seconds() / RENEWALS_PER_CLAIM):
        with app.app_context():
            try:
                changed_rows(rows.values({column: utcnow() + CLAIM_DURATION}))
                db.session.commit()
            except DBAPIError as error:  # the next renewal comes before the claim expires
                db.session.rollback()
                log.warning("claim not renewed: %s", type(error.orig).__name__)
