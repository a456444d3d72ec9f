"""Mail security alerts: one mail per subscription, however many bulletins are due."""

import logging
from datetime import timedelta
from itertools import chain

from flask import current_app

from alerts import actions, labels, matching, schedule
from alerts import queries as alert_queries
from alerts.models import CADENCES, MINE, WITHDRAWN, AlertNews, Subscription
from alerts.queries import DueNews
from auth.queries import reachable_members
from bulletins.queries import AlertFacts, alert_facts
from core.database.db import db, read_transaction, utcnow
from core.jobs.worker import register_daily_task, register_round_job
from core.mail import mail, signed_links, stopped_addresses

log = logging.getLogger(__name__)
SUBSCRIPTIONS_PER_ROUND = 10  # of a cadence; other jobs run between rounds
MAX_LISTED_BULLETINS = 200
BULLETIN_BATCH_SIZE = 500
UNCONFIRMED_RETENTION = timedelta(days=7)
Editions = dict[tuple[tuple[int, int], tuple[int, int]], list[AlertFacts]]  # by ranges of news ids


@register_round_job()
def mail_alerts() -> int:
    """Queue the alerts that are due; return the number of subscriptions processed."""
    now = utcnow()
    patch_day = current_app.config["REDOUBT_PATCH_DAY"]
    work: list[tuple[int, str, DueNews]] = []
    with read_transaction():
        for cadence in CADENCES if alert_queries.has_pending() else ():
            due = alert_queries.due_news(cadence, now, patch_day)
            rows = alert_queries.pending(cadence, due, now).with_only_columns(Subscription.id)
            ids = db.session.scalars(rows.limit(SUBSCRIPTIONS_PER_ROUND))
            work += [(subscription_id, cadence, due) for subscription_id in ids]
    editions: Editions = {}
    processed = 0
    for subscription_id, cadence, due in work:
        try:
            _process(subscription_id, cadence, due, editions)
            db.session.commit()
            processed += 1
        except Exception:  # the others are processed; this one is tried again in the next round
            db.session.rollback()
            log.exception("the alert of subscription %s failed", subscription_id)
    return processed


def _process(subscription_id: int, cadence: str, due: DueNews, editions: Editions) -> None:
    """Queue one mail, or none, with the due news of a subscription and store how far it was mailed.

    Both happen in one transaction, so that a worker that dies repeats and omits nothing.
    """
    now = utcnow()
    locked = db.session.scalar(
        alert_queries.pending(cadence, due, now)
        .where(Subscription.id == subscription_id)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    if locked is None:
        return
    told_id = max(locked.told_id, due.told_id) if locked.free_at <= now else locked.told_id
    urgent_id = max(locked.urgent_id, due.urgent_id)
    key = ((locked.told_id, told_id), (locked.urgent_id, urgent_id))
    if key not in editions:
        editions[key] = _edition(alert_queries.news(other=key[0], urgent=key[1]))
    row = alert_queries.get(locked.handle)
    row.told_id = told_id
    row.urgent_id = urgent_id
    owned = set()
    if row.scope == MINE and row.user is not None:
        owned = alert_queries.owned_releases(row.user)
    found = matching.matching_bulletins(row, editions[key], owned)
    found = _without_unknown_retractions(found, row, key)
    if found and (address := _reachable_address(row)):
        _queue(row, address, found)
        if not all(facts.reasons for facts in found):
            row.free_at = schedule.tomorrow(now, current_app.config["REDOUBT_PATCH_DAY"])


def _edition(news: list[AlertNews]) -> list[AlertFacts]:
    """The public bulletins of the news, most urgent first; `reasons` are empty for new bulletins."""
    fresh = {item.bulletin_id for item in news if not item.reasons}
    reasons: dict[int, list[str]] = {item.bulletin_id: [] for item in news}
    for item in news:
        reasons[item.bulletin_id] += item.reasons
    ids = list(reasons)
    batches = (
        alert_facts(ids[start : start + BULLETIN_BATCH_SIZE])
        for start in range(0, len(ids), BULLETIN_BATCH_SIZE)
    )
    edition = sorted(chain.from_iterable(batches), key=matching.urgency)
    for facts in edition:
        facts.reasons = [] if facts.id in fresh else list(dict.fromkeys(reasons[facts.id]))
    return edition


def _without_unknown_retractions(
    found: list[AlertFacts], row: Subscription, key: tuple[tuple[int, int], tuple[int, int]]
) -> list[AlertFacts]:
    """Leave out withdrawn bulletins that this subscription was not alerted to before.

    `key` are the ranges of ids of the news that are mailed now: other, urgent.
    """
    withdrawn = [facts.id for facts in found if facts.document_status == WITHDRAWN]
    first = alert_queries.first_alerts(withdrawn) if withdrawn else {}

    def was_alerted(facts: AlertFacts) -> bool:
        news = first.get(facts.id)
        if news is None or row.confirmed_at is None or news.created_at < row.confirmed_at:
            return False
        told_id = key[1][0] if news.is_urgent else key[0][0]
        return news.id <= told_id

    return [facts for facts in found if facts.document_status != WITHDRAWN or was_alerted(facts)]


def _reachable_address(row: Subscription) -> str | None:
    """The address, unless it takes no mail or its member is not reachable."""
    address = row.address
    if not address or not mail.can_receive(address) or stopped_addresses.stopped_addresses([address]):
        return None
    return address if row.user_id is None or reachable_members([row.user_id]) else None


def _queue(row: Subscription, address: str, found: list[AlertFacts]) -> None:
    changed = [facts for facts in found if facts.reasons]
    fresh = [facts for facts in found if not facts.reasons]
    only = found[0] if len(found) == 1 else None
    mail.queue(
        address,
        "alerts",
        list_name=mail.ALERTS,
        thread=f"bulletin:{only.reference}" if only else None,
        subject=labels.subject(fresh, changed),
        key=f"alert:{row.handle}:{row.told_id}:{row.urgent_id}",
        labels=labels,
        unsubscribe=signed_links.url(signed_links.STOP, row.handle),
        manage=signed_links.url(signed_links.MANAGE, row.handle),
        changed=changed[:MAX_LISTED_BULLETINS],
        fresh=fresh[:MAX_LISTED_BULLETINS],
        more=max(0, len(changed) - MAX_LISTED_BULLETINS) + max(0, len(fresh) - MAX_LISTED_BULLETINS),
    )


@register_daily_task(hour=3, minute=40)
def forget_unconfirmed() -> None:
    """Delete subscriptions that were not confirmed within UNCONFIRMED_RETENTION."""
    actions.forget_unconfirmed(utcnow() - UNCONFIRMED_RETENTION)
    db.session.commit()
