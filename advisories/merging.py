"""Two entries of an advisory about one CVE become one: a CVE is one thing (CSAF section 6.1.23)."""

from dataclasses import fields

from flask_babel import gettext as _

from advisories.advisory import Vulnerability
from advisories.csaf.rules import without_contradictions
from advisories.reading import Log


class Collected:
    """The vulnerabilities of a document; one whose CVE is there already adds to that one, with a warning."""

    def __init__(self, log: Log):
        self.log = log
        self.found: list[Vulnerability] = []
        self._by_cve: dict[str, Vulnerability] = {}

    def add(self, vulnerability: Vulnerability, place: str) -> None:
        """Takes in a vulnerability that was read at `place`."""
        known = vulnerability
        if vulnerability.cve:
            known = self._by_cve.setdefault(vulnerability.cve, vulnerability)
        if known is vulnerability:
            self.found.append(vulnerability)
        else:
            self.log.double(place, _("%(cve)s is described twice; the entries were merged", cve=known.cve))
            merge(known, vulnerability)


def merge(known: Vulnerability, found: Vulnerability) -> None:
    """Adds what `found` says to `known`; where only one can be right, `known` is."""
    status = {
        state: (*known.status.get(state, ()), *found.status.get(state, ()))
        for state in (*known.status, *found.status)
    }
    for each in fields(Vulnerability):
        mine, other = getattr(known, each.name), getattr(found, each.name)
        if isinstance(mine, list):
            seen = {repr(item) for item in mine}
            mine += [item for item in other if repr(item) not in seen]
        elif not mine:
            setattr(known, each.name, other)
    known.status = without_contradictions(status)
