"""CSAF 2.1 is read with its own meaning, and an unknown version is refused."""

import json
from datetime import UTC, datetime

import pytest

from advisories import recognise
from advisories.advisory import Exploitation, Metric, Unusable
from advisories.csaf import read, validator_process
from advisories.csaf.write import to_bytes, write
from tests.advisories.documents import copy_of

V4 = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"
DAY = datetime(2026, 11, 19, tzinfo=UTC)
CSAF21 = {
    "$schema": "https://docs.oasis-open.org/csaf/csaf/v2.1/schema/csaf.json",
    "document": {
        "category": "csaf_security_advisory",
        "csaf_version": "2.1",
        "distribution": {"tlp": {"label": "CLEAR"}},
        "lang": "en",
        "license_expression": "CC-BY-4.0",
        "publisher": {
            "category": "vendor",
            "name": "Acme",
            "namespace": "https://acme.example",
            "contact": {"email": "psirt@acme.example", "url": "https://acme.example/psirt"},
        },
        "title": "Overflow in Gate",
        "tracking": {
            "current_release_date": "2026-11-20T10:00:00Z",
            "id": "ACME-21",
            "initial_release_date": "2026-11-20T10:00:00Z",
            "revision_history": [{"date": "2026-11-20T10:00:00Z", "number": "1", "summary": "First"}],
            "status": "final",
            "version": "1",
        },
        "notes": [{"category": "summary", "text": "A buffer overflow."}],
        "involvement": {
            "entities": [
                {"category": "discoverer", "entity_id": "EID-1", "name": "Ada"},
                {"category": "vendor", "entity_id": "EID-2", "name": "Acme"},
            ],
            "actions": [
                {
                    "action_id": "A1",
                    "category": "notification",
                    "status": "completed",
                    "date": "2026-10-01T00:00:00Z",
                    "acting_entity_refs": ["EID-1"],
                    "receiving_entity_refs": ["EID-2"],
                    "dl_vuln_ids": ["VULN-1"],
                    "summary": "Informed.",
                }
            ],
        },
    },
    "product_tree": {
        "branches": [
            {
                "category": "vendor",
                "name": "Acme",
                "branches": [
                    {
                        "category": "product_name",
                        "name": "Gate",
                        "branches": [
                            {
                                "category": "product_version_range",
                                "name": "vers:semver/<4.2.0",
                                "product": {
                                    "name": "Gate < 4.2.0",
                                    "product_id": "P1",
                                    "product_identification_helper": {
                                        "purls": ["pkg:generic/gate", "pkg:generic/gate?arch=arm64"]
                                    },
                                },
                            },
                            {
                                "category": "product_version",
                                "name": "4.2.0",
                                "product": {"name": "Gate 4.2.0", "product_id": "P2"},
                            },
                        ],
                    }
                ],
            },
            {
                "category": "platform",
                "name": "Box",
                "product": {"name": "Box", "product_id": "BOX"},
            },
        ],
        "full_product_names": [
            {"name": "OwnOS 7", "product_id": "OS"},
            {"name": "Old thing", "product_id": "OLD"},
        ],
        "product_paths": [
            {
                "beginning_product_reference": "P1",
                "full_product_name": {"name": "Gate on OwnOS on Box", "product_id": "P1OS"},
                "subpaths": [
                    {"category": "installed_on", "next_product_reference": "OS"},
                    {"category": "installed_on", "next_product_reference": "BOX"},
                ],
            }
        ],
    },
    "vulnerabilities": [
        {
            "cve": "CVE-2026-99021",
            "dl_vuln_id": "VULN-1",
            "title": "Overflow",
            "cwes": [
                {"id": "CWE-787", "name": "Out-of-bounds Write", "version": "4.15"},
                {"id": "CWE-20", "name": "Improper Input Validation", "version": "4.15"},
            ],
            "disclosure_date": "2026-11-20T10:00:00Z",
            "first_known_exploitation_dates": [
                {
                    "date": "2026-11-19T00:00:00Z",
                    "exploitation_date": "2026-11-18T00:00:00Z",
                    "product_ids": ["P1"],
                }
            ],
            "metrics": [
                {
                    "content": {
                        "cvss_v4": {
                            "version": "4.0",
                            "vectorString": V4,
                            "baseScore": 9.3,
                            "baseSeverity": "CRITICAL",
                        },
                        "epss": {
                            "percentile": "0.99100",
                            "probability": "0.91000",
                            "timestamp": "2026-11-19T00:00:00Z",
                        },
                    },
                    "products": ["P1", "P1OS"],
                },
            ],
            "notes": [{"category": "description", "text": "Only this one.", "product_ids": ["P1"]}],
            "product_status": {"known_affected": ["P1", "P1OS"], "fixed": ["P2"], "unknown": ["OLD"]},
            "remediations": [
                {"category": "vendor_fix", "details": "Update to 4.2.0.", "product_ids": ["P1"]},
                {"category": "fix_planned", "details": "Branch 3 in January.", "product_ids": ["P1OS"]},
                {"category": "optional_patch", "details": "The add-on.", "product_ids": ["OLD"]},
            ],
        }
    ],
}


def one(document):
    """The advisory of a document, read from its bytes."""
    (advisory,) = recognise.read(json.dumps(document).encode(), "f")
    return advisory


def changed(**parts):
    """A copy of CSAF21 with other parts of its one vulnerability."""
    document = copy_of(CSAF21)
    document["vulnerabilities"][0] |= parts
    return document


def metric(content, **more):
    """A vulnerability whose only metric has this content."""
    return one(changed(metrics=[{"content": content, "products": ["P1"], **more}])).vulnerabilities[0]


def test_the_document_of_these_tests_is_valid():
    assert validator_process.problems(json.dumps(CSAF21).encode()) == []


def test_score_cwes_dates_and_exploitation_are_read():
    advisory = one(CSAF21)
    (hole,) = advisory.vulnerabilities
    assert advisory.severity == "critical" and [each.vector for each in hole.scores] == [V4]
    assert (hole.cwe, hole.other_cwes) == (
        ("CWE-787", "Out-of-bounds Write"),
        [("CWE-20", "Improper Input Validation")],
    )
    assert hole.released_at == datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert hole.is_exploited
    assert hole.exploitation == [
        Exploitation(
            "Acme",
            datetime(2026, 11, 18, tzinfo=UTC),
            details="Exploited: Yes (first known: 2026-11-18)",
        )
    ]
    assert hole.metrics == [Metric("epss", "0.91000", "0.99100", DAY, product_ids=("P1", "P1OS"))]
    assert hole.notes[0].product_ids == ("P1",)
    assert [each.kind for each in hole.remedies] == ["vendor_fix", "fix_planned", "optional_patch"]
    assert hole.status["unknown"] == ("OLD",)


def test_products_have_all_purls_ranges_and_paths():
    found = {each.id: each for each in one(CSAF21).products}
    assert (found["P1"].purl, found["P1"].helpers) == (
        "pkg:generic/gate",
        {"purls": ["pkg:generic/gate?arch=arm64"]},
    )
    assert (found["P1"].vers, found["P1"].is_range) == ("vers:semver/<4.2.0", True)
    assert found["P1OS"].part_of == ("installed_on", "P1", "OS")
    assert found["P1OS"].subpaths == (("installed_on", "BOX"),)


def test_contact_licence_and_involvement_are_read():
    advisory = one(CSAF21)
    assert advisory.publisher_contact == "psirt@acme.example\nhttps://acme.example/psirt"
    assert advisory.license == "CC-BY-4.0"
    assert advisory.notes[-1].title == "Involvement"
    assert advisory.notes[-1].text == "- 2026-10-01: notification (completed), Ada → Acme: Informed."


def test_an_action_of_exploitation_is_a_source_of_it():
    document = changed(first_known_exploitation_dates=[])
    document["document"]["involvement"]["actions"][0] |= {"category": "exploitation"}
    (hole,) = one(document).vulnerabilities
    assert hole.is_exploited and hole.exploitation[0].details == "Informed."


@pytest.mark.parametrize(
    ("rating", "severity"), [("critical", "critical"), ("high", "important"), ("none", "")]
)
def test_a_qualitative_rating_is_the_severity_where_nothing_is_scored(rating, severity):
    document = changed(metrics=[{"content": {"qualitative_severity_rating": rating}, "products": ["P1"]}])
    assert one(document).severity == severity


@pytest.mark.parametrize(
    "selection",
    [
        {"namespace": "ssvc", "key": "E", "name": "Exploitation", "values": [{"key": "A", "name": "Active"}]},
        {"namespace": "ssvc", "key": "E", "values": [{"key": "A"}]},
        {"namespace": "ssvc", "name": "Exploitation", "values": ["Active"]},
    ],
)
def test_an_active_exploitation_of_ssvc_counts_with_its_source(selection):
    decision = {"timestamp": "2026-11-19T00:00:00Z", "selections": [selection]}
    document = changed(
        first_known_exploitation_dates=[],
        metrics=[{"content": {"ssvc_v2": decision}, "products": ["P1"], "source": "https://www.cisa.gov/x"}],
    )
    (hole,) = one(document).vulnerabilities
    assert hole.is_exploited and hole.metrics[0].kind == "ssvc"
    assert (hole.exploitation[0].source, hole.exploitation[0].at) == ("CISA SSVC", DAY)
    assert hole.exploitation[0].url == "https://www.cisa.gov/x"


def test_a_poc_is_no_exploitation():
    decision = {"selections": [{"namespace": "ssvc", "name": "Exploitation", "values": ["Public PoC"]}]}
    document = changed(
        first_known_exploitation_dates=[], metrics=[{"content": {"ssvc_v1": decision}, "products": ["P1"]}]
    )
    assert not one(document).vulnerabilities[0].is_exploited


def test_a_score_of_somebody_else_says_so():
    hole = metric({"cvss_v4": {"version": "4.0", "vectorString": V4}}, source="https://nvd.example/")
    assert hole.scores[0].source == "https://nvd.example/"


@pytest.mark.parametrize(
    ("distribution", "label"),
    [
        ({"tlp": {"label": "CLEAR"}}, "CLEAR"),
        ({"tlp": {"label": "AMBER+STRICT"}}, "AMBER+STRICT"),
        ({"tlp": {"label": "WHITE"}}, "CLEAR"),
        ({"tlp": {"label": "PINK"}}, "RED"),
        ({}, "RED"),
        (
            {
                "tlp": {"label": "CLEAR"},
                "sharing_group": {"id": "ffffffff-ffff-ffff-ffff-ffffffffffff"},
            },
            "CLEAR",
        ),
        (
            {
                "tlp": {"label": "CLEAR"},
                "sharing_group": {"id": "5868d6a3-8ae2-4d3c-a5ab-1a5f9b8e4f3b", "name": "Bank"},
            },
            "RED",
        ),
    ],
)
def test_labels_of_tlp_2(distribution, label):
    document = copy_of(CSAF21)
    document["document"]["distribution"] = distribution
    assert one(document).tlp == label


def test_a_withdrawn_document_is_withdrawn():
    document = copy_of(CSAF21)
    document["document"]["category"] = "csaf_withdrawn"
    assert one(document).status == "withdrawn"


def test_an_extension_is_named_in_a_warning():
    extension = {
        "$schema": "https://acme.example/ext_1.0.0.json",
        "category": "essential",
        "critical": False,
        "content": {"a": 1},
    }
    advisory = one(changed(x_extensions=[extension]))
    assert any("https://acme.example/ext_1.0.0.json (essential)" in each for each in advisory.warnings)


@pytest.mark.parametrize("version", ["2.2", "3.0", "2.10", "1.0", "2", ""])
def test_an_unknown_version_is_refused_with_what_can_be_done(version):
    document = copy_of(CSAF21)
    document["document"]["csaf_version"] = version
    with pytest.raises(Unusable, match=r"2\.0 and 2\.1 can be read: ask the issuer"):
        one(document)


def test_our_own_document_about_it_is_valid_and_loses_nothing_but_the_longer_path():
    advisory = one(CSAF21)
    document = to_bytes(write(advisory))
    assert validator_process.problems(document) == []
    back = read.read(json.loads(document))[0]
    hole, again = advisory.vulnerabilities[0], back.vulnerabilities[0]
    assert (again.metrics, again.scores, again.cwe, again.other_cwes) == (
        hole.metrics,
        hole.scores,
        hole.cwe,
        hole.other_cwes,
    )
    assert (again.status, again.remedies) == (hole.status, hole.remedies)
    assert {each.id: each.helpers for each in back.products} == {
        each.id: each.helpers for each in advisory.products
    }
    assert to_bytes(write(back)) == document


def test_the_rules_of_2_1_are_checked_by_its_validator():
    broken = changed(metrics=[{"content": {}, "products": ["P1"]}])
    assert any("/metrics/" in each for each in validator_process.problems(json.dumps(broken).encode()))


@pytest.mark.parametrize(
    "part",
    [
        {"metrics": 7},
        {"metrics": [7, {"content": 7}, {"content": {"ssvc_v2": {"selections": 7}}}]},
        {"metrics": [{"content": {"epss": {"probability": "2"}}, "products": ["P1"]}]},
        {"cwes": [{"id": 7}, {"id": "CWE-x"}]},
        {"first_known_exploitation_dates": [{"date": "never"}]},
    ],
)
def test_nonsense_is_left_out(part):
    (hole,) = one(changed(**{"first_known_exploitation_dates": []} | part)).vulnerabilities
    assert not hole.is_exploited and hole.remedies
