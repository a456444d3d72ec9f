"""Fixed versions that documents imply, and what they do not imply."""

import pytest

from advisories.advisory import Advisory, ProductEntry, Remedy, Score, Vulnerability
from advisories.csaf import read as read_csaf
from advisories.cve import read as read_cve
from advisories.fixed_versions import UpperBound, derive, upper_bound
from bulletins import fixes
from tests.advisories.documents import CSAF, copy_of

VECTOR = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:F/RL:O/RC:C"


def record(*versions, default="unaffected", **cna):
    """An own CVE record with these versions of one product."""
    return {
        "dataType": "CVE_RECORD",
        "cveMetadata": {"cveId": "CVE-2026-99100", "state": "PUBLISHED", "assignerShortName": "own"},
        "containers": {
            "cna": {
                "affected": [
                    {
                        "vendor": "Own",
                        "product": "Gate",
                        "defaultStatus": default,
                        "versions": [{"status": "affected", **version} for version in versions],
                    }
                ],
                "descriptions": [{"lang": "en", "value": "Gate has an overflow."}],
                **cna,
            }
        },
    }


def only(document):
    (advisory,) = read_cve.read(document)
    return advisory.vulnerabilities[0]


def builds(found):
    return [(fix.fixed_build, fix.origin) for fix in found.remedies if fix.kind == "vendor_fix"]


@pytest.mark.parametrize(
    ("version", "build"),
    [
        ({"version": "4.0", "lessThan": "4.2"}, "4.2"),
        ({"version": "4.2", "lessThan": "4.2"}, "4.2"),
        ({"version": "unspecified", "lessThan": "V3.0"}, "V3.0"),
        ({"version": "0", "lessThanOrEqual": "4.1"}, "after 4.1"),
        ({"version": "9.18.0 and below", "lessThan": "9.18.0 and below"}, "after 9.18.0"),
        (
            {
                "version": "n/a",
                "lessThanOrEqual": "4.1",
                "changes": [{"at": "4.1.7", "status": "unaffected"}],
            },
            "4.1.7",
        ),
        ({"version": "< 5.0"}, "5.0"),
        ({"version": ">= 3.0, < 3.1.2"}, "3.1.2"),
        ({"version": "All versions < V11.4 SP2"}, "V11.4 SP2"),
        ({"version": "1.0", "lessThan": "f882f5190551", "versionType": "git"}, "f882f5190551"),
        ({"version": "21.2", "lessThan": "21.2R3-S8"}, "21.2R3-S8"),
    ],
)
def test_an_upper_bound_names_the_fix(version, build):
    found = only(record(version))
    assert builds(found) == [(build, "version_range")]
    assert fixes.fix_state(found) == "fixed"


@pytest.mark.parametrize(
    "version",
    [
        {"version": "4.0"},
        {"version": "0", "lessThan": "*"},
        {"version": "All versions"},
        {"version": "n/a"},
        {"version": "0", "lessThan": "unspecified"},
        {"version": "4.0", "lessThan": "4.2", "status": "unknown"},
    ],
)
def test_without_a_bound_nothing_is_stated(version):
    found = only(record(version))
    assert builds(found) == [] and fixes.fix_state(found) == "not_stated"


def test_the_issuer_says_that_there_is_none():
    bound = {"version": "0", "lessThanOrEqual": "4.1"}
    found = only(record(bound, solutions=[{"lang": "en", "value": "No patch is available."}]))
    assert [fix.kind for fix in found.remedies] == ["none_available"]
    assert fixes.fix_state(found) == "no_fix"
    found = only(record({"version": "4.0"}, tags=["unsupported-when-assigned"]))
    assert fixes.fix_state(found) == "no_fix"


def test_a_solution_is_a_fix_and_the_range_names_its_version():
    bound = {"version": "4.0", "lessThan": "4.2"}
    found = only(record(bound, solutions=[{"lang": "en", "value": "Update to 4.2."}]))
    assert builds(found) == [("", ""), ("4.2", "version_range")]


def test_no_workaround_is_none():
    found = only(
        record({"version": "4.0"}, workarounds=[{"lang": "en", "value": "There are no workarounds."}])
    )
    assert found.remedies == [] and [note.title for note in found.notes] == ["Description", "Workarounds"]


def test_an_official_fix_of_the_score_and_a_tagged_patch():
    metric = {"cvssV3_1": {"vectorString": VECTOR, "baseScore": 9.8}}
    found = only(record({"version": "4.0"}, metrics=[metric]))
    assert builds(found) == [("", "cvss")]
    metric = {"cvssV3_1": {"vectorString": VECTOR.replace("RL:O", "RL:U"), "baseScore": 9.8}}
    assert fixes.fix_state(only(record({"version": "4.0"}, metrics=[metric]))) == "not_stated"
    links = [
        {"url": "https://own.example/advisory", "tags": ["vendor-advisory"]},
        {"url": "https://own.example/patch", "tags": ["patch"]},
    ]
    (fix,) = only(record({"version": "4.0"}, references=links)).remedies
    assert (fix.origin, fix.url) == ("patch_reference", "https://own.example/patch")


def test_later_versions_that_are_unaffected_are_the_fix():
    found = only(record({"version": "4.0"}, {"version": "4.1", "status": "unaffected"}))
    assert builds(found) == [("4.1", "version_range")]
    found = only(record({"version": "4.0"}, {"version": "3.9", "status": "unaffected"}))
    assert fixes.fix_state(found) == "not_stated"
    ranges = (
        {"version": "5.18"},
        {"version": "0", "lessThan": "5.18", "status": "unaffected"},
        {"version": "5.19.3", "lessThanOrEqual": "5.19.*", "status": "unaffected"},
        {"version": "6.9", "lessThanOrEqual": "*", "status": "unaffected"},
    )
    found = only(record(*ranges, default="affected"))
    assert builds(found) == [("5.19.3, 6.9", "version_range")]
    assert fixes.fix_state(found) == "fixed"


def test_a_range_that_ends_with_an_address():
    found = only(record({"version": "16.0", "lessThan": "https://own.example/releases"}))
    assert [(fix.url, fix.origin) for fix in found.remedies] == [
        ("https://own.example/releases", "version_range")
    ]


def test_only_ranges_below_a_default_of_affected_mean_those_ranges():
    assert fixes.fix_state(only(record({"version": "0.0", "lessThan": "7.4"}, default="affected"))) == "fixed"


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("vers:semver/>=1.0|<2.0", UpperBound("2.0")),
        ("vers:semver/>=1|<2|>=3|<4", UpperBound("2, 4")),
        ("vers:generic/<=4.1", UpperBound(last="4.1")),
        ("before 4.2", UpperBound("4.2")),
        ("4.1 and earlier", UpperBound(last="4.1")),
        ("through 4.1", UpperBound(last="4.1")),
        ("vers:all/*", UpperBound()),
        ("< everything", UpperBound()),
        ("", UpperBound()),
    ],
)
def test_bounds_as_documents_write_them(text, bound):
    assert upper_bound(text) == bound


def csaf(remedies=(), fixed=("P2",), affected="vers:generic/<=4.1", other="Gate"):
    document = copy_of(CSAF)
    document["product_tree"] = {
        "branches": [
            {
                "category": "vendor",
                "name": "Own",
                "branches": [
                    _branch("Gate", "product_version_range", affected, "P1"),
                    _branch(other, "product_version", "4.2", "P2"),
                ],
            }
        ]
    }
    document["vulnerabilities"] = [
        {
            "cve": "CVE-2026-99101",
            "product_status": {"known_affected": ["P1"], **({"fixed": list(fixed)} if fixed else {})},
            "remediations": list(remedies),
        }
    ]
    return read_csaf.read(document)[0].vulnerabilities[0]


def _branch(product, category, version, number):
    name = {"name": f"{product} {version}", "product_id": number}
    leaf = {"category": category, "name": version, "product": name}
    return {"category": "product_name", "name": product, "branches": [leaf]}


def test_csaf_fixed_without_a_remediation():
    assert builds(csaf()) == [("4.2", "status")]
    assert fixes.fix_state(csaf(other="Fence")) == "not_stated"  # the fixed product is another one


def test_csaf_ranges_count_only_where_they_exclude_their_end():
    assert builds(csaf(fixed=())) == []
    assert builds(csaf(fixed=(), affected="vers:generic/<4.2")) == [("4.2", "version_range")]


def test_csaf_remedies_are_not_overruled():
    none = {"category": "none_available", "details": "Not yet.", "product_ids": ["P1"]}
    assert fixes.fix_state(csaf([none])) == "no_fix"
    fix = {"category": "vendor_fix", "details": "Update.", "product_ids": ["P1"]}
    assert builds(csaf([fix])) == [("", "")]


def test_deriving_twice_changes_nothing():
    found = Vulnerability(status={"known_affected": ("A",)}, scores=[Score("3.1", VECTOR, 9.8, ("A",))])
    advisory = Advisory("csaf", "X", "X", "Own", products=[ProductEntry("A", "A")], vulnerabilities=[found])
    derive(advisory)
    derive(advisory)
    assert found.remedies == [Remedy("vendor_fix", "An official fix exists", ("A",), origin="cvss")]


def test_a_series_of_versions_is_no_fixed_version():
    """CVE-2024-9537 names "lessThan: 10.1.x" for a line of versions that gets a correction of its own."""
    found = only(record({"version": "0", "lessThan": "12.1.3"}, {"version": "0", "lessThan": "10.1.x"}))
    assert [each.fixed_build for each in found.remedies] == ["12.1.3"]
    assert sorted(fixes.states_of_products(found).values()) == ["fixed", "not_stated"]


@pytest.mark.parametrize(
    ("details", "is_fix"),
    [
        ("Restrict network access to the integrated webserver.", False),  # ICSA-19-227-04
        ("Apply appropriate strategies for mitigation as described in the general section.", False),
        ("Acme directs all users to stop using their remote controllers and to return them.", False),
        ("Disable the service, then update to V2.1.", True),
        ("Update to V3.0.2 or later version", True),
        ("Acme has released a firmware patch for this issue.", True),
        ("Install KB5026361 and restrict access.", True),
        ("Aktualisieren Sie auf die neue Ausgabe", True),
        ("", True),
    ],
)
def test_advice_to_protect_a_product_is_no_fix_whatever_it_is_listed_as(details, is_fix):
    said = Vulnerability(status={"known_affected": ("A",)}, remedies=[Remedy("vendor_fix", details, ("A",))])
    assert fixes.has_fix(said) is is_fix
    assert fixes.states_of_products(said) == {"A": "fixed" if is_fix else "not_stated"}
