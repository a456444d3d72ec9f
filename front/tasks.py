"""Scheduled work that joins rooms."""

import logging

from auth import reputation
from core.worker import scheduled

log = logging.getLogger(__name__)


@scheduled(hour="4", minute="20")
def check_reputation() -> None:
    """Replay the ledger nightly; a difference is logged as an error for the administrator."""
    for fault in reputation.verify():
        log.error("reputation: %s", fault)
