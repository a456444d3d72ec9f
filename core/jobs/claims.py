"""Work that a process has taken: nobody else takes it while that process lives, and everybody may soon after.

A claim is a time in the row. It is short, and renewed by a thread while the work goes on: a process that
dies renews nothing, and what it had taken is free within TERM.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from flask import Flask, current_app
from sqlalchemy import Update
from sqlalchemy.exc import DBAPIError

from core.database.db import db, utcnow

log = logging.getLogger(__name__)
CLAIM_DURATION = timedelta(
    seconds=15
)  # more than clocks of hosts differ (core.checks.database) and a slow write takes
RENEWALS_PER_CLAIM = 5


@contextmanager
def renewing_claim(rows: Update, column: str = "claimed_until") -> Iterator[None]:
    """Set `column` of the rows that this UPDATE names to TERM from now, again and again, while inside.

    Each renewal is a transaction of its own, in a thread of its own.
    """
    app, is_done = current_app._get_current_object(), threading.Event()
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
                db.session.execute(
                    rows.values({column: utcnow() + CLAIM_DURATION}).execution_options(
                        synchronize_session=False
                    )
                )
                db.session.commit()
            except DBAPIError as error:  # the next try comes before the claim ends
                db.session.rollback()
                log.warning("claim not renewed: %s", type(error.orig).__name__)
