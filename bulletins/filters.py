"""How lists of bulletins are filtered, as SQL conditions."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import (
    ColumnElement,
    ColumnExpressionArgument,
    Select,
    String,
    and_,
    exists,
    or_,
    select,
    type_coerce,
)

from auth.models import User
from bulletins.fixes import NO_FIX, NOT_STATED
from bulletins.models import AffectedProduct, AffectedRelease, Bulletin
from bulletins.priority import EXPLOITED
from bulletins.verdicts.queries import is_installed_by
from bulletins.vulnerability_models import BulletinVulnerability, Vulnerability
from products.inventories.queries import OneInventory
from products.lifecycle.phases import SECURITY
from products.models import LifecyclePhase, Product
from products.queries import today

AFFECTED = "affected"  # AffectedProduct.status


@dataclass(frozen=True)
class Filter:
    """Which bulletins a list contains. With a product or an owner, the three states of fixes refer to it.

    `unfixed`: the issuer says that there is no fix (or an affected release is past its end of life);
    `not_stated`: no fix is named and none denied; `fixed`: neither of them.
    `end_of_life`: only those that affect a release past its end of life.
    `owner`: only those that affect a product of this member, or of one inventory.
    """

    severity: str = ""
    exploited: bool = False
    unfixed: bool = False
    not_stated: bool = False
    fixed: bool = False
    end_of_life: bool = False
    product: str = ""
    vendor: str = ""
    month: str = ""
    cve: str = ""
    owner: User | OneInventory | None = None


def conditions(wanted: Filter) -> list[ColumnExpressionArgument[bool]]:
    """The filter as SQL conditions; those on affected products must all hold for one AffectedProduct."""
    found: list[ColumnExpressionArgument[bool]] = []
    if wanted.severity:
        found.append(Bulletin.severity == wanted.severity)
    if wanted.month:
        found.append(Bulletin.release_month == wanted.month)
    if wanted.exploited:
        found.append(Bulletin.priority >= EXPLOITED)
    if wanted.cve:
        found.append(
            Bulletin.id.in_(
                select(BulletinVulnerability.bulletin_id)
                .join(BulletinVulnerability.vulnerability)
                .where(Vulnerability.cve == wanted.cve.upper())
            )
        )
    rows = _row_conditions(wanted)
    if wanted.unfixed and not (wanted.product or wanted.owner):
        found.append(Bulletin.is_unpatched)
    if wanted.not_stated and not (wanted.product or wanted.owner):
        found.append(Bulletin.fix_state == NOT_STATED)
    if wanted.product or wanted.vendor or wanted.owner:  # few enough to be looked up first
        ids = named_bulletin_ids() if wanted.owner else affected_bulletin_ids()
        found.append(Bulletin.id.in_(ids.where(*rows)))
    elif rows:
        found.append(
            exists().where(
                AffectedProduct.bulletin_id == Bulletin.id, AffectedProduct.status == AFFECTED, *rows
            )
        )
    if wanted.owner and (wanted.fixed or wanted.not_stated):
        others = _is_unfixed() | _is_not_stated() if wanted.fixed else _is_unfixed()
        found.append(Bulletin.id.not_in(named_bulletin_ids().where(is_installed_by(wanted.owner), others)))
    return found


def _row_conditions(wanted: Filter) -> list[ColumnExpressionArgument[bool]]:
    """The part of a filter that one AffectedProduct must meet."""
    found: list[ColumnExpressionArgument[bool]] = []
    if wanted.product:
        found.append(AffectedProduct.product_id.in_(select(Product.id).where(Product.slug == wanted.product)))
    if wanted.vendor:
        found.append(AffectedProduct.vendor_key == wanted.vendor.casefold())
    if wanted.owner:
        found.append(is_installed_by(wanted.owner))
    if wanted.end_of_life:
        found.append(is_end_of_life(today()))
    if wanted.unfixed and (wanted.product or wanted.owner):
        found.append(_is_unfixed())
    if wanted.not_stated and (wanted.product or wanted.owner):
        found.append(_is_not_stated())
    return found


def _is_unfixed() -> ColumnElement[bool]:
    return or_(AffectedProduct.fix_state == NO_FIX, is_end_of_life(today()))


def _is_not_stated() -> ColumnElement[bool]:
    return AffectedProduct.fix_state == NOT_STATED


def affected_bulletin_ids() -> Select:
    """SELECT of the ids of bulletins that affect a product, to be narrowed by conditions on it."""
    return named_bulletin_ids().where(AffectedProduct.status == AFFECTED)


def named_bulletin_ids() -> Select:
    """SELECT of the ids of bulletins that name a product, whatever they say of it."""
    return select(AffectedProduct.bulletin_id).join(AffectedProduct.bulletin)


def is_end_of_life(day: date) -> ColumnElement[bool]:
    """SQL condition on an AffectedProduct of a Bulletin: on `day`, all releases are past their end of life.

    A release with a fix counts as supported when the fix came out before the end of its security support;
    later fixes are for customers of paid extensions only.
    """
    ends = LifecyclePhase.ends
    month = Bulletin.__table__.c.release_month
    has_ended = (
        select(LifecyclePhase.id)
        .correlate(AffectedRelease, AffectedProduct, Bulletin.__table__)
        .where(
            LifecyclePhase.release_id == AffectedRelease.release_id,
            LifecyclePhase.kind == SECURITY,
            or_(ends < day, ends.in_([True])),
            or_(~AffectedProduct.has_fix, ends.in_([True]), type_coerce(ends, String) < month),
        )
        .exists()
    )
    named = (
        select(AffectedRelease.release_id)
        .correlate(AffectedProduct, Bulletin.__table__)
        .where(AffectedRelease.affected_product_id == AffectedProduct.id)
    )
    return and_(named.where(has_ended).exists(), ~named.where(~has_ended).exists())
