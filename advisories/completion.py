"""What a document implies besides its fields; every reader calls complete() at its end. Pure."""

from dataclasses import replace

from advisories import exploitation, fixed_versions, wording
from advisories.advisory import Advisory


def complete(advisory: Advisory) -> None:
    """Add derived fixes and who says that it is exploited, and set the status "withdrawn"; idempotent.

    Withdrawn: all vulnerabilities are rejected, or the title or the last revision says so. A draft stays one.
    """
    fixed_versions.derive(advisory)
    exploitation.collect(advisory)
    last = max(advisory.history, key=lambda entry: entry.at, default=None)
    found = advisory.vulnerabilities
    is_rejected = bool(found) and all(each.is_rejected for each in found)
    is_withdrawn = is_rejected or wording.is_withdrawn(advisory.title, last.summary if last else "")
    if is_withdrawn and advisory.status != "draft":
        advisory.status = "withdrawn"


def stated(advisory: Advisory) -> Advisory:
    """A copy with what the issuer states only: no derived fixes, no sources of exploitation."""
    found = [
        replace(fixed_versions.without_derived(each), exploitation=[]) for each in advisory.vulnerabilities
    ]
    return replace(advisory, vulnerabilities=found)
