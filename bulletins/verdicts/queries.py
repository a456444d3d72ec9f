"""Reads of verdicts: which bulletins concern what a member has, and why."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.orm import joinedload, selectinload

from auth.models import User, Visitor
from bulletins.models import AffectedProduct, AffectedRelease, Bulletin
from bulletins.verdicts.models import (
    APPROVED,
    OTHER_PRODUCT,
    PROPOSED,
    RANGE,
    SAME_PRODUCT,
    AffectedName,
    Correction,
    VersionVerdict,
)
from bulletins.verdicts.statements import statements_of
from bulletins.vulnerability_models import BulletinVulnerability
from core.database.db import db
from inventory.versions import queries as version_queries
from inventory.versions.models import InstalledComponent, InstalledVersion
from inventory.versions.verdicts import ALARMS, UNKNOWN, Rules, Statement, Verdict, verdict_on, worst
from products.inventories.queries import Owner, is_used_by
from products.models import OwnedRelease

MAX_SHOWN = 50  # versions on the page of a bulletin
MAX_LISTED = 200  # corrections


def is_installed_by(user: Owner) -> ColumnElement[bool]:
    """SQL condition on an AffectedProduct: it concerns a version that `user` has, or may do so.

    Entries without a stored version count by release, and as a whole where a range of versions is named.
    """
    compared = select(VersionVerdict.affected_product_id).where(
        VersionVerdict.version_id.in_(
            select(InstalledComponent.version_id).where(version_queries.is_mine(user))
        ),
        VersionVerdict.state.in_(ALARMS),
    )
    return or_(AffectedProduct.id.in_(compared), _is_run_without_version(user))


def _is_run_without_version(user: Owner) -> ColumnElement[bool]:
    has_version = (
        exists()
        .where(
            InstalledComponent.owned_id == OwnedRelease.id,
            InstalledComponent.version_id == InstalledVersion.id,
            InstalledVersion.compared_at.is_not(None),
        )
        .correlate(OwnedRelease)
    )
    mine = select(OwnedRelease.product_id).where(is_used_by(user), ~has_version)
    return (
        (AffectedProduct.status == "affected")
        & AffectedProduct.product_id.in_(mine)
        & exists().where(
            is_used_by(user),
            OwnedRelease.product_id == AffectedProduct.product_id,
            ~has_version,
            or_(
                OwnedRelease.release_id.is_(None),
                AffectedProduct.is_whole,
                AffectedProduct.named_releases.any(AffectedRelease.release_id == OwnedRelease.release_id),
            ),
        )
    )


def uncertain_ids(user: Owner, bulletin_ids: Collection[int]) -> set[int]:
    """Those of the bulletins that concern `user` only by unknown verdicts."""
    if not bulletin_ids:
        return set()
    mine = select(InstalledComponent.version_id).where(version_queries.is_mine(user))
    rows = db.session.execute(
        select(AffectedProduct.bulletin_id, VersionVerdict.state)
        .distinct()
        .join(VersionVerdict, VersionVerdict.affected_product_id == AffectedProduct.id)
        .where(AffectedProduct.bulletin_id.in_(bulletin_ids), VersionVerdict.version_id.in_(mine))
    )
    states: dict[int, set[str]] = {}
    for bulletin_id, state in rows:
        states.setdefault(bulletin_id, set()).add(state)
    return {bulletin_id for bulletin_id, found in states.items() if found == {UNKNOWN}}


def rules(bulletin_id: int | None = None) -> Rules:
    """The approved corrections; the ranges are those of one bulletin."""
    pairs: dict[str, set[tuple[str, str]]] = {OTHER_PRODUCT: set(), SAME_PRODUCT: set()}
    for kind, installed_key, named_key in db.session.execute(
        select(Correction.kind, Correction.installed_key, Correction.named_key).where(
            Correction.status == APPROVED, Correction.kind.in_(list(pairs))
        )
    ):
        pairs[kind].add((installed_key, named_key))
    ranges = ranges_of([bulletin_id]).get(bulletin_id, {}) if bulletin_id is not None else {}
    return Rules(frozenset(pairs[OTHER_PRODUCT]), frozenset(pairs[SAME_PRODUCT]), ranges)


def ranges_of(bulletin_ids: Collection[int]) -> dict[int, dict[str, str]]:
    """The approved ranges by bulletin and key of the product; the last one counts."""
    found: dict[int, dict[str, str]] = {}
    for row in db.session.execute(
        select(Correction.bulletin_id, Correction.product_key, Correction.versions)
        .where(
            Correction.status == APPROVED,
            Correction.kind == RANGE,
            Correction.bulletin_id.in_(bulletin_ids),
        )
        .order_by(Correction.decided_at, Correction.id)
    ):
        found.setdefault(row.bulletin_id, {})[row.product_key] = row.versions
    return found


def rows_of(bulletin_ids: Collection[int]) -> Select[AffectedProduct]:
    """SELECT of the products of bulletins with all that statements need."""
    return (
        select(AffectedProduct)
        .where(AffectedProduct.bulletin_id.in_(bulletin_ids))
        .options(selectinload(AffectedProduct.named_releases))
        .order_by(AffectedProduct.bulletin_id, AffectedProduct.position)
    )


def vulnerabilities_of(bulletin_ids: Collection[int]) -> dict[int, list[BulletinVulnerability]]:
    """The vulnerabilities of bulletins, with remediations, by id of the bulletin."""
    found: dict[int, list[BulletinVulnerability]] = {}
    for row in db.session.scalars(
        select(BulletinVulnerability)
        .where(BulletinVulnerability.bulletin_id.in_(bulletin_ids))
        .options(
            joinedload(BulletinVulnerability.vulnerability),
            selectinload(BulletinVulnerability.remediations),
        )
        .order_by(BulletinVulnerability.bulletin_id, BulletinVulnerability.position)
    ):
        found.setdefault(row.bulletin_id, []).append(row)
    return found


@dataclass(frozen=True)
class Finding:
    """What a bulletin says of one installed version, and the product that decides."""

    version: InstalledVersion
    verdict: Verdict
    row: AffectedProduct
    statement: Statement


def findings(bulletin: Bulletin, user: User | Visitor) -> list[Finding]:
    """What a bulletin says of what `user` has, the most urgent first; at most MAX_SHOWN versions."""
    if not user.is_authenticated:
        return []
    keys = select(AffectedName.key).where(AffectedName.bulletin_id == bulletin.id)
    named = select(AffectedProduct.product_id).where(
        AffectedProduct.bulletin_id == bulletin.id, AffectedProduct.product_id.is_not(None)
    )
    versions = version_queries.mine_with_keys(user, keys, named, limit=MAX_SHOWN)
    if not versions:
        return []
    products = db.session.scalars(rows_of([bulletin.id])).all()
    statements = statements_of(products, vulnerabilities_of([bulletin.id]).get(bulletin.id, []))
    return findings_on(versions, products, statements, rules(bulletin.id))


def pair(bulletin: Bulletin, version: InstalledVersion, row: AffectedProduct) -> Finding:
    """A version and a product that somebody says are the same; the verdict is unknown."""
    products = db.session.scalars(rows_of([bulletin.id])).all()
    vulnerabilities = vulnerabilities_of([bulletin.id]).get(bulletin.id, [])
    (statement,) = statements_of([row], vulnerabilities, all_products=products)
    return Finding(version, Verdict(UNKNOWN, "version_unknown"), row, statement)


def findings_on(
    versions: Iterable[InstalledVersion],
    products: Sequence[AffectedProduct],
    statements: Sequence[Statement],
    known: Rules,
) -> list[Finding]:
    """The worst verdict on each version that the statements are about."""
    found = []
    for version in versions:
        verdicts = verdict_on(version.installed, statements, known)
        decisive = worst(verdicts)
        if decisive is not None:
            place = verdicts.index(decisive)
            found.append(Finding(version, decisive, products[place], statements[place]))
    order = {
        state: place for place, state in enumerate(("affected", "unknown", "distribution", "not_affected"))
    }
    return sorted(found, key=lambda each: order[each.verdict.state])


def corrections(status: str, limit: int = MAX_LISTED) -> list[Correction]:
    """Corrections of a status: proposed ones oldest first, the others newest first."""
    order = Correction.id if status == PROPOSED else Correction.id.desc()
    return list(
        db.session.scalars(
            select(Correction)
            .where(Correction.status == status)
            .options(
                joinedload(Correction.bulletin),
                joinedload(Correction.proposed_by),
                joinedload(Correction.decided_by),
            )
            .order_by(order)
            .limit(limit)
        )
    )


def get_correction(correction_id: int) -> Correction | None:
    """A correction, with its bulletin."""
    return db.session.scalar(
        select(Correction)
        .where(Correction.id == correction_id)
        .options(joinedload(Correction.bulletin), joinedload(Correction.proposed_by))
    )


def same_proposal(correction: Correction) -> bool:
    """Whether an equal correction is proposed or approved already."""
    return bool(
        db.session.scalar(
            select(
                exists().where(
                    and_(
                        Correction.kind == correction.kind,
                        Correction.status.in_((PROPOSED, APPROVED)),
                        Correction.bulletin_id == correction.bulletin_id,
                        Correction.installed_key == correction.installed_key,
                        Correction.named_key == correction.named_key,
                        Correction.product_key == correction.product_key,
                        Correction.versions == correction.versions,
                    )
                )
            )
        )
    )
