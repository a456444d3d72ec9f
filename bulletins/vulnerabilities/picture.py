"""One picture of a vulnerability from what several issuers state, and where they differ. Pure functions.

Nothing is averaged or chosen: every value keeps its issuer. What an issuer does not mention is "not stated",
which is no statement of the contrary.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import chain

from advisories import scores
from advisories.advisory import AFFECTED, FIXED, Reference
from advisories.codec import load
from bulletins import exploitation
from bulletins.bulletin_page import Rating, ratings
from bulletins.exploitation import Source
from bulletins.models import Bulletin
from bulletins.vulnerabilities.queries import Resolved, Statement
from bulletins.vulnerability_models import BulletinVulnerability

FIX_STATES = ("fixed", "no_fix", "not_stated", "not_affected", "rejected", "withdrawn")
PRODUCT_STATES = ("affected", "affected_fixed", "fixed", "not_affected", "under_investigation")
MAX_REFERENCES = 40
MAX_DIFFERENT_PRODUCTS = 20
MAX_THREAT_CHARACTERS = 2_000  # of a text that is searched
# "Exploited:No" (MSRC), "not known to be exploited", "no known exploitation", "not aware of any exploit".
_NOT_EXPLOITED = re.compile(
    r"\bexploited ?: ?no\b|\bnot (?:been |being |known to be |actively ){0,3}exploited\b"
    r"|\bno (?:known |public |active |evidence of ){1,3}(?:public |active ){0,2}exploit"
    r"|\bnot aware of any .{0,40}exploit",
    re.I,
)


@dataclass(frozen=True)
class ProductState:
    """A product as one issuer names it; `state` is one of PRODUCT_STATES, `fixed_in` builds and updates."""

    name: str
    version: str
    state: str
    fixed_in: tuple[str, ...] = ()
    product_id: int | None = None


@dataclass(frozen=True)
class IssuerView:
    """What one bulletin states; `fix` is one of FIX_STATES, `exploited` yes, no, or empty (not stated)."""

    statement: Statement
    severity: str
    ratings: list[Rating]
    fix: str
    fixed_in: tuple[str, ...]
    exploited: str
    products: list[ProductState]
    more_products: bool

    @property
    def counts(self) -> bool:
        """Whether it still stands: its document is not withdrawn."""
        return self.fix != "withdrawn"


@dataclass(frozen=True)
class Saying:
    """A value, and the bulletins that state it."""

    value: str
    views: tuple[IssuerView, ...]

    @property
    def by_publisher(self) -> list[tuple[str, list[Bulletin]]]:
        """The bulletins by publisher."""
        found: dict[str, list[Bulletin]] = {}
        for view in self.views:
            found.setdefault(view.statement.bulletin.publisher, []).append(view.statement.bulletin)
        return list(found.items())


@dataclass(frozen=True)
class Difference:
    """A fact on which issuers differ: score, severity, fix, product, exploited or rejected.

    `about` is the CVSS version or the product. labels.py has the labels of the values.
    """

    kind: str
    about: str
    sayings: tuple[Saying, ...]


@dataclass
class Picture:
    """Everything that the page and the API show; `title` and `severity` may be empty."""

    resolved: Resolved
    title: str = ""
    severity: str = ""
    views: list[IssuerView] = field(default_factory=list)
    exploited_by: list[Source] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    cwes: list[tuple[str, str]] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    updates: list[tuple[str, IssuerView]] = field(default_factory=list)

    @property
    def is_exploited(self) -> bool:
        """Whether any source says that it is exploited."""
        return bool(self.exploited_by)

    @property
    def fix_states(self) -> list[str]:
        """The distinct states of the fix that issuers state, in the order of FIX_STATES."""
        stated = {view.fix for view in self.views}
        return [state for state in FIX_STATES if state in stated]

    @property
    def shown_fix_states(self) -> list[str]:
        """The statements on fixes that the head of a page shows: the others only where there is none."""
        stated = [state for state in self.fix_states if state in ("fixed", "no_fix")]
        return stated or self.fix_states


def build(resolved: Resolved, statements: list[Statement]) -> Picture:
    """The picture of a vulnerability from queries.statements()."""
    views = [_view(each) for each in statements]
    valid = [view for view in views if view.counts]
    rows = [view.statement.row for view in valid] or [each.row for each in statements]
    references = {
        each.url: each
        for row in rows
        for each in load(list[Reference], row.more.get("references", []))
        if each.url
    }
    cwes = dict.fromkeys(tuple(row.more["cwe"]) for row in rows if row.more.get("cwe"))
    updates = {
        each.update: view
        for view in reversed(valid)
        for each in view.statement.row.remediations
        if each.update and each.kind == "vendor_fix"
    }
    return Picture(
        resolved,
        title=_title(views),
        severity=scores.worst(view.severity for view in valid if view.fix != "rejected"),
        views=views,
        exploited_by=_exploited_by(resolved, valid),
        differences=_differences(resolved, valid),
        cwes=list(cwes),
        references=list(references.values())[:MAX_REFERENCES],
        updates=sorted(updates.items()),
    )


def _title(views: list[IssuerView]) -> str:
    """The title of the oldest statement that has one of its own, else of a bulletin about nothing else."""
    for view in reversed(views):
        row = view.statement.row
        if row.title and row.title != row.cve:
            return row.title
    for view in reversed(views):
        if view.statement.bulletin.vulnerability_count == 1:
            return view.statement.bulletin.title
    return ""


def _view(statement: Statement) -> IssuerView:
    row = statement.row
    rated = ratings(row)
    severity = scores.worst(rating.severity for rating in rated)
    if not severity and statement.bulletin.vulnerability_count == 1:
        severity = statement.bulletin.severity
    products = [
        state
        for each in statement.products
        if (state := _product_state(row, each.key, each.name, each.version, each.product_id)) is not None
    ]
    named = sum(map(len, row.status.values()))
    return IssuerView(
        statement,
        severity,
        rated,
        _fix_state(statement, products),
        tuple(dict.fromkeys(chain.from_iterable(each.fixed_in for each in products)))[:12]
        or _fixed_in(row, None),
        _exploited_state(row),
        products,
        more_products=named > len(products),
    )


def _product_state(
    row: BulletinVulnerability, key: str, name: str, version: str, product_id: int | None
) -> ProductState | None:
    """The state of a product for this vulnerability; None if the document names none."""
    statuses = {status for status, keys in row.status.items() if key in keys}
    if not statuses:
        return None
    if statuses & set(AFFECTED):
        has_fix = any(
            each.kind == "vendor_fix" and (not each.product_ids or key in each.product_ids)
            for each in row.remediations
        )
        state = "affected_fixed" if has_fix else "affected"
    elif statuses & set(FIXED):
        state = "fixed"
    else:
        state = "not_affected" if "known_not_affected" in statuses else "under_investigation"
    return ProductState(name, version, state, _fixed_in(row, key), product_id)


def _fixed_in(row: BulletinVulnerability, key: str | None) -> tuple[str, ...]:
    """The builds, else the updates, that fix a product, or any product for None."""
    found = [
        each.fixed_build or each.update
        for each in row.remediations
        if each.kind == "vendor_fix" and (key is None or not each.product_ids or key in each.product_ids)
    ]
    return tuple(dict.fromkeys(filter(None, found)))[:12]


def _fix_state(statement: Statement, products: list[ProductState]) -> str:
    row = statement.row
    if statement.bulletin.document_status == "withdrawn":
        return "withdrawn"
    if row.is_rejected:
        return "rejected"
    if row.fix_state:
        return row.fix_state
    if products and all(each.state == "not_affected" for each in products):
        return "not_affected"
    return "not_stated"


def _exploited_state(row: BulletinVulnerability) -> str:
    if row.is_exploited or row.more.get("exploitation"):
        return "yes"
    texts = [each.get("details", "") for each in row.more.get("threats", ())]
    is_denied = any(_NOT_EXPLOITED.search(text[:MAX_THREAT_CHARACTERS]) for text in texts)
    return "no" if is_denied else ""


def _exploited_by(resolved: Resolved, views: list[IssuerView]) -> list[Source]:
    """Every source that says it is exploited, each once, those with a date first."""
    found = exploitation.listed_sources(resolved.shared) if resolved.shared is not None else []
    for view in views:
        for each in exploitation.stated_sources(view.statement.row):
            found.append(replace(each, name=each.name or view.statement.bulletin.publisher))
    return sorted(exploitation.merged(found), key=lambda each: (each.day or date.max, each.name))


def _differences(resolved: Resolved, views: list[IssuerView]) -> list[Difference]:
    valid = [view for view in views if view.fix != "rejected"]
    versions = sorted({_major(rating) for view in valid for rating in view.ratings})
    found = [
        _difference("rejected", "", _grouped((_yes_no(view.fix == "rejected"), view) for view in views)),
        *(
            _difference("score", version, _grouped((_base(view, version), view) for view in valid))
            for version in versions
        ),
        _difference("severity", "", _grouped((view.severity, view) for view in valid)),
        _difference(
            "fix",
            "",
            _grouped((view.fix if view.fix in ("fixed", "no_fix") else "", view) for view in valid),
        ),
        *_product_differences(valid),
        _exploited_difference(resolved, valid),
    ]
    return [each for each in found if each is not None]


def _grouped(pairs: Iterable[tuple[str, IssuerView]]) -> dict[str, list[IssuerView]]:
    """Views by value; an empty value is no statement."""
    found: dict[str, list[IssuerView]] = {}
    for value, view in pairs:
        if value and view not in found.setdefault(value, []):
            found[value].append(view)
    return found


def _difference(kind: str, about: str, groups: dict[str, list[IssuerView]]) -> Difference | None:
    """A difference between groups of views; None if all say the same."""
    if len(groups) < 2:
        return None
    return Difference(kind, about, tuple(Saying(value, tuple(group)) for value, group in groups.items()))


def _yes_no(holds: bool) -> str:
    return "yes" if holds else "no"


def _major(rating: Rating) -> str:
    """The major version of CVSS: scores of 3.0 and 3.1 can be compared, those of 2, 3 and 4 cannot."""
    return rating.version.partition(".")[0]


def _base(view: IssuerView, version: str) -> str:
    """The highest score that a view states in a major version of CVSS; empty without one."""
    bases = [
        rating.base if rating.base is not None else rating.stated
        for rating in view.ratings
        if _major(rating) == version
    ]
    return str(max(known)) if (known := [base for base in bases if base is not None]) else ""


def _product_differences(views: list[IssuerView]) -> list[Difference]:
    """Products that one issuer calls affected, and another fixed or not affected."""
    states: dict[tuple, dict[str, list[IssuerView]]] = {}
    for view in views:
        for each in view.products:
            if each.state != "under_investigation":
                groups = states.setdefault((each.name.casefold(), each.version.casefold()), {})
                if view not in groups.setdefault(each.state, []):
                    groups[each.state].append(view)
    found = []
    for (name, version), groups in states.items():
        said = set(groups)
        is_contrary = ("affected" in said and said & {"fixed", "affected_fixed"}) or (
            "not_affected" in said and said & {"affected", "affected_fixed"}
        )
        if is_contrary and len({id(view) for group in groups.values() for view in group}) > 1:
            shown = next(
                each
                for each in chain.from_iterable(view.products for view in views)
                if (each.name.casefold(), each.version.casefold()) == (name, version)
            )
            label = shown.name if shown.name.endswith(shown.version) else f"{shown.name} {shown.version}"
            found.append(_difference("product", label, groups))
    return [each for each in found if each is not None][:MAX_DIFFERENT_PRODUCTS]


def _exploited_difference(resolved: Resolved, views: list[IssuerView]) -> Difference | None:
    """Who says that it is exploited, who denies it, and who does not mention it, where somebody says so."""
    groups = _grouped((view.exploited or "not_stated", view) for view in views)
    is_listed = resolved.shared is not None and resolved.shared.kev_added_on is not None
    if "yes" not in groups and not is_listed:
        return None
    if is_listed:
        groups = {"kev": [], **groups}
    others = set(groups) - {"yes", "kev"}
    return _difference("exploited", "", groups) if others else None
