"""Which hours of the security log are full, as this process knows: what is beyond takes no write lock."""

from dataclasses import dataclass, field
from datetime import datetime

from core.database.db import utcnow

MAX_HOURS = 10_000  # that are remembered; then those that are over are dropped, and if need be all


@dataclass
class FullHours:
    """Until when each (kind, account) is full."""

    until: dict[tuple[str, int | None], datetime] = field(default_factory=dict)

    def has(self, kind: str, user_id: int | None) -> bool:
        """Whether no row of this kind can be written now for this account."""
        end = self.until.get((kind, user_id))
        return end is not None and utcnow() < end

    def note(self, kind: str, user_id: int | None, end: datetime) -> None:
        """Remember that nothing can be written until `end`."""
        if len(self.until) >= MAX_HOURS:
            now = utcnow()
            live = {key: end for key, end in list(self.until.items()) if end > now}
            self.until = live if len(live) < MAX_HOURS else {}
        self.until[(kind, user_id)] = end
