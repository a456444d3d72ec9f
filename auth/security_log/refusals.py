"""Records refused requests (403 and 429) in the security log, after they were answered."""

import logging
from dataclasses import dataclass, field
from datetime import datetime

from flask import Flask, Response, current_app, g, request
from sqlalchemy.exc import DBAPIError

from auth.current_user import current_user
from auth.security_log import actions
from core.database.db import utcnow, writing

KINDS_BY_STATUS = {403: "refused", 429: "limited"}
MAX_REMEMBERED = 10_000  # (kind, account) pairs
log = logging.getLogger(__name__)


@dataclass
class FullHours:
    """Which (kind, account) have reached `max_an_hour`, as far as this process knows.

    Further events of these need no write transaction.
    """

    until: dict[tuple[str, int | None], datetime] = field(default_factory=dict)

    def has(self, kind: str, user_id: int | None) -> bool:
        """Whether no row of this kind can be written now for this account."""
        end = self.until.get((kind, user_id))
        return end is not None and utcnow() < end

    def note(self, kind: str, user_id: int | None, end: datetime) -> None:
        """Remember that no row can be written until `end` (UTC)."""
        if len(self.until) >= MAX_REMEMBERED:
            now = utcnow()
            current = {key: end for key, end in list(self.until.items()) if end > now}
            self.until = current if len(current) < MAX_REMEMBERED else {}
        self.until[(kind, user_id)] = end


def record_refusal(response: Response) -> Response:
    """Record a refused request of a member; of a visitor only for exceeding a rate limit."""
    kind = KINDS_BY_STATUS.get(response.status_code)
    if kind is None or request.url_rule is None:
        return response
    user = g.get("api_user") or (current_user if not request.path.startswith("/api/") else None)
    user_id = getattr(user, "id", None)
    if user_id is None and kind == "refused":
        return response
    full_hours: FullHours = current_app.extensions["security_log_full_hours"]
    facts = {"route": request.url_rule.rule, "method": request.method}
    if full_hours.has(kind, user_id):
        actions.log_only(kind, user=user_id, actor=user_id, **facts)
        return response
    try:
        with writing():
            actions.record(kind, user=user_id, actor=user_id, **facts)
            end = actions.full_until(kind, user_id)
        if end is not None:
            full_hours.note(kind, user_id, end)
    except DBAPIError as error:  # the response is correct without the record
        log.warning("a refusal could not be recorded: %s", type(error.orig).__name__)
    return response


def init_app(app: Flask) -> None:
    """Record refusals after each request."""
    app.extensions["security_log_full_hours"] = FullHours()
    app.after_request(record_refusal)
