"""Reads of mitigations."""

from sqlalchemy import select

from bulletins.models import Bulletin, Mitigation
from core.database.db import db
from posts.models import Revision

MAX_REVISIONS_SEARCHED = 50  # revisions of a bulletin in which an old version of a mitigation is looked for


def unconfirmed_mitigations(limit: int = 50) -> list[tuple[Mitigation, Bulletin]]:
    """Mitigations of public bulletins whose layer no moderator confirmed, the most urgent first."""
    return list(
        db.session.execute(
            select(Mitigation, Bulletin)
            .join(Bulletin, Bulletin.id == Mitigation.bulletin_id)
            .where(Bulletin.is_public, ~Mitigation.is_confirmed)
            .order_by(Bulletin.priority.desc(), Mitigation.id)
            .limit(limit)
        ).tuples()
    )


def get_mitigation(mitigation_id: int) -> Mitigation | None:
    """A mitigation; reloads what the session has."""
    return db.session.get(Mitigation, mitigation_id, populate_existing=True)


def facts_at_version(mitigation: Mitigation, number: int) -> dict | None:
    """The facts of a mitigation at one of its versions, from the newest revisions of its bulletin."""
    revisions = db.session.scalars(
        select(Revision.facts)
        .where(
            Revision.post_id == mitigation.bulletin_id,
            Revision.facts.is_not(None),
            Revision.redacted_at.is_(None),
        )
        .order_by(Revision.number.desc())
        .limit(MAX_REVISIONS_SEARCHED)
    )
    for facts in revisions:
        for row in (facts or {}).get("mitigations", ()):
            if (row["id"], row["number"]) == (mitigation.id, number):
                return row
    return None
