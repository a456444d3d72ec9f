"""Daily task: verify the reputation ledger."""

import logging

from auth import reputation
from core.database.db import read_snapshot
from core.jobs.worker import register_daily_task

log = logging.getLogger(__name__)


@register_daily_task(hour=4, minute=20)
def check_reputation() -> None:
    """Replay the reputation ledger and log every difference as an error."""
    with read_snapshot():
        faults = reputation.verify()
    for fault in faults:
        log.error("reputation: %s", fault)
