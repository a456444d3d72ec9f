"""Stores known exploitation (KEV, other lists) and exploit prediction scores (EPSS) with vulnerabilities.

KEV entries are stored for every CVE, so that a bulletin imported later is marked as exploited at once. EPSS
has hundreds of thousands of entries, which are stored only for CVEs that some bulletin names. Nothing
commits: each function takes a batch that its caller commits.
"""

from collections.abc import Iterable
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from advisories.exploited import Exploited, Likelihood
from advisories.exploited_lists import Listed
from bulletins import publishing, ranking
from bulletins.models import Bulletin
from bulletins.vulnerability_models import (
    MAX_SOURCE_CHARACTERS,
    BulletinVulnerability,
    ExploitationEntry,
    Vulnerability,
)
from core.database.db import db, utcnow
from core.jobs import events

WITH_VULNERABILITIES = (
    selectinload(Bulletin.vulnerabilities)
    .joinedload(BulletinVulnerability.vulnerability)
    .selectinload(Vulnerability.exploitations)
)


def store_kev(entries: Iterable[Exploited]) -> tuple[int, list[int]]:
    """Store entries of KEV; returns the number of new CVEs, and the ids of vulnerabilities that changed."""
    wanted = {entry.cve: entry for entry in entries}
    known = _known(wanted)
    added = [Vulnerability(cve=cve) for cve in sorted(wanted.keys() - known.keys())]
    db.session.add_all(added)
    db.session.flush()
    changed = []
    for row in (*known.values(), *added):
        entry = wanted[row.cve]
        is_changed = _set(
            row,
            {
                "kev_added_on": entry.added_on,
                "kev_due_on": entry.due_on,
                "kev_action": entry.action,
                "is_ransomware": entry.is_ransomware,
            },
        )
        if is_changed:
            changed.append(row.id)
    return len(added), changed


def store_listed(entries: Iterable[Listed]) -> tuple[int, list[int]]:
    """Store entries of other lists; returns the number of new CVEs, and ids of vulnerabilities that changed.

    An entry that retracts its statement removes what the same source said before.
    """
    wanted: dict[str, dict[str, Listed]] = {}
    for entry in entries:
        wanted.setdefault(entry.cve, {})[entry.source] = entry
    known = _known(wanted, with_lists=True)
    missing = sorted(
        cve for cve in wanted.keys() - known.keys() if any(e.is_exploited for e in wanted[cve].values())
    )
    added = [Vulnerability(cve=cve, exploitations=[]) for cve in missing]
    db.session.add_all(added)
    db.session.flush()
    changed = [
        row.id
        for row in (*known.values(), *added)
        if sum(_set_entry(row, entry) for entry in wanted[row.cve].values())
    ]
    return len(added), changed


def _set_entry(row: Vulnerability, entry: Listed) -> bool:
    """Add, change or remove the entry of one source; returns whether anything changed."""
    source = entry.source[:MAX_SOURCE_CHARACTERS]
    present = next((each for each in row.exploitations if each.source == source), None)
    if not entry.is_exploited:
        if present is not None:
            row.exploitations.remove(present)
        return present is not None
    if present is None:
        present = ExploitationEntry(source=source)
        row.exploitations.append(present)
    facts = {"listed_on": entry.listed_on, "url": entry.url, "details": entry.details}
    return _set(present, facts)


def store_epss(scores: Iterable[Likelihood]) -> list[int]:
    """Store the scores of known CVEs; returns the ids of vulnerabilities that changed."""
    wanted = {score.cve: score for score in scores}
    changed = []
    for row in _known(wanted).values():
        score = wanted[row.cve]
        is_changed = _set(
            row,
            {
                "epss": score.probability,
                "epss_percentile": score.percentile,
                "epss_on": score.scored_on or row.epss_on,
            },
        )
        if is_changed:
            changed.append(row.id)
    return changed


def _known(cves: Iterable[str], *, with_lists: bool = False) -> dict[str, Vulnerability]:
    wanted = select(Vulnerability).where(Vulnerability.cve.in_(list(cves)))
    if with_lists:
        wanted = wanted.options(selectinload(Vulnerability.exploitations))
    return {row.cve: row for row in db.session.scalars(wanted)}


def _set(row: Vulnerability | ExploitationEntry, facts: dict) -> bool:
    changed = {name: value for name, value in facts.items() if getattr(row, name) != value}
    for name, value in changed.items():
        setattr(row, name, value)
    return bool(changed)


def bulletins_naming(vulnerability_ids: Iterable[int]) -> list[int]:
    """Ids of the bulletins that name any of these vulnerabilities."""
    return list(
        db.session.scalars(
            select(BulletinVulnerability.bulletin_id)
            .distinct()
            .order_by(BulletinVulnerability.bulletin_id)
            .where(BulletinVulnerability.vulnerability_id.in_(list(vulnerability_ids)))
        )
    )


def refresh_ranks(bulletin_ids: Iterable[int], *, announce: bool = False) -> int:
    """Update exploitation, EPSS and priority of these bulletins; returns how many changed.

    A newly exploited bulletin is announced if a list added it within NEWS_PERIOD, or with `announce`: the
    first import of a list must not send alerts about past years.
    """
    changed = 0
    found = db.session.scalars(
        select(Bulletin)
        .where(Bulletin.id.in_(list(bulletin_ids)))
        .options(WITH_VULNERABILITIES)
        .order_by(Bulletin.id)
        .with_for_update(of=Bulletin)
        .execution_options(populate_existing=True)
    )
    for bulletin in found.all():
        before = _ranks(bulletin)
        was_exploited = bulletin.is_exploited
        ranking.set_rank(bulletin)
        if _ranks(bulletin) == before:
            continue
        changed += 1
        events.record("bulletin.ranked", subject=bulletin)
        if bulletin.is_exploited and not was_exploited and (announce or any(map(_is_news, _days(bulletin)))):
            ranking.announce_risk_change(bulletin, ["exploited"])
    return changed


def _days(bulletin: Bulletin) -> list[date | None]:
    """When lists added its vulnerabilities; the earliest of each counts."""
    shared = [row.vulnerability for row in bulletin.vulnerabilities if row.vulnerability is not None]
    return [
        min(filter(None, (row.kev_added_on, *(each.listed_on for each in row.exploitations))), default=None)
        for row in shared
    ]


def _ranks(bulletin: Bulletin) -> tuple:
    return (
        bulletin.is_exploited,
        bulletin.priority,
        bulletin.epss,
        bulletin.kev_added_on,
        bulletin.kev_due_on,
        bulletin.is_ransomware,
    )


def _is_news(day: date | None) -> bool:
    return day is not None and day > utcnow().date() - publishing.NEWS_PERIOD
