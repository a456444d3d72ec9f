"""The order of every list of bulletins, as one number: exploited, then severity, then EPSS.

However likely EPSS calls an exploit, what is known to be exploited comes first: 363 of the 1,556 CVEs that
were exploited by mid 2026 had an EPSS below 0.1.
"""

from advisories.scores import SEVERITIES

EXPLOITED = 10_000_000  # what is attacked is here or above
_SEVERITY, _EPSS = 1_000_000, 999_999


def priority(*, is_exploited: bool, severity: str, epss: float | None) -> int:
    """Larger is more urgent; `severity` may be empty, `epss` is a probability, None where none is known."""
    rank = SEVERITIES.index(severity) + 1 if severity else 0
    return is_exploited * EXPLOITED + rank * _SEVERITY + round(min(max(epss or 0.0, 0.0), 1.0) * _EPSS)
