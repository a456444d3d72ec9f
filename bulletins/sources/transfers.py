"""The transfers of one run of a source: bounded in bytes and time, conditional, counted."""

import time
from collections import Counter
from dataclasses import dataclass

from bulletins.sources.models import Source, SourceDocument
from core.database.db import utcnow
from core.web import fetch
from core.web.fetch import Fetched, Unfetchable, Validators

MAX_RUN_SECONDS = 100  # less than heartbeats.DEAD_AFTER; the next run continues
MAX_RUN_BYTES = 512 * 1024 * 1024
MAX_RUN_DOCUMENTS = 500
TRANSFER_SECONDS = 60


@dataclass(frozen=True)
class SourceFacts:
    """The facts of a source that a run needs, without the database."""

    id: int
    kind: str
    name: str
    url: str
    provider: dict
    fingerprints: tuple[str, ...]

    @classmethod
    def of(cls, source: Source) -> "SourceFacts":
        """The facts of a row."""
        return cls(
            source.id, source.kind, source.name, source.url, source.provider, tuple(source.fingerprints)
        )


class Transfers:
    """Fetches for one run, and counts requests, transferred documents, unchanged ones and bytes."""

    def __init__(self, facts: SourceFacts) -> None:
        self.facts = facts
        self.counts: Counter[str] = Counter(requests=0, transferred=0, unchanged=0, refused=0, bytes=0)
        self.deadline = time.monotonic() + MAX_RUN_SECONDS
        self.bytes_left = MAX_RUN_BYTES

    @property
    def is_exhausted(self) -> bool:
        """Whether the run has used its time, its bytes or its documents."""
        return (
            self.counts["transferred"] + self.counts["refused"] >= MAX_RUN_DOCUMENTS
            or self.bytes_left <= 0
            or time.monotonic() >= self.deadline
        )

    def get(
        self,
        url: str,
        max_bytes: int,
        known: SourceDocument | None = None,
        *,
        is_optional: bool = False,
    ) -> Fetched | None:
        """Fetch an address, conditionally when it is `known`; None when it is optional and missing.

        Raises Unfetchable.
        """
        seconds = min(TRANSFER_SECONDS, max(5.0, self.deadline - time.monotonic()))
        self.counts["requests"] += 1
        try:
            found = fetch.fetch(
                url,
                max_bytes=min(max_bytes, max(self.bytes_left, 1)),
                seconds=seconds,
                validators=Validators(known.etag, known.last_modified) if known else None,
                is_optional=is_optional,
            )
        except Unfetchable as error:
            self._count_bytes(error.received)
            raise
        if found is not None:
            self._count_bytes(found.received)
        return found

    def _count_bytes(self, number: int) -> None:
        self.counts["bytes"] += number
        self.bytes_left -= number

    @staticmethod
    def values(url: str, validators: Validators, changed: str = "", reason: str = "") -> dict:
        """The columns of a SourceDocument that was read."""
        return {
            "url": url,
            "changed": changed,
            "etag": validators.etag,
            "last_modified": validators.last_modified,
            "fetched_at": utcnow(),
            "reason": reason,
            "failures": 0,
            "retry_at": None,
        }
