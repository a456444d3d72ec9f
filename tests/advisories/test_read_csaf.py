"""What a CSAF document says is in the advisory; what it cannot mean is left out with a warning."""

from datetime import UTC, datetime

import pytest

from advisories.advisory import Note, ProductEntry, Remedy, RevisionEntry, Unusable
from advisories.csaf import read as read_csaf
from tests.advisories.documents import CSAF, copy_of


def read(document):
    return read_csaf.read(document)[0]


def changed(change):
    """The document after `change(document)`."""
    document = copy_of(CSAF)
    change(document)
    return read(document)


def test_head():
    advisory = read(CSAF)
    assert (advisory.publisher, advisory.tracking_id) == ("Acme", "ACME-2026-1")
    assert (advisory.title, advisory.aliases) == ("Holes in Gate", ["AC-1"])
    assert (advisory.status, advisory.tlp, advisory.version) == ("final", "WHITE", "2")
    assert advisory.initial_release_at == datetime(2026, 1, 2, 9, tzinfo=UTC)
    assert advisory.history[0] == RevisionEntry("1", datetime(2026, 1, 2, 9, tzinfo=UTC), "First.", "A")
    assert advisory.notes == [Note("summary", "Two holes.", "Summary", "all")]
    assert advisory.warnings == []


def test_severity_is_ours_and_the_issuers_word_is_kept():
    advisory = read(CSAF)
    assert (advisory.severity, advisory.severity_text) == ("important", "High")


def test_severity_without_a_word_is_that_of_the_worst_score():
    assert changed(lambda it: it["document"].pop("aggregate_severity")).severity == "critical"


def test_products_with_their_branches():
    found = {entry.id: entry for entry in read(CSAF).products}
    assert list(found) == ["OLD", "NEW", "BOX", "OS", "PAIR"]
    assert (found["OLD"].vendor, found["OLD"].product, found["OLD"].version) == ("Acme", "Gate", "< 2.0")
    assert found["OLD"].is_range and not found["NEW"].is_range
    assert found["OLD"].cpe == "cpe:/a:acme:gate:1.0" and found["NEW"].purl == "pkg:generic/acme/gate@2.0"
    assert found["OLD"].helpers["model_numbers"] == ["G1"] and "hashes" in found["OLD"].helpers
    assert found["BOX"].path == (("vendor", "Acme"), ("product_family", "Boxes"), ("product_name", "Box"))
    assert found["PAIR"] == ProductEntry("PAIR", "Gate on Linux", part_of=("installed_on", "OLD", "OS"))


def test_vulnerabilities_with_what_to_do():
    first, second = read(CSAF).vulnerabilities
    assert first.cve == "CVE-2026-1000" and first.cwe == ("CWE-287", "Improper Authentication")
    assert first.status == {
        "known_affected": ("OLD", "PAIR"),
        "fixed": ("NEW",),
        "known_not_affected": ("BOX",),
    }
    assert first.remedies[0] == Remedy(
        "vendor_fix",
        "Update to 2.0.",
        ("OLD",),
        "https://acme.example/fix",
        datetime(2026, 1, 2, tzinfo=UTC),
        "service",
        "Gate restarts.",
        ("Paid",),
    )
    assert first.remedies[1].product_ids == ("OLD", "PAIR")  # the group, one by one
    assert [(score.version, score.stated) for score in first.scores] == [("3.1", 9.8), ("2.0", 7.5)]
    assert first.is_exploited and not second.is_exploited
    assert second.remedies == [Remedy("none_available", "None yet.", ("BOX",))]


def test_products_that_are_not_there_are_named_in_a_warning():
    advisory = changed(
        lambda it: it["vulnerabilities"][0]["remediations"][0].update(product_ids=["OLD", "NO"])
    )
    assert advisory.vulnerabilities[0].remedies[0].product_ids == ("OLD",)
    assert advisory.warnings == ["/vulnerabilities/0/remediations/0/product_ids: unknown product 'NO'"]


def test_a_remedy_without_products_is_for_those_affected():
    advisory = changed(lambda it: it["vulnerabilities"][0]["remediations"][1].pop("group_ids"))
    assert advisory.vulnerabilities[0].remedies[1].product_ids == ("OLD", "PAIR")


def test_the_first_of_two_products_with_one_id_counts():
    advisory = changed(
        lambda it: it["product_tree"]["full_product_names"].append({"name": "Another", "product_id": "OLD"})
    )
    assert [entry.name for entry in advisory.products if entry.id == "OLD"] == ["Acme Gate before 2.0"]
    assert advisory.warnings == ["/product_tree/full_product_names/1/product_id: 'OLD' names two products"]


def test_products_in_a_circle_stay_without_their_relation():
    advisory = changed(lambda it: it["product_tree"]["relationships"][0].update(product_reference="PAIR"))
    assert {entry.id: entry for entry in advisory.products}["PAIR"].part_of is None


def test_a_product_both_affected_and_fixed_is_affected():
    advisory = changed(lambda it: it["vulnerabilities"][0]["product_status"].update(fixed=["OLD", "NEW"]))
    assert advisory.vulnerabilities[0].status["fixed"] == ("NEW",)


def test_one_cve_twice_is_one_vulnerability():
    advisory = changed(lambda it: it["vulnerabilities"][1].update(cve="CVE-2026-1000"))
    assert [(each.cve, len(each.remedies)) for each in advisory.vulnerabilities] == [("CVE-2026-1000", 3)]


@pytest.mark.parametrize(
    ("label", "kept"),
    [("CLEAR", "WHITE"), ("AMBER+STRICT", "RED"), ("PINK", "RED"), (7, "RED"), ("GREEN", "GREEN")],
)
def test_a_label_never_becomes_laxer(label, kept):
    assert changed(lambda it: it["document"]["distribution"]["tlp"].update(label=label)).tlp == kept


def test_a_time_without_zone_is_utc_with_a_warning():
    advisory = changed(
        lambda it: it["document"]["tracking"].update(initial_release_date="2026-01-02T10:00:00")
    )
    assert advisory.initial_release_at == datetime(2026, 1, 2, 10, tzinfo=UTC)
    assert len(advisory.warnings) == 1


@pytest.mark.parametrize("place", [("publisher",), ("tracking",), ("tracking", "id")])
def test_without_an_identity_it_is_refused(place):
    document = copy_of(CSAF)
    inner = document["document"]
    for key in place[:-1]:
        inner = inner[key]
    del inner[place[-1]]
    with pytest.raises(Unusable, match=f"/document/{place[0]}"):
        read_csaf.read(document)


def test_addresses_that_run_something_are_left_out():
    advisory = changed(
        lambda it: it["document"]["references"].append({"summary": "x", "url": "javascript:alert(1)"})
    )
    assert [link.url for link in advisory.references] == ["https://acme.example/a-1"]


def test_spread_out_groups_are_bounded():
    document = copy_of(CSAF)
    document["product_tree"]["full_product_names"] += [
        {"name": str(n), "product_id": str(n)} for n in range(3000)
    ]
    document["product_tree"]["product_groups"] = [
        {"group_id": "all", "product_ids": [str(n) for n in range(3000)]}
    ]
    document["vulnerabilities"][0]["remediations"] = [
        {"category": "mitigation", "details": "x", "group_ids": ["all"]}
    ] * 1000
    with pytest.raises(Unusable, match="names products more than"):
        read_csaf.read(document)
