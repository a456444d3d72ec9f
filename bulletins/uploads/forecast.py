"""What storing an advisory would do now, without writing anything."""

from dataclasses import dataclass, replace

from flask_babel import gettext as _
from sqlalchemy import select

from advisories.advisory import Advisory
from bulletins import publishing, queries, rows, store_actions
from bulletins.digests import PARTS, changed_here, content_digest
from bulletins.models import Bulletin
from bulletins.store_actions import Outcome
from core.database.db import db


@dataclass(frozen=True)
class Forecast:
    """What store() would do with an advisory, and why it changes nothing or is not public.

    `before` and `after` are the states of its bulletin; `not_imported` are the PARTS that were edited here.
    """

    outcome: Outcome
    reason: str = ""
    reference: str = ""
    before: Advisory | None = None
    after: Advisory | None = None
    not_imported: tuple[str, ...] = ()


def forecast(advisory: Advisory) -> Forecast:
    """What store_actions.store() would do. Raises Unusable where it would."""
    store_actions.check(advisory)
    store_actions.rendered_body(advisory)
    bulletin_id = db.session.scalar(
        select(Bulletin.id).where(
            Bulletin.publisher == advisory.publisher, Bulletin.tracking_id == advisory.tracking_id
        )
    )
    if bulletin_id is None:
        return Forecast(Outcome.ADDED, publishing.why_waiting(advisory), after=advisory)
    bulletin = queries.get_whole(bulletin_id)
    if why := _why_skipped(bulletin, advisory):
        return Forecast(Outcome.SKIPPED, why, bulletin.reference)
    edited = changed_here(bulletin)
    current = rows.to_advisory(bulletin, with_local=False)
    local_values = {field: getattr(current, field) for part in edited for field in PARTS[part]}
    after = replace(publishing.withdrawn_content(advisory, current), **local_values)
    reason = publishing.why_hidden(bulletin, advisory) if not publishing.is_open(advisory) else ""
    return Forecast(Outcome.UPDATED, reason, bulletin.reference, current, after, edited)


def _why_skipped(bulletin: Bulletin, advisory: Advisory) -> str:
    """Why an import leaves a bulletin as it is; empty when it does not."""
    if bulletin.is_own:
        return _("this site issued it")
    if bulletin.is_public and not publishing.is_open(advisory):
        return publishing.why_hidden(bulletin, advisory)
    if bulletin.import_digest and publishing.is_older(bulletin, advisory):
        return publishing.why_older(bulletin, advisory)
    known = (bulletin.import_digest, content_digest(rows.to_advisory(bulletin)))
    return _("nothing changes") if content_digest(advisory) in known else ""
