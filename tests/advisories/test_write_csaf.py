"""What is published passes the validator, and reads back as what was published."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from advisories import recognise
from advisories.advisory import (
    Advisory,
    KnownIssue,
    Note,
    ProductEntry,
    Remedy,
    RevisionEntry,
    Score,
    Vulnerability,
)
from advisories.completion import stated
from advisories.csaf import read, validator_process
from advisories.csaf.write import Publisher, to_bytes, write
from advisories.cve import read as read_cve
from tests.advisories.documents import CSAF, CVE, CVRF, REJECTED

WORST = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
V4 = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"
SITE = Publisher("Redoubt", "https://redoubt.example", "other")
DAY = datetime(2026, 5, 1, tzinfo=UTC)


def again(advisory, **options):
    """The advisory as it comes back from what was written."""
    return read.read(json.loads(to_bytes(write(advisory, **options))))[0]


def documents():
    """One advisory of each kind."""
    advisories = (
        read.read(CSAF) + read_cve.read(CVE) + read_cve.read(REJECTED) + recognise.read(CVRF.encode(), "")
    )
    return [pytest.param(advisory, id=advisory.tracking_id) for advisory in advisories]


@pytest.mark.parametrize("advisory", documents())
def test_the_written_document_is_lawful_and_comes_back(advisory):
    assert validator_process.problems(to_bytes(write(advisory))) == []
    back = again(advisory)
    said = replace(stated(advisory), format="csaf", warnings=[], category=back.category)
    assert stated(back) == said
    assert again(back) == back


@pytest.mark.parametrize("advisory", documents())
def test_the_site_as_publisher(advisory):
    options = {"publisher": SITE, "tracking_id": "RB-2026-001", "self_url": "https://redoubt.example/1.json"}
    document = write(advisory, **options)
    assert validator_process.problems(to_bytes(document)) == []
    back = again(advisory, **options)
    assert (back.publisher, back.tracking_id) == ("Redoubt", "RB-2026-001")
    assert advisory.tracking_id in back.aliases
    assert write(back, **options) == document


def made(**parts):
    """An advisory of a moderator, with one product that is affected."""
    hole = Vulnerability(
        cve="CVE-2026-0001", status={"known_affected": ("P",)}, notes=[Note("summary", "A hole.")], **parts
    )
    return Advisory(
        "csaf",
        "RB-2026-1",
        "A hole",
        "Redoubt",
        "https://redoubt.example",
        severity="important",
        initial_release_at=DAY,
        history=[RevisionEntry("1", DAY, "First.")],
        products=[ProductEntry("P", "Gate")],
        vulnerabilities=[hole],
    )


def only(advisory):
    """Its one vulnerability, after the document was found lawful."""
    assert validator_process.problems(to_bytes(write(advisory))) == []
    return again(advisory).vulnerabilities[0]


def test_scores_that_csaf_cannot_hold_come_back():
    given = [
        Score("3.1", WORST, 5.0, ("P",)),
        Score("3.0", WORST.replace("3.1", "3.0"), 9.8, ("P",)),
        Score("4.0", V4, 9.3, ("P",)),
        Score("3.1", "", 4.0, ("P",)),
    ]
    assert only(made(scores=given)).scores == given


def test_the_written_score_is_the_one_of_its_vector():
    document = write(made(scores=[Score("3.1", WORST, 5.0, ("P",))]))
    inner = document["vulnerabilities"][0]["scores"][0]["cvss_v3"]
    assert (inner["baseScore"], inner["baseSeverity"]) == (9.8, "CRITICAL")


def test_updates_and_known_issues_come_back():
    fix = Remedy(
        "vendor_fix",
        "Security Update",
        ("P",),
        "https://a.example/",
        None,
        "maybe",
        update="KB5000001",
        supersedes="KB4, KB3",
        fixed_build="10.0.1",
    )
    issue = KnownIssue("KB5000001", "Printing stops.\n\nOften.", "https://a.example/i", ("P",))
    back = only(made(remedies=[fix], known_issues=[issue]))
    assert (back.remedies, back.known_issues, len(back.notes)) == ([fix], [issue], 1)


def test_a_remedy_without_any_product_comes_back():
    remedy = Remedy("workaround", "Lock it.\n\nTwice.", url="https://a.example/")
    advisory = made(remedies=[remedy])
    advisory.vulnerabilities[0].status = {}
    assert only(advisory).remedies == [remedy]


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("CVSS", "Its score is high."),
        ("CVSS", "Stated base score: high"),
        ("Remediation", "Lock: it"),
        ("Remediation", "Kind: magic\n\nLock it."),
        ("Remediation", "Kind: workaround\nMore: javascript:x\n\nLock it."),
        ("Known issue", "More: javascript:alert(1)\n\nIt hurts."),
        ("Weakness", "Weakness: being human\n\nx"),
    ],
)
def test_foreign_notes_with_our_titles_stay_notes(title, text):
    advisory = made()
    advisory.vulnerabilities[0].notes = [Note("other", text, title)]
    back = only(advisory)
    assert back.notes == [Note("other", text, title)]
    assert (back.scores, back.remedies, back.known_issues, back.cwe) == ([], [], [], None)


@pytest.mark.parametrize(
    "details", ["Update: " + "x" * 101, "Restart: often", "Update: A\nUpdate: B", "Update: A\nB"]
)
def test_foreign_details_that_look_like_ours_stay_details(details):
    remedy = Remedy("vendor_fix", details, ("P",))
    assert only(made(remedies=[remedy])).remedies == [remedy]


def test_an_edit_of_severity_product_and_remedy_is_in_the_document():
    advisory = again(made(remedies=[Remedy("mitigation", "Lock it.", ("P",))]))
    advisory.severity, advisory.severity_text = "low", "Critical"
    advisory.products = [ProductEntry("P", "Door", "Acme", "Door", "2.0")]
    advisory.vulnerabilities[0].remedies = [Remedy("vendor_fix", "Update.", ("P",))]
    text = to_bytes(write(advisory)).decode()
    assert '"text": "low"' in text and '"name": "Door"' in text and '"details": "Update."' in text
    assert "Lock it." not in text and "Critical" not in text


UNLAWFUL = {
    "no history": {"history": []},
    "numbers that jump": {"history": [RevisionEntry("3", DAY, ""), RevisionEntry("7", DAY, "x")]},
    "numbers of two kinds": {"history": [RevisionEntry("1.0.0", DAY, "a"), RevisionEntry("2", DAY, "b")]},
    "another version": {"version": "9"},
    "nothing said": {"version": "", "title": "", "publisher_namespace": "", "initial_release_at": None},
    "odd words": {
        "category": "CSAF Security-Advisory",
        "publisher_category": "friend",
        "status": "?",
        "language": "qq",
        "tlp": "CLEAR",
    },
    "broken promise": {"category": "csaf_vex"},
    "products twice": {"products": [ProductEntry("P", "Gate"), ProductEntry("P", "Door")]},
    "products in a circle": {
        "products": [
            ProductEntry("P", "Gate", part_of=("installed_on", "Q", "Q")),
            ProductEntry("Q", "Box", part_of=("installed_on", "P", "P")),
        ]
    },
    "no such product": {"products": [ProductEntry("Q", "Box", cpe="x", purl="pkg:x")]},
    "a range as version": {"products": [ProductEntry("P", "Gate", "A", "Gate", "prior to 2.x")]},
    "one CVE twice": {
        "vulnerabilities": [Vulnerability(cve="CVE-2026-0001"), Vulnerability(cve="CVE-2026-0001")]
    },
    "all at once": {
        "vulnerabilities": [
            Vulnerability(
                cve="x",
                cwe=("CWE-999999", "None"),
                is_exploited=True,
                is_rejected=True,
                other_ids=[("a", "b")] * 2,
                status={"fixed": ("P", "P"), "known_affected": ("P",)},
                flags=[("nonsense", ("P",))],
                remedies=[Remedy("workaround", "")],
                scores=[Score("2.0", "AV:N", 1.0)],
            )
        ]
    },
}


@pytest.mark.parametrize("name", UNLAWFUL)
def test_what_breaks_a_rule_is_made_lawful(name):
    document = to_bytes(write(replace(made(), **UNLAWFUL[name])))
    assert validator_process.problems(document) == []
    back = read.read(json.loads(document))[0]
    assert to_bytes(write(back)) == document
