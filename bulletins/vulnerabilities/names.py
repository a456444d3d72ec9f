"""Names of vulnerabilities: CVE, GHSA, GCVE, EUVD and those of other databases. Pure functions.

Only names that stand for one vulnerability count; numbers of advisories, updates and bugs do not.
"""

import re
from collections.abc import Iterable

from advisories.advisory import Advisory

MAX_NAME_CHARACTERS = 60
MAX_NAMES = 20  # of one vulnerability in one bulletin
# The length of the text is checked first; every repetition is bounded.
_NAME = re.compile(
    r"CVE-\d{4}-\d{4,19}|GHSA(?:-[0-9A-Z]{4}){3}|GCVE-\d{1,6}-\d{4}-\d{4,19}|EUVD-\d{4}-\d{1,19}"
    r"|(?:PYSEC|RUSTSEC|MAL|GO|OSV|HSEC|RSEC|PSF|CNVD|JVNDB)-\d{4}-\d{1,12}"
    r"|[A-Z]{2,12}-CVE-\d{4}-\d{4,19}|VU#\d{4,8}|BDU:\d{4}-\d{5}",
    re.I | re.A,
)
_PREFERRED = ("CVE-", "GHSA-", "GCVE-", "EUVD-")
_CVE = "CVE-"
_CVE_IN_GCVE = "GCVE-0-"  # numbering authority 0 repeats the CVEs (GCVE BCP-04)


def normalize(text: str) -> str:
    """The usual spelling of a name; an empty string for a text that is none."""
    text = text.strip()
    if len(text) > MAX_NAME_CHARACTERS or not _NAME.fullmatch(text):
        return ""
    text = text.upper()
    if text.startswith(_CVE_IN_GCVE):
        return _CVE + text.removeprefix(_CVE_IN_GCVE)
    return "GHSA" + text[4:].lower() if text.startswith("GHSA") else text


def is_cve(name: str) -> bool:
    """Whether a normalized name is a CVE."""
    return name.startswith(_CVE)


def preferred(names: Iterable[str]) -> str:
    """The name that a page is called by: the CVE, else GHSA, GCVE, EUVD, else the first; "" for none."""
    return min(names, key=_rank, default="")


def by_preference(names: Iterable[str]) -> list[str]:
    """Distinct names, the preferred one first."""
    return sorted(set(names), key=_rank)


def _rank(name: str) -> tuple[int, str]:
    place = next((at for at, prefix in enumerate(_PREFERRED) if name.startswith(prefix)), len(_PREFERRED))
    return place, name


def of_vulnerabilities(advisory: Advisory) -> list[list[str]]:
    """The other names of each vulnerability of a document, without its CVE.

    The ids of a vulnerability are its names. Those of the document (its id and aliases) are names of its only
    vulnerability; with several vulnerabilities they would be ambiguous.
    """
    is_only = len(advisory.vulnerabilities) == 1
    document = [advisory.tracking_id, *advisory.aliases] if is_only else []
    found = []
    for each in advisory.vulnerabilities:
        said = [*(number for _system, number in each.other_ids), *document]
        distinct = dict.fromkeys(name for text in said if (name := normalize(text)) and name != each.cve)
        found.append(list(distinct)[:MAX_NAMES])
    return found
