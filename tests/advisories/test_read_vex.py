"""OpenVEX and CycloneDX VEX: statuses, justifications, what a later statement replaces, who says it."""

from datetime import UTC, datetime

import pytest

from advisories.advisory import Unusable
from advisories.cyclonedx import read as read_cyclonedx
from advisories.openvex import read as read_openvex
from tests.advisories.documents import copy_of
from tests.advisories.record_documents import CYCLONEDX, OPENVEX, OPENVEX_OLD


def openvex(document=OPENVEX, **changes):
    (advisory,) = read_openvex.read({**copy_of(document), **changes})
    return advisory


def cyclonedx(**changes):
    (advisory,) = read_cyclonedx.read({**copy_of(CYCLONEDX), **changes})
    return advisory


def statuses(advisory):
    """{CVE or title: {status: [names of products]}}."""
    names = {entry.id: entry.name for entry in advisory.products}
    return {
        each.cve or each.title: {status: [names[name] for name in ids] for status, ids in each.status.items()}
        for each in advisory.vulnerabilities
    }


def test_head_of_openvex():
    advisory = openvex()
    assert (advisory.publisher, advisory.publisher_category) == ("Own Vendor", "vendor")
    assert (advisory.tracking_id, advisory.publisher_namespace) == (
        "https://own.example/vex/7",
        "https://own.example",
    )
    assert advisory.title == "VEX of Own Vendor: CVE-2026-5005, CVE-2026-5006"
    assert [(entry.number, entry.legacy) for entry in advisory.history] == [("1", ""), ("2", "3")]
    assert advisory.current_release_at == datetime(2026, 5, 2, 10, tzinfo=UTC)


def test_a_later_statement_replaces_an_earlier_one():
    assert statuses(openvex()) == {
        "CVE-2026-5005": {"known_not_affected": ["gate 4.1", "own gate box 2.0"]},
        "CVE-2026-5006": {"known_affected": ["gate 4.1"]},
    }


def test_justifications_and_actions_of_openvex():
    first, second = openvex().vulnerabilities
    assert first.flags == [("vulnerable_code_not_present", ("pkg:deb/own/gate@4.1", "gate-box"))]
    assert {threat.details for threat in first.threats} == {"It is not built in."}
    assert first.other_ids == [("GHSA", "GHSA-dddd-eeee-ffff")]
    assert ("Components", "pkg:generic/zlib@1.2") in [(note.title, note.text) for note in first.notes]
    assert [(each.kind, each.details) for each in second.remedies] == [("mitigation", "Lock it.")]


def test_products_of_openvex_have_their_identifiers():
    entries = openvex().products
    assert [(entry.id, entry.purl, entry.cpe, entry.version) for entry in entries] == [
        ("pkg:deb/own/gate@4.1", "pkg:deb/own/gate@4.1", "", "4.1"),
        ("gate-box", "", "cpe:2.3:a:own:gate_box:2.0:*:*:*:*:*:*:*", "2.0"),
    ]


def test_openvex_0_0_1():
    advisory = openvex(OPENVEX_OLD)
    assert statuses(advisory) == {"CVE-2026-5007": {"fixed": ["gate 1"]}}
    assert advisory.publisher_namespace == ""


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"author": ""}, "/author"), ({"@id": None}, "/@id"), ({"statements": []}, "/statements")],
)
def test_openvex_without_what_identifies_it_is_refused(changes, reason):
    with pytest.raises(Unusable, match=reason):
        openvex(**changes)


def test_head_of_cyclonedx():
    advisory = cyclonedx()
    assert (advisory.publisher, advisory.tracking_id) == (
        "Own Vendor",
        "urn:uuid:11111111-2222-4333-8444-555555555555",
    )
    assert advisory.title.startswith("VEX of Gate 4.1: CVE-2026-5008, ")
    assert (advisory.severity, advisory.warnings) == ("critical", [])


def test_states_of_cyclonedx():
    assert statuses(cyclonedx()) == {
        "CVE-2026-5008": {
            "known_affected": ["Gate >= 4.0, < 4.3", "innerlib 9"],
            "known_not_affected": ["Gate 4.3"],
        },
        "CVE-2026-5009": {"known_not_affected": ["gatelib 1.0"]},
        "CVE-2026-5010": {"fixed": ["Gate 4.1"]},
        "OWN-1": {"known_affected": ["elsewhere 2.0"]},
    }


def test_ranges_of_cyclonedx_can_be_compared():
    entries = {entry.name: entry for entry in cyclonedx().products}
    assert entries["Gate >= 4.0, < 4.3"].vers == "vers:semver/>=4.0|<4.3"
    assert entries["gatelib 1.0"].purl == "pkg:npm/gatelib@1.0"


def test_remedies_and_justifications_of_cyclonedx():
    first, second, *_rest = cyclonedx().vulnerabilities
    assert [(each.kind, each.details) for each in first.remedies] == [
        ("vendor_fix", "Update to 4.3."),
        ("workaround", "Lock it."),
    ]
    assert first.other_ids == [("GHSA", "GHSA-gggg-hhhh-jjjj")]
    assert [label for label, _ids in second.flags] == ["vulnerable_code_not_in_execute_path"]
    assert [threat.details for threat in second.threats] == ["Code not reachable: Never called."]
    assert second.remedies == []  # nothing is affected, so nothing stays unfixed


def test_an_issuer_that_is_not_named_is_said():
    advisory = cyclonedx(metadata={})
    assert advisory.publisher == "Unknown issuer"
    assert advisory.warnings == ["/metadata: neither a supplier, a manufacturer nor an author is named"]


def test_without_a_serial_number_the_content_is_the_identity():
    first = cyclonedx(serialNumber=None).tracking_id
    assert first == cyclonedx(serialNumber=None).tracking_id
    assert first != cyclonedx(serialNumber=None, version=2).tracking_id


def test_what_is_not_affected_raises_no_severity():
    second = copy_of(CYCLONEDX)["vulnerabilities"][1]
    second["ratings"] = [{"severity": "critical"}]
    assert cyclonedx(vulnerabilities=[second]).severity == ""


def test_a_later_major_version_is_refused():
    with pytest.raises(Unusable, match=r"/specVersion: .2\.0. is not 1\.4 to 1\.7"):
        cyclonedx(specVersion="2.0")


def test_forms_of_cyclonedx_that_the_schema_forbids_and_documents_have():
    entry = {
        "id": "CVE-2026-5020",
        "ratings": [{"method": "CVSSv31", "vector": "AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:H/A:N", "score": 7.5}],
        "analysis": {"state": "exploitable", "response": "update"},
        "affects": [{"ref": "main", "versions": {"range": "vers:semver/<7.0.0|>1.5.0", "state": "affected"}}],
    }
    advisory = cyclonedx(vulnerabilities=[entry])
    (found,) = advisory.vulnerabilities
    assert statuses(advisory) == {"CVE-2026-5020": {"known_affected": ["Gate < 7.0.0, > 1.5.0"]}}
    assert [score.version for score in found.scores] == ["3.1"] and advisory.severity == "important"
    assert [each.kind for each in found.remedies] == ["vendor_fix"] and advisory.warnings == []


def test_one_entry_for_each_component_is_one_vulnerability():
    entries = [
        {"id": "CVE-2026-5021", "description": "Overflow.", "affects": [{"ref": f"pkg:npm/a{n}@1"}]}
        for n in range(2_000)
    ]
    advisory = cyclonedx(vulnerabilities=entries)
    (found,) = advisory.vulnerabilities
    assert (len(found.status["known_affected"]), len(found.notes), advisory.warnings) == (2_000, 1, [])
