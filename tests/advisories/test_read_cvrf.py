"""A month is one advisory per vulnerability, in Markdown, with one remedy where Microsoft writes many."""

import pytest

from advisories.advisory import KnownIssue, Remedy, RevisionEntry, Score, Threat, Unusable
from advisories.recognise import read
from tests.advisories.documents import CVRF


def month(text=CVRF):
    return read(text.encode(), "file.xml")


@pytest.fixture
def gate():
    return month()[0]


def test_each_vulnerability_is_an_advisory_of_that_month(gate):
    assert [advisory.tracking_id for advisory in month()] == ["CVE-2026-3000", "ADV260001"]
    assert (gate.publisher, gate.month, gate.status, gate.title) == (
        "Acme",
        "2026-03",
        "final",
        "Gate falls open",
    )
    assert gate.warnings == []


def test_an_advisory_brings_only_the_products_that_it_names(gate):
    assert [entry.name for entry in gate.products] == ["Gate 10", "Gate 11"]
    assert gate.products[0].vendor == "Acme" and ("product_family", "Locks") in gate.products[0].path


def test_html_becomes_markdown_without_scripts(gate):
    notes = {note.category: note for note in gate.vulnerabilities[0].notes}
    assert notes["description"].text == "It **falls**\nopen."
    assert (notes["other"].title, notes["other"].text) == ("Tag", "Locks")


def test_the_same_fix_of_many_products_is_one(gate):
    assert gate.vulnerabilities[0].remedies == [
        Remedy(
            "vendor_fix",
            "Security Update",
            ("1", "2"),
            "https://acme.example/5000001",
            None,
            "system",
            update="KB5000001",
            supersedes="KB4000001",
            fixed_build="10.0.1",
        ),
        Remedy("workaround", "- Lock it.", ("1", "2")),
    ]


def test_known_issues_are_no_remedies(gate):
    assert gate.vulnerabilities[0].known_issues == [
        KnownIssue("KB5000001", "", "https://acme.example/issues", ("1",))
    ]


def test_severity_scores_and_exploitation(gate):
    found = gate.vulnerabilities[0]
    assert gate.severity == "important" and found.is_exploited
    assert found.scores == [
        Score("3.1", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N/E:U/RL:O/RC:C", 7.5, ("1",))
    ]
    assert Threat("impact", "Spoofing", None, ("1", "2")) in found.threats


def test_revisions_are_counted_and_the_issuers_number_is_kept(gate):
    assert [(entry.number, entry.legacy, entry.summary) for entry in gate.history] == [
        ("1", "1.0", "Published.")
    ]
    assert isinstance(gate.history[0], RevisionEntry) and gate.history[0].at.tzinfo


def test_an_id_that_is_no_cve_is_the_issuers(gate):
    guidance = month()[1].vulnerabilities[0]
    assert (guidance.cve, guidance.other_ids) == ("", [("Acme", "ADV260001")])


def test_thanks_come_without_tags(gate):
    assert gate.vulnerabilities[0].acknowledgments == [{"names": ["Ada"]}]


def test_a_month_without_vulnerabilities_has_no_advisories():
    head, _, _ = CVRF.partition("<vuln:Vulnerability ")
    assert month(head + "</cvrf:cvrfdoc>") == []


def test_another_cvrf_document_is_one_advisory():
    (whole,) = month(CVRF.replace("2026-Mar", "ACME-SA-7"))
    assert (whole.tracking_id, whole.month, len(whole.vulnerabilities)) == ("ACME-SA-7", "", 2)


def test_a_cve_that_comes_twice_is_one_advisory():
    twice = month(CVRF.replace("ADV260001", "CVE-2026-3000"))
    assert [advisory.tracking_id for advisory in twice] == ["CVE-2026-3000"]
    assert any("described twice" in warning for warning in twice[0].warnings)


def test_without_an_id_it_is_refused():
    with pytest.raises(Unusable, match="Identification/ID"):
        month(CVRF.replace("<cvrf:ID>2026-Mar</cvrf:ID>", ""))
