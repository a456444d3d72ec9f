"""Scheduled work that joins rooms."""

import logging

from auth import reputation
from core.database.db import read_snapshot
from core.jobs.worker import register_daily_task

log = logging.getLogger(__name__)


@register_daily_task(hour=4, minute=20)
def check_reputation() -> None:
    """Replay the ledger nightly; a difference is logged as an error for the administrator."""
    with read_snapshot():
        faults = reputation.verify()
    for fault in faults:
        log.error("reputation: %s", fault)
