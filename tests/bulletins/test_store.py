"""Documents into rows and back; again and again; beside what people changed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from advisories import advisory as adv
from advisories.codec import dump, load
from bulletins import actions, fixes, forms, queries, rows, store_actions
from bulletins.models import Bulletin
from bulletins.vulnerability_models import Vulnerability
from core.database.db import clock_set_to, db
from core.database.models import Event
from posts.models import Revision
from tests.bulletins.conftest import MARCH, fix, no_fix, vulnerability

pytestmark = pytest.mark.every_database


def events_named(name):
    return list(db.session.scalars(db.select(Event).where(Event.name == name)))


def full(make_advisory):
    """An advisory that says something of everything."""
    said = vulnerability(
        remedies=[
            fix("A", url="https://acme.example/u", update="AC100", supersedes="AC99", at=MARCH),
            adv.Remedy("workaround", "Do not open files from unknown senders.", ("B",), restart="none"),
        ],
        scores=[adv.Score("3.1", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8, ("A", "B"))],
        threats=[adv.Threat("impact", "Runs code", MARCH, ("A",))],
        cwe=("CWE-787", "Out-of-bounds Write"),
        other_ids=[("Acme", "A-1")],
        notes=[adv.Note("description", "Long", "About")],
        references=[adv.Reference("https://acme.example/x", "Advisory", "self")],
        flags=[("component_not_present", ("B",))],
        known_issues=[adv.KnownIssue("AC100", "Printing stops", "https://acme.example/i", ("A",))],
        discovered_at=MARCH,
        released_at=MARCH,
    )
    nameless = adv.Vulnerability(title="Not numbered", status={"under_investigation": ("A",)})
    return make_advisory(
        vulnerabilities=[said, nameless],
        aliases=["AC-2026"],
        language="en",
        distribution="Everybody",
        acknowledgments=[{"names": ["Ada"]}],
        title="T" * 300,
        notes=[adv.Note("legal_disclaimer", "As is."), adv.Note("summary", "It *matters*.", "Summary")],
        products=[
            adv.ProductEntry("A", "Acme Reader <= 9", "Acme", "Reader", "<= 9", True, helpers={"sku": ["1"]}),
            adv.ProductEntry("B", "Reader on Box", part_of=("installed_on", "A", "C")),
        ],
    )


def test_what_rows_say_is_what_the_document_said(make_advisory, store):
    document = full(make_advisory)
    bulletin = store(document).bulletin
    assert dump(rows.to_advisory(queries.get_whole(bulletin.id))) == dump(document)


def test_values_survive_json(make_advisory):
    document = full(make_advisory)
    assert load(adv.Advisory, dump(document)) == document


def test_the_number_is_of_the_year_of_release_and_counts_up(make_advisory, store):
    old = make_advisory("OLD", initial_release_at=datetime(2003, 7, 16, tzinfo=UTC))
    assert store(old).bulletin.reference == "RB-2003-001"
    new = [store(make_advisory(f"N-{n}")).bulletin.reference for n in (1, 2)]
    assert new == ["RB-2026-001", "RB-2026-002"]


def test_the_same_document_again_changes_nothing(make_advisory, store):
    store(make_advisory())
    again = store(make_advisory())
    assert (again.outcome, again.bulletin.revision_count) == ("skipped", 1)


def test_a_changed_document_is_a_new_revision_that_says_what_changed(make_advisory, store):
    store(make_advisory())
    bulletin = store(make_advisory(severity="critical", version="2")).bulletin
    revisions = db.session.scalars(db.select(Revision).where(Revision.post_id == bulletin.id))
    assert list(revisions)[1].summary == "Import of version 2. Severity important → critical"


def test_a_cve_is_one_row_for_all_bulletins(make_advisory, store):
    assert [store(make_advisory(name)).new_cves for name in ("ONE", "TWO")] == [1, 0]
    assert len(list(db.session.scalars(db.select(Vulnerability)))) == 1


@pytest.mark.parametrize("fields", [{"tlp": "AMBER"}, {"status": "draft"}])
def test_what_not_everybody_may_read_becomes_a_draft(make_advisory, store, fields):
    bulletin = store(make_advisory(**fields)).bulletin
    assert not bulletin.is_public
    assert not events_named("bulletin.published")


def test_an_archive_tells_nobody(make_advisory, store):
    with clock_set_to(MARCH + store_actions.NEWS_PERIOD + timedelta(hours=1)):
        store(make_advisory())
    assert not events_named("bulletin.published")
    assert len(events_named("bulletin.imported")) == 1


def test_a_fresh_document_is_told_once(make_advisory, store):
    with clock_set_to(MARCH + timedelta(days=1)):
        store(make_advisory())
        store(make_advisory())
        store(make_advisory(title="Acme Reader: overflow, reworded"))
    assert len(events_named("bulletin.published")) == 1
    assert not events_named("bulletin.risk_raised")


@pytest.mark.parametrize(
    ("before", "after", "reasons"),
    [
        ({"severity": "moderate"}, {"severity": "critical"}, ["severity"]),
        ({"severity": "critical"}, {"severity": "moderate"}, []),
        ({}, {"vulnerabilities": [vulnerability(remedies=[fix("A")])]}, ["fix_withdrawn"]),
        ({"vulnerabilities": [vulnerability(remedies=[fix("A")])]}, {}, ["fix_available"]),
        (
            {},
            {"vulnerabilities": [vulnerability(remedies=[fix("A", "B")], is_exploited=True)]},
            ["exploited"],
        ),
        ({}, {"title": "Acme Reader: another heading"}, []),
    ],
    ids=["severity rises", "severity falls", "fix withdrawn", "fix appears", "exploited", "an edit"],
)
def test_only_a_changed_risk_is_told(make_advisory, store, before, after, reasons):
    store(make_advisory(**before))
    store(make_advisory(**after, version="2"))
    announced = [event.data["reasons"] for event in events_named("bulletin.risk_raised")]
    assert announced == ([reasons] if reasons else [])


def test_a_draft_tells_nothing_of_its_risk(make_advisory, store):
    store(make_advisory(tlp="RED", severity="low"))
    store(make_advisory(tlp="RED", severity="critical"))
    assert not events_named("bulletin.risk_raised")


def test_what_a_moderator_changed_survives_the_next_import(make_advisory, store, moderator):
    bulletin = store(make_advisory()).bulletin
    actions.edit(bulletin, {"severity": "critical"}, by=moderator)
    db.session.commit()
    stored = store(make_advisory(title="Acme Reader: overflow in fonts", severity="moderate", version="3"))
    assert (stored.bulletin.severity, stored.not_imported) == ("critical", ("severity",))
    assert stored.bulletin.title == "Acme Reader: overflow in fonts"


def test_a_change_can_be_left_to_the_source_again(make_advisory, store, moderator):
    bulletin = store(make_advisory()).bulletin
    actions.edit(bulletin, {"severity": "critical"}, by=moderator)
    actions.accept_imports(queries.get_whole(bulletin.id))
    db.session.commit()
    assert store(make_advisory()).bulletin.severity == "important"


def test_an_import_of_our_own_export_changes_nothing(make_advisory, store, moderator):
    bulletin = store(make_advisory()).bulletin
    actions.edit(bulletin, {"severity": "critical"}, by=moderator)
    db.session.commit()
    assert store(rows.to_advisory(queries.get_whole(bulletin.id))).outcome == "skipped"


def test_an_identity_that_no_column_holds_is_refused(make_advisory, store):
    with pytest.raises(adv.Unusable, match="tracking_id"):
        store(make_advisory("x" * 500))
    assert db.session.scalar(db.select(Bulletin.id)) is None


def test_products_are_found_by_name_with_their_release(make_advisory, store, make_product):
    reader = make_product("acme-reader", {"9": {}, "10": {}}, name="Reader", vendor="Acme")
    bulletin = queries.get_whole(store(make_advisory()).bulletin.id)
    cycles = {release.id: release.cycle for release in reader.releases}
    found = [
        (row.product_id, [cycles[each.release_id] for each in row.named_releases])
        for row in bulletin.products
    ]
    assert found == [(reader.id, ["9"]), (reader.id, ["10"])]


def test_alert_facts_name_products_releases_and_order_by_urgency(make_advisory, store, make_product):
    reader = make_product("acme-reader", {"9": {}, "10": {}}, name="Reader", vendor="Acme")
    mild = store(make_advisory("MILD", severity="low")).bulletin
    worst = store(
        make_advisory(
            "WORST",
            severity="critical",
            vulnerabilities=[vulnerability(affected=("A",), is_exploited=True, remedies=[no_fix("A")])],
        )
    ).bulletin
    hidden = store(make_advisory("HIDDEN", tlp="RED")).bulletin
    facts = queries.alert_facts([mild.id, worst.id, hidden.id])
    assert [each.id for each in facts] == [worst.id, mild.id]
    assert facts[0].product_ids == {reader.id}
    assert (facts[0].has_fix, facts[1].has_fix) == (False, True)


@pytest.mark.parametrize(
    ("remedies", "state"),
    [
        ([fix("A", "B")], "fixed"),
        ([fix("A")], "not_stated"),
        ([fix("A"), no_fix("B")], "no_fix"),
        ([no_fix("A", "B"), fix("A", "B")], "fixed"),
        ([no_fix()], "no_fix"),
        ([fix()], "fixed"),
        ([adv.Remedy("workaround", "Turn it off.", ("A", "B"))], "not_stated"),
        ([adv.Remedy("no_fix_planned", "End of life", ("A", "B"))], "no_fix"),
        ([], "not_stated"),
    ],
)
def test_fixed_no_fix_and_not_stated_are_three_states(make_advisory, store, remedies, state):
    bulletin = store(make_advisory(vulnerabilities=[vulnerability(remedies=remedies)])).bulletin
    assert (bulletin.fix_state, bulletin.is_unpatched) == (state, state == "no_fix")
    assert bulletin.has_fix == any(each.kind == "vendor_fix" for each in remedies)


def test_a_rejected_vulnerability_needs_no_fix(make_advisory, store):
    bulletin = store(make_advisory(vulnerabilities=[vulnerability(is_rejected=True)])).bulletin
    assert (bulletin.is_unpatched, bulletin.fix_state) == (False, "")


def test_a_fixed_version_is_a_fix_of_something_but_says_nothing_of_another_product():
    said = vulnerability(affected=("A",))
    said.status["fixed"] = ("B",)
    assert fixes.has_fix(said)
    assert fixes.states_of_products(said) == {"A": "not_stated"}


def test_what_people_tried_outlives_an_import(make_advisory, store):
    bulletin = queries.get_whole(store(make_advisory()).bulletin.id)
    bulletin.vulnerabilities[0].remediations[0].can_roll_back = True
    db.session.commit()
    store(make_advisory(severity="critical", version="2"))
    assert queries.get_whole(bulletin.id).vulnerabilities[0].remediations[0].can_roll_back is True


def test_a_document_may_lose_its_text(make_advisory, store):
    store(make_advisory())
    bulletin = store(replace(make_advisory(), notes=[])).bulletin
    assert rows.to_advisory(queries.get_whole(bulletin.id)).notes == []


def test_a_short_title_of_an_import_can_be_edited(make_advisory, store, login, api, moderator):
    bulletin = store(make_advisory(title="CVE-1")).bulletin
    reference, values = bulletin.reference, forms.form_values(queries.get_whole(bulletin.id))
    for title in ("CVE-1", "CVE-2"):
        page = login(moderator).post(f"/bulletins/{reference}/edit", data={**values, "title": title})
        assert page.status_code == 302, page.text
    assert api(moderator)("PATCH", f"/bulletins/{reference}", {"title": "CVE-3"}).json["title"] == "CVE-3"
    own = actions.create({"title": "Widget: a crafted file runs code"}, by=moderator)
    db.session.commit()
    assert api(moderator)("PATCH", f"/bulletins/{own.reference}", {"title": "Short"}).status_code == 422
