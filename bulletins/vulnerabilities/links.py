"""Pages of other sites about a vulnerability. Pure functions."""

from bulletins.vulnerabilities import names

_SITES = {  # prefix of a name: (site, address)
    "CVE-": (
        ("cve.org", "https://www.cve.org/CVERecord?id={}"),
        ("NVD", "https://nvd.nist.gov/vuln/detail/{}"),
        ("EUVD", "https://euvd.enisa.europa.eu/search?text={}"),
    ),
    "GHSA-": (("GitHub", "https://github.com/advisories/{}"), ("OSV", "https://osv.dev/vulnerability/{}")),
    "GCVE-": (("GCVE", "https://db.gcve.eu/vuln/{}"),),
    "EUVD-": (("EUVD", "https://euvd.enisa.europa.eu/vulnerability/{}"),),
    **dict.fromkeys(
        ("PYSEC-", "RUSTSEC-", "GO-", "MAL-", "OSV-"), (("OSV", "https://osv.dev/vulnerability/{}"),)
    ),
}


def elsewhere(name: str) -> list[tuple[str, str]]:
    """(site, address) of the pages about a normalized name on other sites; none for unknown systems."""
    name = names.normalize(name)
    for prefix, sites in _SITES.items():
        if name.startswith(prefix):
            return [(site, address.format(name)) for site, address in sites]
    return []
