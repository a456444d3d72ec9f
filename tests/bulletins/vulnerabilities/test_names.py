"""Names of vulnerabilities: which texts are one, and whose they are."""

import pytest

from advisories import advisory as adv
from bulletins.vulnerabilities import links, names

CVE = "CVE-2026-1001"
GHSA = "GHSA-jfh8-c2jp-5v3q"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (" cve-2026-1001 ", CVE),
        ("ghsa-JFH8-c2jp-5V3Q", GHSA),
        ("gcve-1-2025-0001", "GCVE-1-2025-0001"),
        ("GCVE-0-2026-1001", CVE),
        ("euvd-2025-12345", "EUVD-2025-12345"),
        ("PYSEC-2024-12", "PYSEC-2024-12"),
        ("DEBIAN-CVE-2024-1234", "DEBIAN-CVE-2024-1234"),
        ("VU#123456", "VU#123456"),
        ("BDU:2024-01234", "BDU:2024-01234"),
        ("RHSA-2026:1234", ""),
        ("CVE-2026-1", ""),
        ("CVE-2026-1001 and more", ""),
        ("CVE-٢٠٢٦-1001", ""),
        ("A" * 10_000, ""),
        ("", ""),
    ],
)
def test_a_text_is_a_name_or_none(text, name):
    assert names.normalize(text) == name


def test_the_page_is_called_by_the_cve_else_by_the_best_known_name():
    assert names.by_preference(["EUVD-2025-1", "PYSEC-2024-1", GHSA, CVE]) == [
        CVE,
        GHSA,
        "EUVD-2025-1",
        "PYSEC-2024-1",
    ]


def document(*vulnerabilities, **more):
    return adv.Advisory("osv", "GHSA-jfh8-c2jp-5v3q", "T", "P", vulnerabilities=list(vulnerabilities), **more)


def test_names_of_the_document_are_those_of_its_only_vulnerability():
    one = adv.Vulnerability(cve=CVE, other_ids=[("ENISA", "EUVD-2025-1"), ("Bug", "CSCwa12345")])
    assert names.of_vulnerabilities(document(one, aliases=[CVE, "PYSEC-2024-1"])) == [
        ["EUVD-2025-1", GHSA, "PYSEC-2024-1"]
    ]


def test_with_two_vulnerabilities_they_are_ambiguous():
    two = [adv.Vulnerability(cve=CVE), adv.Vulnerability(cve="CVE-2026-1002")]
    assert names.of_vulnerabilities(document(*two, aliases=["PYSEC-2024-1"])) == [[], []]


def test_every_known_system_has_a_page_elsewhere():
    for name in (CVE, GHSA, "GCVE-1-2025-0001", "EUVD-2025-12345", "PYSEC-2024-12"):
        assert all(url.startswith("https://") and name in url for _site, url in links.elsewhere(name))
        assert links.elsewhere(name)
    assert links.elsewhere("<script>") == []
