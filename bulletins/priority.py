"""The sort key of lists of bulletins, as one number: exploited, then severity, then EPSS.

Known exploitation outranks any EPSS score: 363 of the 1,556 CVEs that were exploited by mid 2026 had an EPSS
below 0.1.
"""

from advisories.scores import SEVERITIES

EXPLOITED = 10_000_000  # the lowest priority of an exploited bulletin
_SEVERITY_STEP = 1_000_000
_EPSS_RANGE = 999_999


def priority(*, is_exploited: bool, severity: str, epss: float | None) -> int:
    """Larger is more urgent. `severity` may be empty; `epss` is a probability (0 to 1), None when unknown."""
    rank = SEVERITIES.index(severity) + 1 if severity else 0
    return (
        is_exploited * EXPLOITED
        + rank * _SEVERITY_STEP
        + round(min(max(epss or 0.0, 0.0), 1.0) * _EPSS_RANGE)
    )
