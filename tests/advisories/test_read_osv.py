"""OSV records: ranges and their fixes, distributions, withdrawal, who publishes them."""

from datetime import UTC, datetime

import pytest

from advisories import recognise
from advisories.advisory import Unusable
from advisories.osv import read
from advisories.osv.databases import purl_of
from tests.advisories.documents import copy_of
from tests.advisories.record_documents import COMMITS, DEBIAN, GHSA, ROCKY, WITHDRAWN


def read_one(document, **changes):
    (advisory,) = read.read({**copy_of(document), **changes})
    return advisory


def package(*events, kind="ECOSYSTEM", **more):
    """An affected package with one range."""
    ranges = [{"type": kind, "events": [dict([event]) for event in events]}]
    return {"package": {"ecosystem": "PyPI", "name": "gate"}, "ranges": ranges, **more}


def test_head():
    advisory = read_one(GHSA)
    assert (advisory.publisher, advisory.tracking_id) == ("GitHub Advisory Database", "GHSA-aaaa-bbbb-cccc")
    assert (advisory.title, advisory.status) == ("Gate opens for anyone", "final")
    assert (advisory.severity, advisory.severity_text) == ("critical", "CRITICAL")
    assert advisory.initial_release_at == datetime(2026, 5, 1, 10, tzinfo=UTC)
    assert advisory.current_release_at == datetime(2026, 5, 3, 10, tzinfo=UTC)
    assert advisory.warnings == ["/references/2/url: not a web address: 'javascript:alert(1)'"]


def test_identifiers():
    (found,) = read_one(GHSA).vulnerabilities
    assert found.cve == "CVE-2026-5001"
    assert found.other_ids == [("GHSA", "GHSA-aaaa-bbbb-cccc"), ("PYSEC", "PYSEC-2026-9")]
    assert found.cwe and found.cwe[0] == "CWE-787"
    assert [score.version for score in found.scores] == ["3.1", "4.0"]
    assert found.acknowledgments == [
        {"names": ["Ada"], "summary": "FINDER", "urls": ["https://ada.example/"]}
    ]


def test_details_are_markdown_and_stay_as_they_are():
    (found,) = read_one(GHSA).vulnerabilities
    assert found.notes[0].text == "### Impact\nIt opens.\n\n    code &lt;b&gt;"


def test_every_range_is_a_product_and_names_its_fix():
    advisory = read_one(GHSA)
    assert [(entry.version, entry.vers, entry.purl) for entry in advisory.products] == [
        ("< 4.2", "vers:pypi/<4.2", "pkg:pypi/own-gate"),
        (">= 5.0, < 5.0.3", "vers:pypi/>=5.0|<5.0.3", "pkg:pypi/own-gate"),
        (">= 1.0.0, <= 1.9.0", "vers:npm/>=1.0.0|<=1.9.0", "pkg:npm/%40own/gate"),
    ]
    (found,) = advisory.vulnerabilities
    ids = [entry.id for entry in advisory.products]
    assert found.status == {"known_affected": tuple(ids)}
    assert [(each.kind, each.fixed_build, each.origin, each.product_ids) for each in found.remedies] == [
        ("vendor_fix", "4.2", "version_range", (ids[0],)),
        ("vendor_fix", "5.0.3", "version_range", (ids[1],)),
    ]


def test_packages_of_distributions_are_not_the_upstream_ones():
    advisory = read_one(DEBIAN)
    assert (advisory.publisher, advisory.publisher_category) == ("Debian", "vendor")
    assert [(entry.name, entry.vendor, entry.purl, entry.vers) for entry in advisory.products] == [
        (
            "Debian 12 gate < 1:2.3-4+deb12u1",
            "Debian",
            "pkg:deb/debian/gate?arch=source&distro=debian-12",
            "vers:deb/<1:2.3-4+deb12u1",
        ),
        ("Debian 11 gate all versions", "Debian", "pkg:deb/debian/gate?distro=debian-11", "vers:deb/*"),
    ]
    (found,) = advisory.vulnerabilities
    assert found.cve == "CVE-2026-5002"
    assert [each.product_ids for each in found.remedies] == [(advisory.products[0].id,)]  # none for Debian 11


def test_an_unknown_publication_time_is_that_of_the_change():
    assert read_one(DEBIAN).initial_release_at == datetime(2026, 5, 3, 10, tzinfo=UTC)


def test_the_id_of_a_distribution_names_the_cve():
    (found,) = read_one(DEBIAN, upstream=[]).vulnerabilities
    assert found.cve == "CVE-2026-5002"


def test_an_update_of_a_distribution_has_a_vulnerability_for_each_cve():
    found = read_one(ROCKY).vulnerabilities
    assert [each.cve for each in found] == ["CVE-2026-5003", "CVE-2026-5004"]
    assert [each.remedies[0].fixed_build for each in found] == ["0:2.3-4.el9"] * 2
    assert [each.other_ids for each in found] == [[("RLSA", "RLSA-2026:77")]] * 2


def test_withdrawn():
    advisory = read_one(WITHDRAWN)
    assert advisory.status == "withdrawn" and advisory.vulnerabilities[0].is_rejected
    assert advisory.vulnerabilities[0].notes[-1].text == "Withdrawn by the issuer on 2026-06-01."
    assert [entry.summary for entry in advisory.history] == ["Updated.", "Withdrawn."]


def test_commits_are_named_and_not_compared():
    advisory = read_one(COMMITS)
    assert [(entry.name, entry.vendor, entry.vers) for entry in advisory.products] == [
        ("gate commits < aaaaaaaaaaaa", "own", "")
    ]
    (fix,) = advisory.vulnerabilities[0].remedies
    assert (fix.fixed_build, fix.origin) == ("aaaaaaaaaaaa", "version_range")


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([("introduced", "0")], ["all versions"]),
        ([("fixed", "2")], ["< 2"]),
        ([("fixed", "1.10"), ("introduced", "1.9")], [">= 1.9, < 1.10"]),
        (
            [("introduced", "1"), ("introduced", "2"), ("fixed", "1.5"), ("fixed", "2.5")],
            [">= 1, < 1.5", ">= 2, < 2.5"],
        ),
        ([("introduced", "1"), ("fixed", "2"), ("fixed", "3")], [">= 1, < 2"]),
        ([("introduced", "1"), ("limit", "*")], [">= 1"]),
    ],
)
def test_events(events, expected):
    advisory = read_one(GHSA, affected=[package(*events)])
    assert [entry.version for entry in advisory.products] == expected


def test_the_last_affected_version_names_no_fix():
    advisory = read_one(GHSA, references=[], affected=[package(("introduced", "0"), ("last_affected", "3"))])
    assert advisory.vulnerabilities[0].remedies == []


def test_a_reference_to_a_fix_is_one_when_no_range_names_it():
    advisory = read_one(GHSA, affected=[package(("introduced", "0"))])
    (fix,) = advisory.vulnerabilities[0].remedies
    assert (fix.url, fix.origin) == ("https://own.example/fix", "patch_reference")


def test_versions_without_a_range_are_listed_in_parts():
    advisory = read_one(GHSA, affected=[package(versions=[f"1.{n}" for n in range(200)])])
    assert [entry.version for entry in advisory.products] == [
        "1.0 … 1.89 (90 versions)",
        "1.90 … 1.179 (90 versions)",
        "1.180 … 1.199 (20 versions)",
    ]
    assert advisory.products[2].vers.startswith("vers:pypi/1.180|1.181|")


def test_severity_in_words():
    stated = {"database_specific": {}, "severity": [{"type": "Ubuntu", "score": "medium"}]}
    assert read_one(GHSA, **stated).severity == "moderate"
    assert read_one(GHSA, database_specific={}).severity == "critical"
    assert read_one(GHSA, database_specific={}, severity=[]).severity == ""


def test_without_an_id_it_is_refused():
    with pytest.raises(Unusable, match="/id"):
        read.read({"schema_version": "1.7.0", "id": ""})


@pytest.mark.parametrize(
    ("arguments", "purl"),
    [
        (("Maven", "", "org.own:gate", ""), "pkg:maven/org.own/gate"),
        (("Go", "", "own.example/x/gate", ""), "pkg:golang/own.example/x/gate"),
        (
            ("Debian", "12", "gate", "pkg:deb/debian/gate@1.0?distro=bookworm"),
            "pkg:deb/debian/gate?distro=bookworm",
        ),
        (("Ubuntu", "22.04:LTS", "gate", ""), "pkg:deb/ubuntu/gate?distro=ubuntu-22.04-lts"),
        (("Own", "", "gate", ""), ""),
        (("PyPI", "", "gate", "not a purl"), "pkg:pypi/gate"),
    ],
)
def test_package_urls(arguments, purl):
    assert purl_of(*arguments) == purl


YAML = """# from a database
id: PYSEC-2026-12
modified: "2026-05-03T10:00:00Z"
withdrawn: null
details: |
  It opens.
aliases: [CVE-2026-5015]
affected:
- package: {ecosystem: PyPI, name: own-gate}
  ranges:
  - type: ECOSYSTEM
    events:
    - introduced: "0"
    - fixed: 1.10
"""


def test_yaml():
    (advisory,) = recognise.read(YAML.encode(), "f")
    assert (advisory.tracking_id, advisory.publisher) == ("PYSEC-2026-12", "PyPA Advisory Database")
    assert [entry.version for entry in advisory.products] == ["< 1.10"]  # not the number 1.1
    assert (advisory.status, advisory.warnings) == ("final", [])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("id: a\naffected: &x []\naliases: *x\n", "aliases, which are refused"),
        ("id: a\naffected: " + "[" * 100, "nested too deeply"),
        ("id: a\naffected: [\n", "line "),
        ("id: a\n? [b]\n: c\naffected: []\n", "not text"),
        ("id: a\naffected: [" + "1, " * 400_000 + "]", "elements"),
    ],
)
def test_hostile_yaml_is_refused(text, reason):
    with pytest.raises(Unusable, match=reason):
        recognise.read(text.encode(), "f")
