"""NVD, GCVE and Microsoft's JSON: products, withdrawal, exploitation, publishers of their own."""

import io
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from advisories import recognise
from advisories.advisory import Exploitation, Unusable
from advisories.gcve import read as read_gcve
from advisories.msrc import read as read_msrc
from advisories.nvd import read as read_nvd
from tests.advisories.documents import CVRF, copy_of
from tests.advisories.record_documents import ASSERTION, GCVE, MSRC, NVD


def nvd(number=0, **changes):
    item = copy_of(NVD)["vulnerabilities"][number]
    item["cve"] |= changes
    (advisory,) = read_nvd.read(item)
    return advisory


def gcve(**extension):
    document = copy_of(GCVE)
    document["containers"]["cna"]["x_gcve"][0] |= extension
    (advisory,) = read_gcve.read(document)
    return advisory


def test_head_of_nvd():
    advisory = nvd()
    assert (advisory.publisher, advisory.tracking_id) == ("National Vulnerability Database", "CVE-2026-5011")
    assert advisory.title == "Gate before 4.2 has an overflow"
    assert advisory.publisher_authority == "Assigned by psirt@own.example"
    assert advisory.severity == "low"  # NVD's own rating, not that of the CNA
    assert len(advisory.vulnerabilities[0].scores) == 2


def test_products_of_nvd():
    advisory = nvd()
    assert [(entry.vendor, entry.product, entry.version, entry.vers) for entry in advisory.products] == [
        ("own", "gate keeper", ">= 4.0, < 4.2", "vers:generic/>=4.0|<4.2"),
        ("own", "gate keeper", "> 5.0, <= 5.9", "vers:generic/>5.0|<=5.9"),
        ("own", "lid:x", "1.0 beta", ""),
    ]
    (found,) = advisory.vulnerabilities
    assert [(each.fixed_build, each.product_ids) for each in found.remedies] == [("4.2", ("NVDPID-0001",))]
    assert any("not a CPE: 'nonsense'" in warning for warning in advisory.warnings)


def test_a_patch_that_only_a_reference_names():
    (found,) = nvd(configurations=[]).vulnerabilities
    assert [(each.url, each.origin) for each in found.remedies] == [
        ("https://own.example/patch", "patch_reference")
    ]


def test_an_unsupported_product_will_get_no_fix():
    (found,) = nvd(
        configurations=[], references=[], cveTags=[{"tags": ["unsupported-when-assigned"]}]
    ).vulnerabilities
    assert [each.kind for each in found.remedies] == ["no_fix_planned"]


def test_exploitation_is_that_of_cisa():
    (found,) = nvd().vulnerabilities
    assert found.is_exploited
    assert found.exploitation == [
        Exploitation(
            "CISA KEV",
            datetime(2026, 5, 2, tzinfo=UTC),
            "https://www.cisa.gov/known-exploited-vulnerabilities-catalog?search_api_fulltext=CVE-2026-5011",
            "Apply updates.",
        )
    ]


def test_rejected_by_nvd():
    advisory = nvd(1)
    assert advisory.status == "withdrawn" and advisory.vulnerabilities[0].is_rejected


def test_an_answer_of_nvd_is_a_list_and_one_bad_record_stops_nothing():
    document = copy_of(NVD)
    document["vulnerabilities"].insert(1, {"cve": {"id": "no", "descriptions": []}})
    results = dict(recognise.iterate(_stream(document), "f"))
    assert list(results) == ["f, entry 1", "f, entry 2", "f, entry 3"]
    assert str(results["f, entry 2"]).startswith("f, entry 2: ")
    first = recognise.read(json.dumps(document).encode(), "f")
    assert [each.tracking_id for each in first] == ["CVE-2026-5011", "CVE-2026-5012"]
    assert first[0].warnings[0].startswith("f, entry 2: ")


def _stream(document):
    return io.BytesIO(json.dumps(document).encode())


def test_an_answer_without_records():
    with pytest.raises(Unusable, match="this answer of NVD has no records"):
        recognise.read(json.dumps({**NVD, "vulnerabilities": []}).encode(), "f")


def test_gcve():
    advisory = gcve()
    assert (advisory.format, advisory.publisher, advisory.tracking_id) == (
        "gcve",
        "GCVE GNA 1",
        "GCVE-1-2026-0018",
    )
    (found,) = advisory.vulnerabilities
    assert (found.cve, found.other_ids) == ("CVE-2026-5013", [("GCVE", "GCVE-1-2026-0018")])
    assert advisory.severity == "critical" and [entry.product for entry in advisory.products] == ["Gate"]
    assert "CVE-0000" not in repr(advisory)


def test_a_gcve_record_without_a_title_has_no_placeholder():
    document = copy_of(GCVE)
    del document["containers"]["cna"]["title"], document["containers"]["cna"]["descriptions"]
    (advisory,) = read_gcve.read(document)
    assert advisory.title == "GCVE-1-2026-0018"
    assert "CVE-0000" not in repr(advisory)


def test_supplements_of_gcve_are_refused_and_deprecations_withdrawn():
    with pytest.raises(Unusable, match="type comment about CVE-2026-5013, CVE-2026-1"):
        gcve(recordType="comment")
    assert gcve(recordType="deprecation").status == "withdrawn"
    assert gcve(recordType="something new").status == "final"


def test_a_record_of_the_cve_program_stays_one():
    document = copy_of(GCVE)
    document["cveMetadata"] = {"cveId": "CVE-2026-5013", "state": "PUBLISHED"}
    document["containers"]["cna"]["x_gcve"][0]["vulnId"] = "GCVE-0-2026-5013"
    (advisory,) = recognise.read(json.dumps(document).encode(), "f")
    assert (advisory.format, advisory.tracking_id) == ("cve", "CVE-2026-5013")


def test_an_assertion_is_no_advisory():
    with pytest.raises(Unusable, match="enrich --exploited"):
        recognise.read(json.dumps(ASSERTION).encode(), "f")


def test_the_json_and_the_xml_of_a_month_are_the_same_advisories():
    from_json = read_msrc.read(copy_of(MSRC))
    from_xml = recognise.read(CVRF.encode(), "f")
    assert [each.format for each in from_json] == ["msrc", "msrc"]
    assert [replace(each, format="cvrf") for each in from_json] == from_xml


def test_a_month_of_the_api_is_from_microsoft_when_it_does_not_say():
    document = copy_of(MSRC)
    document["DocumentPublisher"] = {"Type": 0}
    document["ProductTree"] = {"FullProductName": [{"ProductID": "1", "Value": "Gate 10"}]}
    advisories = read_msrc.read(document)
    assert {each.publisher for each in advisories} == {"Microsoft"}


def test_an_empty_month_says_so():
    with pytest.raises(Unusable, match="no vulnerabilities"):
        read_msrc.read({**copy_of(MSRC), "Vulnerability": []})
