"""Merge entries of an advisory with the same CVE (CSAF section 6.1.23)."""

from dataclasses import fields

from flask_babel import gettext as _

from advisories.advisory import Vulnerability
from advisories.csaf.rules import without_contradictions
from advisories.parsing import Log


class VulnerabilityCollector:
    """Collects the vulnerabilities of a document; repeated CVEs are merged, with a warning."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.found: list[Vulnerability] = []
        self._by_cve: dict[str, Vulnerability] = {}

    def add(self, vulnerability: Vulnerability, place: str) -> None:
        """Add a vulnerability that was read at the location `place`."""
        known = vulnerability
        if vulnerability.cve:
            known = self._by_cve.setdefault(vulnerability.cve, vulnerability)
        if known is vulnerability:
            self.found.append(vulnerability)
        else:
            self.log.duplicate(place, _("%(cve)s is described twice; the entries were merged", cve=known.cve))
            merge(known, vulnerability)


def merge(known: Vulnerability, found: Vulnerability) -> None:
    """Merge `found` into `known`; single values of `known` have precedence."""
    status = {
        state: (*known.status.get(state, ()), *found.status.get(state, ()))
        for state in (*known.status, *found.status)
    }
    for each in fields(Vulnerability):
        own = getattr(known, each.name)
        other = getattr(found, each.name)
        if isinstance(own, list):
            seen = {repr(item) for item in own}
            own += [item for item in other if repr(item) not in seen]
        elif not own:
            setattr(known, each.name, other)
    known.status = without_contradictions(status)


def merge_all(found: list[Vulnerability]) -> Vulnerability:
    """One vulnerability of several entries about it; single values of earlier ones have precedence.

    Takes time linear in their size, so that any number of entries may be about the same vulnerability.
    """
    whole = found[0]
    status: dict[str, list[str]] = {}
    lists: dict[str, dict[str, object]] = {}
    for each in found:
        for state, ids in each.status.items():
            status.setdefault(state, []).extend(ids)
        for field in fields(Vulnerability):
            value = getattr(each, field.name)
            if isinstance(value, list):
                lists.setdefault(field.name, {}).update({repr(item): item for item in value})
            elif not getattr(whole, field.name):
                setattr(whole, field.name, value)
    for name, items in lists.items():
        setattr(whole, name, list(items.values()))
    whole.status = without_contradictions({state: tuple(ids) for state, ids in status.items()})
    return whole
