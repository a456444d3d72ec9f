"""Which vulnerabilities and products of an advisory have a fix. Pure functions.

Three states: fixed, no fix (which the issuer says), and not stated. A vendor fix counts for the products it
names, or for all when it names none; so does the statement that there is no fix. Derived fixes
(Remedy.origin) count like stated ones. Where both name a product, the fix counts: statements of no fix are
often older. Absence of a remedy is no statement.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import chain

from advisories.advisory import AFFECTED, FIXED, Advisory, Note, Remedy, Vulnerability
from advisories.fixed_versions import NO_FIX as NO_FIX_KINDS
from advisories.wording import is_measure_only, no_action_sentence

FIXED_STATE = "fixed"
NO_FIX = "no_fix"
NOT_STATED = "not_stated"
NOTHING_TO_FIX = ""
FIX_STATES = (FIXED_STATE, NOT_STATED, NO_FIX)  # ascending: the worst one counts for a whole
NOT_AFFECTED = "known_not_affected"
UNDER_INVESTIGATION = "under_investigation"
CUSTOMER_ACTION = ("customer action", "customer action required")  # titles of such notes of Microsoft


def products_with_status(vulnerability: Vulnerability, statuses: tuple[str, ...]) -> set[str]:
    """Ids of the products with one of these statuses."""
    return set(chain.from_iterable(vulnerability.status.get(status, ()) for status in statuses))


def needs_no_action(vulnerability: Vulnerability) -> bool:
    """Whether the issuer says that customers need not act: a flaw of a cloud service that is corrected there.

    An update that customers can install contradicts it, so that it does not count then.
    """
    if any(remedy.kind == "vendor_fix" and remedy.update for remedy in vulnerability.remedies):
        return False
    return any(map(_says_no_action, vulnerability.notes))


def _says_no_action(note: Note) -> bool:
    words = note.text.strip().strip(".").casefold()
    if note.title.strip().casefold() in CUSTOMER_ACTION:
        return words == "no" or words.startswith("not required")
    return bool(no_action_sentence(note.text))


def concerns_any(vulnerability: Vulnerability) -> bool:
    """Whether somebody may have to act: not if it was rejected, or affects nothing, or nobody need act."""
    statuses = {status for status, ids in vulnerability.status.items() if ids}
    return not vulnerability.is_rejected and statuses != {NOT_AFFECTED} and not needs_no_action(vulnerability)


def in_force(advisory: Advisory) -> Advisory:
    """The advisory as it counts, to compute states from; it is not stored.

    Of a withdrawn one, all vulnerabilities are rejected; that nobody need act, said of the whole document, is
    said of each vulnerability.
    """
    said = [note for note in advisory.notes if _says_no_action(note)]
    is_withdrawn = advisory.status == "withdrawn"
    if not (said or is_withdrawn):
        return advisory
    found = [
        replace(each, is_rejected=each.is_rejected or is_withdrawn, notes=[*each.notes, *said])
        for each in advisory.vulnerabilities
    ]
    return replace(advisory, vulnerabilities=found)


def is_informational(advisory: Advisory) -> bool:
    """Whether all vulnerabilities, of at least one, need no action of customers."""
    counted = [each for each in advisory.vulnerabilities if not each.is_rejected]
    return bool(counted) and all(map(needs_no_action, counted))


def is_fix(remedy: Remedy) -> bool:
    """Whether a remedy is a fix, not advice to protect or to stop using the product that is listed as one."""
    if remedy.kind != "vendor_fix":
        return False
    names_one = remedy.update or remedy.fixed_build or remedy.url or remedy.origin
    return bool(names_one) or not is_measure_only(remedy.details)


def has_fix(vulnerability: Vulnerability) -> bool:
    """Whether there is a fix for at least one product."""
    return any(map(is_fix, vulnerability.remedies)) or bool(products_with_status(vulnerability, FIXED))


def states_of_products(vulnerability: Vulnerability) -> dict[str, str]:
    """The state, one of FIX_STATES, of each affected product, by id."""
    found = dict.fromkeys(sorted(products_with_status(vulnerability, AFFECTED)), NOT_STATED)
    for counts, state in ((_is_no_fix, NO_FIX), (is_fix, FIXED_STATE)):
        for remedy in vulnerability.remedies:
            if counts(remedy):
                found |= dict.fromkeys(found.keys() & (set(remedy.product_ids) or found.keys()), state)
    return found


def _is_no_fix(remedy: Remedy) -> bool:
    return remedy.kind in NO_FIX_KINDS


def fix_state(vulnerability: Vulnerability) -> str:
    """The worst state of the affected products, or of the whole where none is named.

    NOTHING_TO_FIX if it concerns nobody, or if products are named and none is affected.
    """
    if not concerns_any(vulnerability):
        return NOTHING_TO_FIX
    if states := states_of_products(vulnerability):
        return worst(states.values())
    if has_fix(vulnerability):
        return FIXED_STATE
    if any(remedy.kind in NO_FIX_KINDS for remedy in vulnerability.remedies):
        return NO_FIX
    return NOT_STATED


def worst(states: Iterable[str]) -> str:
    """The worst of some states; NOTHING_TO_FIX when there is none."""
    return max(filter(None, states), key=FIX_STATES.index, default=NOTHING_TO_FIX)


@dataclass(frozen=True)
class ProductStatus:
    """The worst status of a product over all vulnerabilities, and the worst state of its fixes."""

    status: str = ""  # affected, under_investigation, fixed, not_affected, or nothing
    fix_state: str = NOTHING_TO_FIX

    @property
    def has_fix(self) -> bool:
        """Whether all vulnerabilities that affect the product have a fix."""
        return self.fix_state == FIXED_STATE


def product_statuses(advisory: Advisory) -> dict[str, ProductStatus]:
    """The status of each product of a document, by product id; rejected vulnerabilities are ignored."""
    counted = [each for each in advisory.vulnerabilities if not each.is_rejected]
    groups = (
        ("affected", AFFECTED),
        ("under_investigation", (UNDER_INVESTIGATION,)),
        ("fixed", FIXED),
        ("not_affected", (NOT_AFFECTED,)),
        ("unknown", ("unknown",)),
    )
    named = {
        status: set().union(*(products_with_status(each, statuses) for each in counted))
        for status, statuses in groups
    }
    states: dict[str, str] = {}
    for vulnerability in filter(concerns_any, counted):
        for key, state in states_of_products(vulnerability).items():
            states[key] = worst((state, states.get(key, NOTHING_TO_FIX)))
    found = {}
    for entry in advisory.products:
        status = next((status for status, ids in named.items() if entry.id in ids), "")
        state = {"affected": states.get(entry.id, NOTHING_TO_FIX), "fixed": FIXED_STATE}
        found[entry.id] = ProductStatus(status, state.get(status, NOTHING_TO_FIX))
    return found


@dataclass(frozen=True)
class Risk:
    """What alerts depend on; `open` and `fixed` contain keys of vulnerabilities and products."""

    is_exploited: bool
    severity: int
    open: frozenset[str]
    fixed: frozenset[str]


def risk_changes(before: Risk, after: Risk) -> list[str]:
    """The reasons for a new alert (labels.risk_reason); none for an edit that changes no risk."""
    found = [
        ("exploited", after.is_exploited and not before.is_exploited),
        ("severity", after.severity > before.severity),
        ("fix_available", bool(before.open & after.fixed)),
        ("fix_withdrawn", bool(before.fixed & after.open)),
    ]
    return [reason for reason, holds in found if holds]
