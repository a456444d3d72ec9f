"""The rank and the risk of a bulletin: what sorts lists, and what alerts depend on. Nothing commits."""

from advisories.scores import SEVERITIES
from auth.models import User, Visitor
from bulletins import fixes, publishing
from bulletins.models import Bulletin
from bulletins.priority import priority
from bulletins.vulnerability_models import Vulnerability
from core.jobs import events


def set_rank(bulletin: Bulletin) -> None:
    """Set the KEV and EPSS columns of a bulletin, and its priority."""
    is_withdrawn = bulletin.document_status == publishing.WITHDRAWN  # what it said is kept
    counted = [row for row in bulletin.vulnerabilities if row.concerns_any or is_withdrawn]
    shared = [row.vulnerability for row in counted if row.vulnerability is not None]
    listed = [row for row in shared if row.kev_added_on]
    bulletin.is_exploited = any(map(is_listed, shared)) or any(row.is_exploited for row in counted)
    bulletin.kev_added_on = min((row.kev_added_on for row in listed if row.kev_added_on), default=None)
    bulletin.kev_due_on = min((row.kev_due_on for row in listed if row.kev_due_on), default=None)
    bulletin.is_ransomware = any(row.is_ransomware for row in listed)
    bulletin.epss = max((row.epss for row in shared if row.epss is not None), default=None)
    needs_nobody = bulletin.is_informational or is_withdrawn
    bulletin.priority = (
        0
        if needs_nobody
        else priority(is_exploited=bulletin.is_exploited, severity=bulletin.severity, epss=bulletin.epss)
    )


def is_listed(shared: Vulnerability) -> bool:
    """Whether a list of exploited vulnerabilities, CISA's or another, has this CVE."""
    return shared.kev_added_on is not None or bool(shared.exploitations)


def risk(bulletin: Bulletin) -> fixes.Risk:
    """The present risk of a bulletin."""
    severity = SEVERITIES.index(bulletin.severity) + 1 if bulletin.severity else 0
    marks = [
        (f"v:{row.cve or row.title}", row.has_fix) for row in bulletin.vulnerabilities if row.concerns_any
    ]
    marks += [(f"p:{row.key}", row.has_fix) for row in bulletin.products if row.status == "affected"]
    return fixes.Risk(
        bulletin.is_exploited,
        severity,
        open=frozenset(mark for mark, is_fixed in marks if not is_fixed),
        fixed=frozenset(mark for mark, is_fixed in marks if is_fixed),
    )


def announce_risk_change(bulletin: Bulletin, reasons: list[str], *, by: User | Visitor | None = None) -> None:
    """Announce that the risk of a public bulletin changed, if there are reasons (labels.risk_reason).

    A withdrawn or informational bulletin is in no alert.
    """
    is_silent = bulletin.is_informational or bulletin.document_status == publishing.WITHDRAWN
    if reasons and bulletin.is_public and not is_silent:
        events.record("bulletin.risk_raised", subject=bulletin, actor=by, reasons=reasons)
