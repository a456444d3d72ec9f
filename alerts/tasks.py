"""Mails security alerts: to each in one mail what belongs together, whatever the number of bulletins."""

import logging
from datetime import timedelta
from itertools import chain

from flask import current_app

from alerts import actions, labels, matching, schedule
from alerts import queries as alert_queries
from alerts.models import CADENCES, MINE, AlertNews, Subscription
from alerts.queries import Ready
from auth.queries import reachable_members
from bulletins.queries import AlertFacts, alert_facts
from core.database.db import db, read_transaction, utcnow
from core.jobs.worker import register_daily_task, register_round_job
from core.mail import mail, signed_links, stopped_addresses

log = logging.getLogger(__name__)
AT_A_TIME = 10  # subscriptions of a cadence served in one round, for other events wait meanwhile
MOST_LISTED = 200
SLICE = 500  # bulletins asked for at a time
FORGOTTEN_AFTER = timedelta(days=7)


@register_round_job()
def mail_alerts() -> int:
    """Queue the alerts that are due; returns how many subscriptions were served."""
    now, patch_day = utcnow(), current_app.config["REDOUBT_PATCH_DAY"]
    work: list[tuple[int, str, Ready]] = []
    with read_transaction():
        for cadence in CADENCES if alert_queries.is_anybody_behind() else ():
            upto = alert_queries.ready(cadence, now, patch_day)
            rows = alert_queries.behind(cadence, upto, now).with_only_columns(Subscription.id)
            work += [(number, cadence, upto) for number in db.session.scalars(rows.limit(AT_A_TIME))]
    editions: dict[tuple, list[AlertFacts]] = {}
    served = 0
    for number, cadence, upto in work:
        try:
            _serve(number, cadence, upto, editions)
            db.session.commit()
            served += 1
        except Exception:  # the others are served; this one is tried again in the next round
            db.session.rollback()
            log.exception("the alert of subscription %s failed", number)
    return served


def _serve(number: int, cadence: str, upto: Ready, editions: dict[tuple, list[AlertFacts]]) -> None:
    """Queue one mail of what this subscription was not told yet, or none, and note how far it was told.

    Both in one transaction: a worker that dies in between repeats nothing and leaves nothing out.
    """
    now = utcnow()
    row = db.session.scalar(
        alert_queries.behind(cadence, upto, now)
        .where(Subscription.id == number)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    if row is None:
        return
    told_id = max(row.told_id, upto.told_id) if row.free_at <= now else row.told_id
    urgent_id = max(row.urgent_id, upto.urgent_id)
    span = {"told": (row.told_id, told_id), "urgent": (row.urgent_id, urgent_id)}
    key = tuple(span.values())
    if key not in editions:
        editions[key] = _edition(alert_queries.news(**span))
    row = alert_queries.by_handle(row.handle)
    row.told_id, row.urgent_id = told_id, urgent_id
    owned = alert_queries.runs(row.user) if row.scope == MINE else set()
    found = matching.wanted(row, editions[key], owned)
    if found and _can_be_told(row):
        _queue(row, found)
        if not all(facts.reasons for facts in found):
            row.free_at = schedule.tomorrow(now, current_app.config["REDOUBT_PATCH_DAY"])


def _edition(news: list[AlertNews]) -> list[AlertFacts]:
    """What there is to say of the bulletins in the news, as far as they are public now.

    `reasons` stay empty for those that are new: what they say already is no change.
    """
    fresh = {item.bulletin_id for item in news if not item.reasons}
    reasons: dict[int, list[str]] = {item.bulletin_id: [] for item in news}
    for item in news:
        reasons[item.bulletin_id] += item.reasons
    ids = list(reasons)
    parts = (alert_facts(ids[start : start + SLICE]) for start in range(0, len(ids), SLICE))
    edition = sorted(chain.from_iterable(parts), key=matching.urgency)
    for facts in edition:
        facts.reasons = [] if facts.id in fresh else list(dict.fromkeys(reasons[facts.id]))
    return edition


def _can_be_told(row: Subscription) -> bool:
    """Whether the address takes mail, and its member, if it has one, may be told."""
    return (
        mail.can_receive(row.address)
        and not stopped_addresses.stopped_addresses([row.address])
        and (row.user_id is None or bool(reachable_members([row.user_id])))
    )


def _queue(row: Subscription, found: list[AlertFacts]) -> None:
    changed, fresh = (
        [facts for facts in found if bool(facts.reasons) is is_changed] for is_changed in (True, False)
    )
    only = found[0] if len(found) == 1 else None
    mail.queue(
        row.address,
        "alerts",
        list_name=mail.ALERTS,
        thread=f"bulletin:{only.reference}" if only else None,
        subject=labels.subject(fresh, changed),
        key=f"alert:{row.handle}:{row.told_id}:{row.urgent_id}",
        words=labels,
        unsubscribe=signed_links.url(signed_links.STOP, row.handle),
        manage=signed_links.url(signed_links.MANAGE, row.handle),
        changed=changed[:MOST_LISTED],
        fresh=fresh[:MOST_LISTED],
        more=max(0, len(changed) - MOST_LISTED) + max(0, len(fresh) - MOST_LISTED),
    )


@register_daily_task(hour=3, minute=40)
def forget_unconfirmed() -> None:
    """Addresses that nobody confirmed are not kept."""
    actions.forget_unconfirmed(utcnow() - FORGOTTEN_AFTER)
    db.session.commit()
