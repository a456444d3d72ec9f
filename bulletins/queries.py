"""Reads of bulletins. Lists, feeds, counts and alerts contain public bulletins only, whoever asks.

Drafts are shown to moderators alone, on the page of the bulletin and in the list of drafts: nothing else may
reveal a bulletin under embargo.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Row, Select, func, or_, select, true
from sqlalchemy.orm import joinedload, lazyload, selectinload, undefer
from sqlalchemy.sql.base import ExecutableOption

from auth.models import User, Visitor
from bulletins import filters
from bulletins.filters import AFFECTED, Filter, is_end_of_life
from bulletins.models import AffectedProduct, AffectedRelease, Bulletin, Mitigation
from bulletins.verdicts.queries import is_installed_by
from bulletins.vulnerability_models import BulletinVulnerability, Remediation, Vulnerability
from core.database import paging
from core.database.db import db
from posts.models import DRAFT, PENDING, Post, PostLink, Revision
from posts.queries import changed_in, visible_to
from products.models import Release
from products.queries import today

PAGE_SIZE = 40
SORTS = {"urgent": [Bulletin.priority, Bulletin.id], "newest": [Bulletin.published_at, Bulletin.id]}
WITH_ROWS = (  # what rows.to_advisory() reads
    selectinload(Bulletin.products).selectinload(AffectedProduct.named_releases),
    selectinload(Bulletin.mitigations),
    selectinload(Bulletin.known_issues),
    selectinload(Bulletin.vulnerabilities).options(
        joinedload(BulletinVulnerability.vulnerability).joinedload(Vulnerability.exploitations),  # few
        selectinload(BulletinVulnerability.remediations),
    ),
)
SUPERSEDES = "supersedes"  # kind of a link between posts
MAX_FACETED = 500  # newest bulletins whose vendors are counted
MAX_SUPERSEDING_UPDATES = 500
MAX_REVISIONS = 2_000  # in the history of a document
OPEN_TLP = ("", "WHITE", "CLEAR")  # labels of documents that everybody may read
POST_ID = re.compile(r"[0-9]{1,9}$")


@dataclass
class AlertFacts:
    """What an alert says of a bulletin; the caller adds the reasons."""

    id: int
    reference: str
    title: str
    path: str
    severity: str
    is_exploited: bool
    has_fix: bool  # no statement that there is none
    published_at: datetime | None
    product_ids: set[int] = field(default_factory=set)
    reasons: list[str] = field(default_factory=list)
    fix_state: str = ""  # one of fixes.FIX_STATES
    document_status: str = "final"  # final, interim or withdrawn


def public() -> Select:
    """SELECT of public bulletins, without a condition on `kind`, so that the indexes of bulletins sort."""
    return select(Bulletin).where(Bulletin.is_public)


def alert_facts(ids: Iterable[int]) -> list[AlertFacts]:
    """Facts for alerts about the public ones of these bulletins, the most urgent first; two queries.

    `product_ids` are all affected products of the catalogue, of a withdrawn bulletin those that it said were
    affected; concerned_ids() knows who has them. Informational bulletins are in no alert.
    """
    found = {
        row.id: AlertFacts(
            row.id,
            row.reference,
            row.title,
            row.url,
            row.severity,
            row.is_exploited,
            not row.is_unpatched,
            row.published_at,
            fix_state=row.fix_state,
            document_status=row.document_status,
        )
        for row in db.session.scalars(
            public()
            .where(Bulletin.id.in_(list(ids)), ~Bulletin.is_informational)
            .order_by(Bulletin.priority.desc(), Bulletin.id.desc())
        )
    }
    for bulletin_id, product_id in db.session.execute(
        select(AffectedProduct.bulletin_id, AffectedProduct.product_id)
        .distinct()
        .where(
            AffectedProduct.bulletin_id.in_(found),
            or_(
                AffectedProduct.status == AFFECTED,
                AffectedProduct.bulletin_id.in_(_withdrawn(found.values())),
            ),
        )
    ):
        if product_id is not None:
            found[bulletin_id].product_ids.add(product_id)
    return list(found.values())


def _withdrawn(found: Iterable[AlertFacts]) -> list[int]:
    return [facts.id for facts in found if facts.document_status == "withdrawn"]


def concerned_ids(user: User, ids: Iterable[int]) -> set[int]:
    """Those of the bulletins that affect, or may affect, something that `user` has."""
    wanted = list(ids)
    found: set[int] = set()
    for start in range(0, len(wanted), MAX_FACETED):
        batch = wanted[start : start + MAX_FACETED]
        found.update(
            db.session.scalars(
                filters.named_bulletin_ids().where(
                    AffectedProduct.bulletin_id.in_(batch), is_installed_by(user)
                )
            )
        )
    return found


def get_bulletin(reference: str, user: User | Visitor) -> Bulletin | None:
    """The bulletin with all its rows, if `user` may see it: moderators see drafts too.

    `reference` is RB-yyyy-nnn in any case, or the id of the post.
    """
    return db.session.scalar(
        _visible(reference, user).options(
            *WITH_ROWS,
            selectinload(Bulletin.products).joinedload(AffectedProduct.product),
            selectinload(Bulletin.products)
            .selectinload(AffectedProduct.named_releases)
            .joinedload(AffectedRelease.release)
            .selectinload(Release.phases),
            selectinload(Bulletin.mitigations).joinedload(Mitigation.article),
        )
    )


def find_bulletin(reference: str, user: User | Visitor) -> Bulletin | None:
    """The same without its rows: what an edit needs, which loads them once it has the lock."""
    return db.session.scalar(_visible(reference, user))


def get_bulletin_page(reference: str, user: User | Visitor) -> Bulletin | None:
    """A bulletin without its products (product_queries), with its rendered texts: what its page shows."""
    return db.session.scalar(
        _visible(reference, user)
        .options(
            *WITH_ROWS[1:],
            selectinload(Bulletin.vulnerabilities).defer(BulletinVulnerability.status),
            selectinload(Bulletin.mitigations).joinedload(Mitigation.article),
            undefer(Bulletin.texts_html),
        )
        .execution_options(populate_existing=True)
    )


def _visible(reference: str, user: User | Visitor) -> Select:
    is_visible = or_(visible_to(user, Bulletin), true()) if user.is_moderator else visible_to(user, Bulletin)
    is_meant = (
        Bulletin.id == int(reference) if POST_ID.match(reference) else Bulletin.reference == reference.upper()
    )
    return select(Bulletin).where(is_meant, is_visible).options(joinedload(Bulletin.author))


def get_whole(bulletin_id: int) -> Bulletin:
    """A bulletin with all its rows, whoever may see it; reloads it. Raises NoResultFound."""
    return _reloaded(bulletin_id, WITH_ROWS)


def get_without_products(bulletin_id: int) -> Bulletin:
    """The same without its products, which may be many."""
    return _reloaded(bulletin_id, WITH_ROWS[1:])


def count_products(bulletin_id: int) -> int:
    """How many products a bulletin names."""
    counted = select(func.count(AffectedProduct.id)).where(AffectedProduct.bulletin_id == bulletin_id)
    return db.session.scalar(counted) or 0


def _reloaded(bulletin_id: int, options: Sequence[ExecutableOption]) -> Bulletin:
    return db.session.scalars(
        select(Bulletin)
        .where(Bulletin.id == bulletin_id)
        .options(*options)
        .execution_options(populate_existing=True)
    ).one()


def drafts(limit: int = 100) -> list[Bulletin]:
    """Unpublished bulletins, the scheduled ones first."""
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
    after: paging.PageStart = None,
    size: int = PAGE_SIZE,
    with_mitigations: bool = False,
    with_tags: bool = False,
) -> paging.Page:
    """A page of public bulletins in one of the SORTS; tags and mitigations are loaded on demand."""
    statement = public().where(*filters.conditions(wanted))
    if not with_tags:
        statement = statement.options(lazyload(Post.tags))
    if with_mitigations:
        statement = statement.options(selectinload(Bulletin.mitigations), selectinload(Bulletin.products))
    return paging.keyset(statement, SORTS[sort], after=after, size=size, changed=changed_in(Bulletin))


def end_of_life_releases(found: Iterable[Bulletin]) -> dict[int, list[Release]]:
    """By bulletin id: the affected releases past their end of life; one query for a page."""
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
    """Number of bulletins by vendor, among the MAX_FACETED newest public ones; the largest first."""
    newest = (
        public()
        .with_only_columns(Bulletin.id)
        .where(Bulletin.kind == "bulletin")  # known to statistics: PostgreSQL reads all posts otherwise
        .order_by(Bulletin.published_at.desc(), Bulletin.id.desc())
        .limit(MAX_FACETED)
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
    return dict(db.session.execute(rows).tuples().all())


def newest(wanted: Filter, limit: int = 40) -> list[Bulletin]:
    """The newest public bulletins that match a filter."""
    return bulletins(wanted, "newest", size=limit).items


def by_references(references: Iterable[str]) -> list[Bulletin]:
    """The bulletins with these references, drafts included, sorted by reference."""
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
    """References, by id, of the bulletins that this one supersedes, whoever may see them."""
    rows = (
        select(Bulletin.id, Bulletin.reference)
        .join(PostLink, PostLink.target_id == Bulletin.id)
        .where(PostLink.source_id == bulletin.id, PostLink.kind == SUPERSEDES)
        .order_by(Bulletin.reference)
    )
    return dict(db.session.execute(rows).tuples().all())


def _with_own_document() -> Select:
    """SELECT of bulletins with a document in the provider's lists: ours, and those changed or added to here.

    Their TLP label lets everybody read them.
    """
    return public().where(
        Bulletin.tlp.in_(OPEN_TLP),
        or_(
            Bulletin.is_own,
            Bulletin.is_edited,
            Bulletin.mitigations.any(Mitigation.is_ours),
            Bulletin.known_issues.any(),
        ),
    )


def published_documents(limit: int = 50_000) -> list[Row]:
    """Rows for the lists of the CSAF provider, which has documents of this site only."""
    return list(
        db.session.execute(
            _with_own_document()
            .with_only_columns(
                Bulletin.document_path,
                Bulletin.reference,
                Bulletin.title,
                Bulletin.tlp,
                Bulletin.published_at,
                Bulletin.edited_at,
            )
            .order_by(Bulletin.published_at.desc())
            .limit(limit)
        )
    )


def by_document_path(path: str) -> Bulletin | None:
    """The bulletin whose document in the provider's lists has this path below /csaf/, with all its rows."""
    return db.session.scalar(_with_own_document().where(Bulletin.document_path == path).options(*WITH_ROWS))


def open_bulletin(reference: str) -> Bulletin | None:
    """The public bulletin whose TLP label lets everybody read it, with all its rows."""
    statement = public().where(Bulletin.reference == reference.upper(), Bulletin.tlp.in_(OPEN_TLP))
    return db.session.scalar(statement.options(*WITH_ROWS))


def has_own_document(bulletin: Bulletin) -> bool:
    """The same rule for a bulletin with its mitigations and known issues, without a query."""
    return (
        bulletin.is_public
        and bulletin.tlp in OPEN_TLP
        and (
            bulletin.is_own
            or bulletin.is_edited
            or bool(bulletin.known_issues)
            or any(each.is_ours for each in bulletin.mitigations)
        )
    )


def revisions_of(bulletin: Bulletin, limit: int = MAX_REVISIONS) -> list[Row]:
    """(number, created_at, summary) of the first revisions of a bulletin, in order."""
    return list(
        db.session.execute(
            select(Revision.number, Revision.created_at, Revision.summary)
            .where(Revision.post_id == bulletin.id)
            .order_by(Revision.number)
            .limit(limit)
        )
    )


def superseding_updates(updates: Iterable[str]) -> dict[str, list[tuple[str, str]]]:
    """By update (KB5026361): the later updates that supersede it, each with the reference of its bulletin."""
    wanted = [update for update in updates if update]
    if not wanted:
        return {}
    rows = db.session.execute(
        select(Remediation.supersedes, Remediation.update, Bulletin.reference)
        .distinct()
        .join(BulletinVulnerability, BulletinVulnerability.id == Remediation.bulletin_vulnerability_id)
        .join(Bulletin, Bulletin.id == BulletinVulnerability.bulletin_id)
        .where(Bulletin.is_public, Remediation.supersedes.in_(wanted), Remediation.update != "")
        .limit(MAX_SUPERSEDING_UPDATES)
    )
    found: dict[str, list[tuple[str, str]]] = {}
    for old, new, reference in sorted(rows):
        if new not in [known for known, _ in found.setdefault(old, [])]:
            found[old].append((new, reference))
    return found
