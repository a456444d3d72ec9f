"""Reads of vulnerabilities: which one a name stands for, and what public bulletins state about it.

Only public bulletins count, whoever asks: a draft or hidden bulletin adds no name, no score and no page. KEV
is a public catalogue, so that an entry there is a page too; EPSS alone is none, as it is stored only for CVEs
that some bulletin names.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, Row, case, func, select
from sqlalchemy.orm import joinedload, lazyload, load_only, selectinload

from auth.models import User, Visitor
from bulletins.models import AffectedProduct, Bulletin
from bulletins.vulnerabilities import names
from bulletins.vulnerability_models import BulletinVulnerability, Vulnerability, VulnerabilityAlias
from core.database.db import db
from core.web.site import path_to
from posts.models import Post
from search import queries as search_queries

MAX_STATEMENTS = 60  # bulletins on one page, the newest
MAX_LINKS = 2_000  # rows of other names that are followed
MAX_PRODUCTS = 60  # of one bulletin
MAX_MENTIONS = 20
SITEMAP_IDS = 10_000  # in a part of the site map


@dataclass(frozen=True)
class Resolved:
    """What a name stands for: `name` is that of the page; with several `candidates` it is ambiguous.

    `statement_ids` are rows of BulletinVulnerability of public bulletins; `shared` has KEV and EPSS.
    """

    name: str
    aliases: tuple[str, ...] = ()
    statement_ids: tuple[int, ...] = ()
    shared: Vulnerability | None = None
    candidates: tuple[str, ...] = ()

    @property
    def is_known(self) -> bool:
        """Whether there is anything public to show."""
        return bool(self.statement_ids or (self.shared is not None and self.shared.kev_added_on))

    @property
    def path(self) -> str:
        """The path of its page."""
        return page_path(self.name)


@dataclass(frozen=True)
class Statement:
    """What one public bulletin states about a vulnerability; `products` are at most MAX_PRODUCTS rows."""

    row: BulletinVulnerability
    bulletin: Bulletin
    products: list[Row] = field(default_factory=list)


def page_path(name: str) -> str:
    """The path of the page of a vulnerability."""
    return path_to("vulnerabilities.vulnerability", vulnerability=name)


def resolve(text: str) -> Resolved | None:
    """What a name stands for; None for a text that is no name of a vulnerability. At most five queries.

    A name that public bulletins state for several CVEs is ambiguous. On the page of a CVE are all bulletins
    that name it, and those without a CVE that share an unambiguous name with it.
    """
    name = names.normalize(text)
    if not name:
        return None
    if not names.is_cve(name):
        found = _of_alias(name)
        if found is not None:
            return found
    return _of_cve(name)


def _of_alias(name: str) -> Resolved | None:
    """What a name that is no CVE stands for; None for the page of that name when nothing states it."""
    links = _links(VulnerabilityAlias.name == name)
    if not links:
        return None
    cves = {link.cve for link in links if link.cve}
    alone = [link.id for link in links if not link.cve]
    siblings = _links(VulnerabilityAlias.bulletin_vulnerability_id.in_(alone)) if alone else []
    cves |= {link.name for link in siblings if names.is_cve(link.name)}
    if len(cves) > 1:
        return Resolved(name, candidates=tuple(sorted(cves)))
    if cves:
        return _of_cve(cves.pop())
    aliases = names.by_preference(link.name for link in siblings)
    more = _links(VulnerabilityAlias.name.in_(aliases))
    ids = sorted({link.id for link in more if not link.cve})
    return Resolved(aliases[0], tuple(aliases[1:]), tuple(ids))


def _of_cve(cve: str) -> Resolved:
    shared = db.session.scalar(
        select(Vulnerability)
        .where(Vulnerability.cve == cve)
        .options(selectinload(Vulnerability.exploitations))
    )
    named = _public_ids(BulletinVulnerability.vulnerability_id == shared.id) if shared is not None else []
    stated = _links(VulnerabilityAlias.bulletin_vulnerability_id.in_(named)) if named else []
    links = _links(VulnerabilityAlias.name.in_({cve, *(link.name for link in stated)}))
    owners: dict[str, set[str]] = {}
    for link in links:
        owners.setdefault(link.name, set()).update([link.cve] if link.cve else [])
    own = {name for name, cves in owners.items() if cves <= {cve}}
    joined = {link.id for link in links if not link.cve and link.name in own}
    ids = sorted({*named, *joined})
    aliases = names.by_preference(own - {cve})
    return Resolved(cve, tuple(aliases), tuple(ids), shared if ids or _is_in_kev(shared) else None)


def _is_in_kev(shared: Vulnerability | None) -> bool:
    return shared is not None and shared.kev_added_on is not None


def _links(condition: ColumnElement[bool]) -> list[Row]:
    """(id of the statement, name, its CVE) of the names that public bulletins state."""
    return list(
        db.session.execute(
            select(BulletinVulnerability.id, VulnerabilityAlias.name, Vulnerability.cve)
            .select_from(VulnerabilityAlias)
            .join(BulletinVulnerability, _is_of_statement())
            .join(Post, Post.id == BulletinVulnerability.bulletin_id)
            .outerjoin(Vulnerability, Vulnerability.id == BulletinVulnerability.vulnerability_id)
            .where(condition, Post.is_public)
            .limit(MAX_LINKS)
        )
    )


def _is_of_statement() -> ColumnElement[bool]:
    return BulletinVulnerability.id == VulnerabilityAlias.bulletin_vulnerability_id


def _public_ids(condition: ColumnElement[bool]) -> list[int]:
    """Ids of statements of public bulletins, those of the newest bulletins first."""
    return list(
        db.session.scalars(
            select(BulletinVulnerability.id)
            .join(Post, Post.id == BulletinVulnerability.bulletin_id)
            .where(condition, Post.is_public)
            .order_by(BulletinVulnerability.bulletin_id.desc())
            .limit(MAX_LINKS)
        )
    )


def statements(resolved: Resolved) -> list[Statement]:
    """What the MAX_STATEMENTS newest public bulletins state, the latest first; three queries."""
    if not resolved.statement_ids:
        return []
    pairs = db.session.execute(
        select(BulletinVulnerability, Bulletin)
        .join(Bulletin, Bulletin.id == BulletinVulnerability.bulletin_id)
        .where(BulletinVulnerability.id.in_(resolved.statement_ids), Bulletin.is_public)
        .options(
            selectinload(BulletinVulnerability.remediations),
            joinedload(BulletinVulnerability.vulnerability),
            lazyload(Bulletin.tags),
            load_only(
                Bulletin.kind,
                Bulletin.title,
                Bulletin.slug,
                Bulletin.reference,
                Bulletin.publisher,
                Bulletin.publisher_namespace,
                Bulletin.tracking_id,
                Bulletin.severity,
                Bulletin.published_at,
                Bulletin.vulnerability_count,
                Bulletin.withdrawn_reason,
                Bulletin.more,
            ),
        )
        .order_by(Bulletin.published_at.desc(), Bulletin.id.desc(), BulletinVulnerability.position)
        .limit(MAX_STATEMENTS)
    ).all()
    products = _products({bulletin.id for _row, bulletin in pairs})
    return [Statement(row, bulletin, products.get(bulletin.id, [])) for row, bulletin in pairs]


def _products(bulletin_ids: Iterable[int]) -> dict[int, list[Row]]:
    """The first MAX_PRODUCTS products of each bulletin, affected and fixed ones first."""
    order = case(
        (AffectedProduct.status == "affected", 0),
        (AffectedProduct.status == "fixed", 1),
        (AffectedProduct.status == "not_affected", 2),
        else_=3,
    )
    columns = (
        AffectedProduct.bulletin_id,
        AffectedProduct.key,
        AffectedProduct.name,
        AffectedProduct.version,
        AffectedProduct.product_id,
        AffectedProduct.position,
    )
    place = (
        func.row_number()
        .over(partition_by=AffectedProduct.bulletin_id, order_by=(order, AffectedProduct.position))
        .label("place")
    )
    ranked = select(*columns, place).where(AffectedProduct.bulletin_id.in_(bulletin_ids)).subquery()
    found: dict[int, list[Row]] = {}
    for row in db.session.execute(
        select(ranked).where(ranked.c.place <= MAX_PRODUCTS).order_by(ranked.c.bulletin_id, ranked.c.place)
    ):
        found.setdefault(row.bulletin_id, []).append(row)
    return found


def mentions(resolved: Resolved, user: User | Visitor) -> list[search_queries.Hit]:
    """Questions, answers and articles that name the vulnerability, as `user` may see them."""
    words = [name for name in (resolved.name, *resolved.aliases) if name.startswith(("CVE-", "GHSA-"))]
    if not words:
        words = [f'"{resolved.name}"']
    text = f"{' '.join(words[:8])} kind:question kind:answer kind:article"
    found = search_queries.search(text, user=user, size=MAX_MENTIONS, any_word=True)
    return found.hits


def sitemap_parts() -> int:
    """The number of parts of the site map with vulnerabilities, one for every SITEMAP_IDS ids."""
    last = max(
        db.session.scalar(select(func.max(column))) or 0
        for column in (Vulnerability.id, VulnerabilityAlias.id)
    )
    return (last + SITEMAP_IDS - 1) // SITEMAP_IDS


def sitemap(number: int) -> Iterator[tuple[str, datetime]]:
    """Paths and times of the last change of the pages in a part of the site map, numbered from 1."""
    first = (number - 1) * SITEMAP_IDS
    changed = func.max(func.coalesce(Post.edited_at, Post.last_activity_at))
    cves = (
        select(Vulnerability.cve, changed)
        .join(BulletinVulnerability, BulletinVulnerability.vulnerability_id == Vulnerability.id)
        .join(Post, Post.id == BulletinVulnerability.bulletin_id)
        .where(Vulnerability.id > first, Vulnerability.id <= first + SITEMAP_IDS, Post.is_public)
        .group_by(Vulnerability.id)
        .order_by(Vulnerability.id)
    )
    for cve, changed_at in db.session.execute(cves):
        yield page_path(cve), changed_at
    part = select(VulnerabilityAlias.bulletin_vulnerability_id).where(
        VulnerabilityAlias.id > first, VulnerabilityAlias.id <= first + SITEMAP_IDS
    )
    named: dict[int, list[str]] = {}
    times: dict[int, datetime] = {}
    for row in db.session.execute(
        select(BulletinVulnerability.id, VulnerabilityAlias.name, Post.last_activity_at)
        .select_from(VulnerabilityAlias)
        .join(BulletinVulnerability, _is_of_statement())
        .join(Post, Post.id == BulletinVulnerability.bulletin_id)
        .where(
            BulletinVulnerability.id.in_(part),
            BulletinVulnerability.vulnerability_id.is_(None),
            Post.is_public,
        )
    ):
        named.setdefault(row.id, []).append(row.name)
        times[row.id] = row.last_activity_at
    pages: dict[str, datetime] = {}
    for number_of_row, found in named.items():
        name = names.preferred(found)
        pages[name] = max(times[number_of_row], pages.get(name, times[number_of_row]))
    aliases_of_cves = (
        select(VulnerabilityAlias.name)
        .join(BulletinVulnerability, _is_of_statement())
        .join(Post, Post.id == BulletinVulnerability.bulletin_id)
        .where(BulletinVulnerability.vulnerability_id.is_not(None), Post.is_public)
    )
    elsewhere = set(db.session.scalars(aliases_of_cves.where(VulnerabilityAlias.name.in_(pages)).distinct()))
    for name in pages.keys() - elsewhere:
        yield page_path(name), pages[name]
