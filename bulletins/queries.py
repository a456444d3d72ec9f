"""Reads of bulletins. Lists, feeds, counts and alerts see what is public, whoever asks.

Only a bulletin's own page shows a draft, and only to moderators: what is under embargo has no other door.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, String, and_, exists, func, or_, select, true, type_coerce
from sqlalchemy.orm import joinedload, lazyload, selectinload

from auth.models import User
from bulletins.models import AffectedProduct, AffectedRelease, Bulletin, Mitigation
from bulletins.priority import EXPLOITED
from bulletins.vulnerability_models import BulletinVulnerability, Remediation, Vulnerability
from core.database import paging
from core.database.db import db
from posts.models import DRAFT, PENDING, Post, PostLink, Revision
from posts.queries import changed_in, visible_to
from products.lifecycle.phases import SECURITY
from products.models import LifecyclePhase, OwnedRelease, Product, Release
from products.queries import today

PAGE = 40
SORTS = {"urgent": [Bulletin.priority, Bulletin.id], "newest": [Bulletin.published_at, Bulletin.id]}
WHOLE = (
    selectinload(Bulletin.products).selectinload(AffectedProduct.named_releases),
    selectinload(Bulletin.mitigations),
    selectinload(Bulletin.known_issues),
    selectinload(Bulletin.vulnerabilities).options(
        joinedload(BulletinVulnerability.vulnerability), selectinload(BulletinVulnerability.remediations)
    ),
)
AFFECTED, SUPERSEDES = "affected", "supersedes"
FACETED, MOST_REPLACED = 500, 500
MOST_SEARCHED = 50  # revisions of a bulletin in which an old version of a mitigation is looked for
OPEN_TLP = ("", "WHITE", "CLEAR")
NUMBER = re.compile(r"[0-9]{1,9}$")


@dataclass
class AlertFacts:
    """What an alert says of a bulletin; who asks adds the reasons."""

    id: int
    reference: str
    title: str
    path: str
    severity: str
    is_exploited: bool
    has_fix: bool
    published_at: datetime
    product_ids: set[int] = field(default_factory=set)
    release_ids: set[int] = field(default_factory=set)
    whole_product_ids: set[int] = field(default_factory=set)
    reasons: list[str] = field(default_factory=list)


def public() -> Select:
    """Bulletins that everybody may see; without their kind, so that the indexes of bulletins sort."""
    return select(Bulletin).where(Bulletin.is_public)


def alert_facts(ids: Iterable[int]) -> list[AlertFacts]:
    """What alerts need of those of these bulletins that are public, the most urgent first; two queries.

    `product_ids` are all affected products, `release_ids` the releases known among them, and
    `whole_product_ids` the products that are affected in all releases.
    """
    found = {
        row.id: AlertFacts(
            row.id,
            row.reference,
            row.title,
            f"/bulletins/{row.reference}",
            row.severity,
            row.is_exploited,
            not row.is_unpatched,
            row.published_at,
        )
        for row in db.session.scalars(
            public().where(Bulletin.id.in_(list(ids))).order_by(Bulletin.priority.desc(), Bulletin.id.desc())
        )
    }
    for row in db.session.execute(
        select(
            AffectedProduct.bulletin_id,
            AffectedProduct.product_id,
            AffectedProduct.is_whole,
            AffectedRelease.release_id,
        )
        .outerjoin(AffectedProduct.named_releases)
        .distinct()
        .where(
            AffectedProduct.bulletin_id.in_(found),
            AffectedProduct.status == AFFECTED,
            AffectedProduct.product_id.is_not(None),
        )
    ):
        facts = found[row.bulletin_id]
        facts.product_ids.add(row.product_id)
        if row.is_whole:
            facts.whole_product_ids.add(row.product_id)
        elif row.release_id is not None:
            facts.release_ids.add(row.release_id)
    return list(found.values())


def get_bulletin(reference: str, user) -> Bulletin | None:
    """The bulletin with all its rows, if `user` may see it: moderators see drafts too.

    The number that every post has is another way to call it.
    """
    seen = or_(visible_to(user, Bulletin), true()) if user.is_moderator else visible_to(user, Bulletin)
    called = (
        Bulletin.id == int(reference) if NUMBER.match(reference) else Bulletin.reference == reference.upper()
    )
    statement = select(Bulletin).where(called, seen)
    return db.session.scalar(
        statement.options(
            joinedload(Bulletin.author),
            *WHOLE,
            selectinload(Bulletin.products).joinedload(AffectedProduct.product),
            selectinload(Bulletin.products)
            .selectinload(AffectedProduct.named_releases)
            .joinedload(AffectedRelease.release)
            .selectinload(Release.phases),
            selectinload(Bulletin.mitigations).joinedload(Mitigation.article),
        )
    )


def whole(bulletin_id: int) -> Bulletin | None:
    """A bulletin with the rows that a change needs, whoever may see it; read anew."""
    return db.session.scalar(
        select(Bulletin)
        .where(Bulletin.id == bulletin_id)
        .options(*WHOLE)
        .execution_options(populate_existing=True)
    )


def drafts(limit: int = 100) -> list[Bulletin]:
    """What moderators have yet to publish, what is scheduled first."""
    return list(
        db.session.scalars(
            select(Bulletin)
            .where(
                Bulletin.kind == "bulletin",
                Bulletin.status.in_((DRAFT, PENDING)),
                Bulletin.deleted_at.is_(None),
            )
            .order_by(Bulletin.embargo_until.asc().nulls_last(), Bulletin.id.desc())
            .limit(limit)
        )
    )


def bulletins(
    wanted: Filter,
    sort: str = "urgent",
    *,
    after: paging.Place = None,
    size: int = PAGE,
    with_mitigations: bool = False,
    with_tags: bool = False,
) -> paging.Page:
    """Public bulletins in one of the SORTS; tags are for lists that show them."""
    statement = public().where(*filters.conditions(wanted))
    if not with_tags:
        statement = statement.options(lazyload(Post.tags))
    if with_mitigations:
        statement = statement.options(selectinload(Bulletin.mitigations), selectinload(Bulletin.products))
    return paging.keyset(statement, SORTS[sort], after=after, size=size, changed=changed_in(Bulletin))


def end_of_life_releases(found: Iterable[Bulletin]) -> dict[int, list[Release]]:
    """By bulletin: the releases it affects that get no security fixes any more; one query for a page."""
    rows = db.session.execute(
        select(AffectedProduct.bulletin_id, Release)
        .distinct()
        .join(AffectedProduct.bulletin)
        .join(AffectedProduct.named_releases)
        .join(AffectedRelease.release)
        .where(
            AffectedProduct.bulletin_id.in_([row.id for row in found]),
            AffectedProduct.status == AFFECTED,
            is_end_of_life(today()),
        )
        .options(joinedload(Release.product), selectinload(Release.phases))
        .order_by(Release.id)
    )
    ended: dict[int, list[Release]] = {}
    for bulletin_id, release in rows:
        ended.setdefault(bulletin_id, []).append(release)
    return ended


def vendors(limit: int = 30) -> dict[str, int]:
    """Vendors by how many of the newest public bulletins name them."""
    newest = (
        public()
        .with_only_columns(Bulletin.id)
        .order_by(Bulletin.published_at.desc(), Bulletin.id.desc())
        .limit(FACETED)
        .subquery()
    )
    number = func.count(AffectedProduct.bulletin_id.distinct())
    rows = (
        select(func.min(AffectedProduct.vendor), number)
        .join(newest, newest.c.id == AffectedProduct.bulletin_id)
        .where(AffectedProduct.vendor_key != "")
        .group_by(AffectedProduct.vendor_key)
        .order_by(number.desc(), AffectedProduct.vendor_key)
        .limit(limit)
    )
    return dict(db.session.execute(rows).all())


def newest(wanted: Filter, limit: int = 40) -> list[Bulletin]:
    """For the feeds."""
    return bulletins(wanted, "newest", size=limit).items


def by_references(references: Iterable[str]) -> list[Bulletin]:
    """The bulletins with these references, drafts too, in their order."""
    return list(
        db.session.scalars(
            select(Bulletin)
            .where(
                Bulletin.reference.in_([each.upper() for each in references]), Bulletin.deleted_at.is_(None)
            )
            .order_by(Bulletin.reference)
        )
    )


def superseded(bulletin: Bulletin) -> dict[int, str]:
    """References, by id, of the bulletins that this one takes the place of, whoever may see them."""
    rows = (
        select(Bulletin.id, Bulletin.reference)
        .join(PostLink, PostLink.target_id == Bulletin.id)
        .where(PostLink.source_id == bulletin.id, PostLink.kind == SUPERSEDES)
        .order_by(Bulletin.reference)
    )
    return dict(db.session.execute(rows).all())


def published_documents(limit: int = 50_000) -> list:
    """What the CSAF provider lists of public bulletins whose TLP lets everybody read them."""
    return list(
        db.session.execute(
            public()
            .with_only_columns(
                Bulletin.document_path,
                Bulletin.tracking_id,
                Bulletin.reference,
                Bulletin.title,
                Bulletin.tlp,
                Bulletin.published_at,
                Bulletin.current_release_at,
            )
            .where(Bulletin.tlp.in_(OPEN_TLP))
            .order_by(Bulletin.published_at.desc())
            .limit(limit)
        )
    )


def by_document_path(path: str) -> Bulletin | None:
    """The public bulletin whose CSAF document lies there, with the rows that it is made from."""
    return db.session.scalar(
        public().where(Bulletin.document_path == path, Bulletin.tlp.in_(OPEN_TLP)).options(*WHOLE)
    )


def replaced_by(updates: Iterable[str]) -> dict[str, list[tuple[str, str]]]:
    """By update (KB5026361): the later updates that replace it, each with the bulletin it is in."""
    wanted = [update for update in updates if update]
    rows = db.session.execute(
        select(Remediation.supersedes, Remediation.update, Bulletin.reference)
        .distinct()
        .join(BulletinVulnerability, BulletinVulnerability.id == Remediation.bulletin_vulnerability_id)
        .join(Bulletin, Bulletin.id == BulletinVulnerability.bulletin_id)
        .where(Bulletin.is_public, Remediation.supersedes.in_(wanted), Remediation.update != "")
        .limit(MOST_REPLACED)
    )
    found: dict[str, list[tuple[str, str]]] = {}
    for old, new, reference in sorted(rows):
        if new not in [known for known, _ in found.setdefault(old, [])]:
            found[old].append((new, reference))
    return found
