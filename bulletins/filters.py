"""How lists of bulletins are filtered, as SQL conditions."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, String, and_, exists, or_, select, type_coerce

from auth.models import User
from bulletins.models import AffectedProduct, AffectedRelease, Bulletin
from bulletins.priority import EXPLOITED
from bulletins.vulnerability_models import BulletinVulnerability, Vulnerability
from products.lifecycle.phases import SECURITY
from products.models import LifecyclePhase, OwnedRelease, Product
from products.queries import today

AFFECTED = "affected"  # AffectedProduct.status


@dataclass(frozen=True)
class Filter:
    """What a list is narrowed to. `unfixed` and `fixed` speak of the products asked for, if any are."""

    severity: str = ""
    exploited: bool = False
    unfixed: bool = False
    fixed: bool = False
    past_life: bool = False
    product: str = ""
    vendor: str = ""
    month: str = ""
    cve: str = ""
    owner: User | None = None


def conditions(wanted: Filter) -> list[ColumnElement[bool]]:
    """The filter in SQL; what asks for affected products asks for all of it of one and the same row."""
    found = [
        column == value
        for column, value in ((Bulletin.severity, wanted.severity), (Bulletin.release_month, wanted.month))
        if value
    ]
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
    rows = [
        condition
        for condition, is_wanted in (
            (
                AffectedProduct.product_id.in_(select(Product.id).where(Product.slug == wanted.product)),
                wanted.product,
            ),
            (AffectedProduct.vendor_key == wanted.vendor.casefold(), wanted.vendor),
            (is_run_by(wanted.owner), wanted.owner),
            (is_end_of_life(today()), wanted.past_life),
        )
        if is_wanted
    ]
    if wanted.unfixed and (wanted.product or wanted.owner):
        rows.append(or_(~AffectedProduct.has_fix, is_end_of_life(today())))
    elif wanted.unfixed:
        found.append(Bulletin.is_unpatched)
    if wanted.product or wanted.vendor or wanted.owner:  # few enough to be looked up first
        found.append(Bulletin.id.in_(affected_bulletin_ids().where(*rows)))
    elif rows:
        found.append(
            exists().where(
                AffectedProduct.bulletin_id == Bulletin.id, AffectedProduct.status == AFFECTED, *rows
            )
        )
    if wanted.fixed and wanted.owner:
        open_rows = affected_bulletin_ids().where(
            is_run_by(wanted.owner), or_(~AffectedProduct.has_fix, is_end_of_life(today()))
        )
        found.append(Bulletin.id.not_in(open_rows))
    return found


def affected_bulletin_ids() -> Select:
    return (
        select(AffectedProduct.bulletin_id)
        .join(AffectedProduct.bulletin)
        .where(AffectedProduct.status == AFFECTED)
    )


def is_run_by(user) -> ColumnElement[bool] | None:
    """SQL condition on an AffectedProduct: `user` runs it; a range of versions affects all releases."""
    if user is None:
        return None
    mine = select(OwnedRelease.product_id).where(OwnedRelease.user_id == user.id)
    return AffectedProduct.product_id.in_(mine) & exists().where(
        OwnedRelease.user_id == user.id,
        OwnedRelease.product_id == AffectedProduct.product_id,
        or_(
            OwnedRelease.release_id.is_(None),
            AffectedProduct.is_whole,
            AffectedProduct.named_releases.any(AffectedRelease.release_id == OwnedRelease.release_id),
        ),
    )


def is_end_of_life(day: date) -> ColumnElement[bool]:
    """SQL condition on an AffectedProduct of a Bulletin: no release it is gets security fixes on `day`.

    A fix that the bulletin names helps when it came in the release's life; what came later is for those who
    pay for an extension.
    """
    ends, month = LifecyclePhase.ends, Bulletin.__table__.c.release_month
    is_gone = (
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
    return and_(named.where(is_gone).exists(), ~named.where(~is_gone).exists())
