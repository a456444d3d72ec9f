"""CVE records: the authority's words, what CISA adds, and what is rejected."""

from datetime import UTC, datetime

import pytest

from advisories.advisory import Remedy, Threat, Unusable
from advisories.cve import read
from tests.advisories.documents import CVE, REJECTED, copy_of


@pytest.fixture
def record():
    return read.read(CVE)[0]


@pytest.fixture
def hole(record):
    return record.vulnerabilities[0]


def test_head(record):
    assert (record.publisher, record.tracking_id, record.title) == (
        "CVE Program",
        "CVE-2026-2000",
        "Gate lets anyone in",
    )
    assert (record.publisher_authority, record.aliases, record.version) == ("Assigned by acme", ["AC-7"], "2")
    assert record.initial_release_at == datetime(2026, 3, 1, 8, tzinfo=UTC)
    assert record.warnings == ["/containers/cna/references/1/url: not a web address: 'javascript:alert(1)'"]


def test_versions_as_people_write_them(record, hole):
    names = {entry.id: f"{entry.product} {entry.version}" for entry in record.products}
    assert {state: [names[name] for name in ids] for state, ids in hole.status.items()} == {
        "known_affected": ["Gate >= 1.0, < 1.9", "Gate >= 2.0, < 2.0.4", "Box other versions"],
        "known_not_affected": ["Gate <= 0.9"],
        "fixed": ["Gate 2.0.4", "Box >= 3.1"],
        "under_investigation": ["Lid "],
    }


def test_products_of_others_count_only_where_the_author_names_none(record):
    assert not any(entry.product == "gate_os" for entry in record.products)
    vague = copy_of(CVE)
    vague["containers"]["cna"]["affected"] = [
        {"vendor": "n/a", "product": "n/a", "versions": [{"version": "n/a", "status": "affected"}]}
    ]
    assert [entry.product for entry in read.read(vague)[0].products] == ["gate_os"]


def test_html_is_preferred_and_cleaned(hole):
    assert hole.notes[0].text == "A **hole**."


def test_what_to_do_is_for_the_affected(hole):
    affected = hole.status["known_affected"]
    assert [fix for fix in hole.remedies if not fix.origin] == [
        Remedy("workaround", "Block port 99.", affected),
        Remedy("vendor_fix", "Update to 2.0.4.", affected),
    ]


def test_ranges_name_the_fixed_versions(hole):
    assert [(fix.fixed_build, fix.origin) for fix in hole.remedies if fix.origin] == [
        ("1.9", "version_range"),
        ("2.0.4", "version_range"),
        ("3.1", "version_range"),
    ]


def test_exploitation_by_the_words_of_cisa(hole):
    assert hole.is_exploited
    day = datetime(2026, 3, 2, tzinfo=UTC)
    assert [threat for threat in hole.threats if threat.at] == [
        Threat("exploit_status", words, day)
        for words in (
            "SSVC: Exploitation: active; Automatable: yes; Technical Impact: total",
            "Exploited: Yes (in CISA's KEV catalogue since 2026-03-02)",
        )
    ]


def test_scores_by_version_and_severity_from_the_vectors(record, hole):
    assert [(score.version, score.stated) for score in hole.scores] == [("3.1", 5.0), ("4.0", 9.3)]
    assert record.severity == "critical"


def test_addresses_come_once(hole):
    assert [(link.url, link.summary) for link in hole.references] == [
        ("https://acme.example/r", "Report"),
        ("https://cisa.example/kev", "https://cisa.example/kev"),
    ]


def test_a_rejected_record_says_why():
    (record,) = read.read(REJECTED)
    hole = record.vulnerabilities[0]
    assert hole.is_rejected and [note.text for note in hole.notes] == ["It was a feature."]
    assert record.products == [] and record.severity == ""


@pytest.mark.parametrize("name", ["", "CVE-26-1", "CVE-2026-" + "1" * 40, 7, None])
def test_without_a_cve_id_it_is_refused(name):
    record = copy_of(CVE)
    record["cveMetadata"]["cveId"] = name
    with pytest.raises(Unusable, match="/cveMetadata/cveId"):
        read.read(record)
