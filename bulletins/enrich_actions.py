"""Who is attacked (KEV) and who may be (EPSS), taken from their files into vulnerabilities and bulletins.

KEV is kept for every CVE it names, so that a bulletin that comes later is exploited from the start; EPSS
names hundreds of thousands and is kept for those that some bulletin names. Nothing commits: every function
takes a slice that its caller commits.
"""

from collections.abc import Iterable
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from advisories.exploited import Exploited, Likelihood
from bulletins import store_actions
from bulletins.models import Bulletin
from bulletins.vulnerability_models import BulletinVulnerability, Vulnerability
from core.database.db import db, utcnow
from core.jobs import events

RANKED = selectinload(Bulletin.vulnerabilities).joinedload(BulletinVulnerability.vulnerability)


def store_kev(entries: Iterable[Exploited]) -> tuple[int, list[int]]:
    """Keep entries of KEV; returns how many CVEs are new here, and the ids of those whose facts changed."""
    wanted = {entry.cve: entry for entry in entries}
    known = _known(wanted)
    added = [Vulnerability(cve=cve) for cve in sorted(wanted.keys() - known.keys())]
    db.session.add_all(added)
    db.session.flush()
    changed = [
        row
        for row in (*known.values(), *added)
        if _set(
            row,
            {
                "kev_added_on": wanted[row.cve].added_on,
                "kev_due_on": wanted[row.cve].due_on,
                "kev_action": wanted[row.cve].action,
                "is_ransomware": wanted[row.cve].is_ransomware,
            },
        )
    ]
    return len(added), [row.id for row in changed]


def store_epss(scores: Iterable[Likelihood]) -> list[int]:
    """Keep the scores of CVEs that are known here; returns the ids of those that changed."""
    wanted = {score.cve: score for score in scores}
    return [
        row.id
        for row in _known(wanted).values()
        if _set(
            row,
            {
                "epss": wanted[row.cve].probability,
                "epss_percentile": wanted[row.cve].percentile,
                "epss_on": wanted[row.cve].scored_on or row.epss_on,
            },
        )
    ]


def _known(cves: Iterable[str]) -> dict[str, Vulnerability]:
    rows = db.session.scalars(select(Vulnerability).where(Vulnerability.cve.in_(list(cves))))
    return {row.cve: row for row in rows}


def _set(row: Vulnerability, facts: dict) -> bool:
    changed = {name: value for name, value in facts.items() if getattr(row, name) != value}
    for name, value in changed.items():
        setattr(row, name, value)
    return bool(changed)


def bulletins_naming(vulnerability_ids: Iterable[int]) -> list[int]:
    """The bulletins that name any of these."""
    return list(
        db.session.scalars(
            select(BulletinVulnerability.bulletin_id)
            .distinct()
            .order_by(BulletinVulnerability.bulletin_id)
            .where(BulletinVulnerability.vulnerability_id.in_(list(vulnerability_ids)))
        )
    )


def refresh_ranks(bulletin_ids: Iterable[int], *, announce: bool = False) -> int:
    """Set exploitation, EPSS and order of these bulletins; returns how many changed.

    What is exploited from now on raises the risk, when KEV took it in within NEWS, or with `announce`: a
    list that is read for the first time must not tell of years ago.
    """
    changed = 0
    found = db.session.scalars(
        select(Bulletin)
        .where(Bulletin.id.in_(list(bulletin_ids)))
        .options(RANKED)
        .order_by(Bulletin.id)
        .with_for_update(of=Bulletin)
        .execution_options(populate_existing=True)
    )
    for bulletin in found.all():
        before, was_exploited = _ranks(bulletin), bulletin.is_exploited
        store_actions.set_rank(bulletin)
        if _ranks(bulletin) == before:
            continue
        changed += 1
        events.record("bulletin.ranked", subject=bulletin)
        if bulletin.is_exploited and not was_exploited and (announce or _is_news(bulletin.kev_added_on)):
            store_actions.announce_risk_change(bulletin, ["exploited"])
    return changed


def _ranks(bulletin: Bulletin) -> tuple:
    return (
        bulletin.priority,
        bulletin.epss,
        bulletin.kev_added_on,
        bulletin.kev_due_on,
        bulletin.is_ransomware,
    )


def _is_news(day: date | None) -> bool:
    return day is not None and day > utcnow().date() - store_actions.NEWS
