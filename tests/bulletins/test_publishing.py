"""Interim, draft, withdrawn and informational documents; what an import keeps back, and why."""

import json
from datetime import timedelta

import pytest

from advisories import advisory as adv
from advisories.csaf.write import to_bytes, write
from advisories.cve import read as read_cve
from bulletins import actions, digests, import_steps, queries, rows, tasks
from bulletins.models import Bulletin
from core.database.db import clock_set_to, db
from core.database.models import Event
from tests.bulletins.conftest import MARCH, fix, no_fix, vulnerability

pytestmark = pytest.mark.every_database
SOON = MARCH + timedelta(days=1)


@pytest.fixture(autouse=True)
def now(app):
    with clock_set_to(SOON):
        yield SOON


def events_of(bulletin):
    wanted = db.select(Event.name).where(Event.subject_id == bulletin.id).order_by(Event.id)
    return [name for name in db.session.scalars(wanted) if name.startswith("bulletin.")]


def page(client, bulletin):
    return client.get(f"/bulletins/{bulletin.reference}").text


def test_an_interim_document_is_published_and_marked(make_advisory, store, client):
    bulletin = store(make_advisory(status="interim")).bulletin
    assert bulletin.is_public and bulletin.document_status == "interim"
    assert events_of(bulletin) == ["bulletin.published"]
    assert "Interim" in page(client, bulletin) and "interim" in client.get("/bulletins").text


def test_the_final_version_takes_over_and_an_interim_one_reopens(make_advisory, store, client):
    bulletin = store(make_advisory(status="interim", severity="critical")).bulletin
    final = store(make_advisory(severity="critical", version="2"))
    assert (final.outcome, final.bulletin.document_status) == ("updated", "final")
    assert "Interim" not in page(client, bulletin)
    again = store(make_advisory(status="interim", severity="critical", version="3"))
    assert (again.bulletin.is_public, again.bulletin.document_status) == (True, "interim")
    assert events_of(bulletin).count("bulletin.published") == 1


@pytest.mark.parametrize("waits", [{"status": "draft"}, {"tlp": "AMBER"}])
def test_a_draft_waits_and_is_published_with_its_final_version(make_advisory, store, waits):
    stored = store(make_advisory(**waits))
    assert not stored.bulletin.is_public
    assert ("draft" if "status" in waits else "TLP:AMBER") in stored.not_public
    assert store(make_advisory(**waits)).not_public
    final = store(make_advisory(version="2"))
    assert (final.outcome, final.bulletin.is_public, final.not_public) == ("updated", True, "")
    assert events_of(final.bulletin).count("bulletin.published") == 1


@pytest.mark.parametrize("waits", [{"status": "draft"}, {"tlp": "RED"}])
def test_a_version_that_must_wait_does_not_touch_what_is_public(make_advisory, store, waits):
    bulletin = store(make_advisory()).bulletin
    stored = store(make_advisory(title="A secret title", version="2", **waits))
    assert (stored.outcome, stored.bulletin.title) == ("skipped", bulletin.title)
    assert "version 2" in stored.not_public and stored.bulletin.is_public


def test_an_import_does_not_publish_what_a_moderator_took_down(make_advisory, store, moderator):
    bulletin = store(make_advisory()).bulletin
    actions.unpublish(bulletin, by=moderator)
    db.session.commit()
    stored = store(make_advisory(version="2", severity="critical"))
    assert not stored.bulletin.is_public and "moderator" in stored.not_public


def test_an_import_says_what_it_does_not_publish(app, make_advisory, tmp_path):
    (tmp_path / "a.json").write_bytes(to_bytes(write(make_advisory(status="draft"))))
    (tmp_path / "b.json").write_bytes(to_bytes(write(make_advisory("ACME-2", tlp="AMBER"))))
    (tmp_path / "c.json").write_bytes(to_bytes(write(make_advisory("ACME-3"))))
    done = app.test_cli_runner().invoke(args=["bulletin", "import", str(tmp_path)])
    report = json.loads(done.stdout.splitlines()[-1])
    assert done.exit_code == 0 and report["added"]["bulletins"] == 3
    first, second = report["not_published"]
    assert "ACME-1" in first and "draft" in first and "TLP:AMBER" in second
    assert "is not published" in done.stderr


def test_withdrawn_it_stays_and_says_so_and_is_open_nowhere(make_advisory, store, client):
    hole = vulnerability(remedies=[no_fix("A", "B")], is_exploited=True)
    bulletin = store(make_advisory(vulnerabilities=[hole])).bulletin
    assert bulletin.is_unpatched and bulletin.priority > 10_000_000
    stored = store(
        make_advisory(vulnerabilities=[hole], status="withdrawn", version="2", title="Acme Reader: withdrawn")
    )
    gone = stored.bulletin
    assert (gone.is_public, gone.document_status, gone.priority) == (True, "withdrawn", 0)
    assert (gone.is_unpatched, gone.fix_state) == (False, "")
    assert client.get(f"/bulletins/{gone.reference}").status_code == 200
    assert "The issuer withdrew this" in page(client, gone)
    assert events_of(gone).count("bulletin.withdrawn") == 1
    store(make_advisory(vulnerabilities=[hole], status="withdrawn", version="3", severity="critical"))
    assert events_of(gone).count("bulletin.withdrawn") == 1
    assert "bulletin.risk_raised" not in events_of(gone)


def record(state="PUBLISHED", **cna):
    return {
        "dataType": "CVE_RECORD",
        "cveMetadata": {
            "cveId": "CVE-2026-99300",
            "state": state,
            "datePublished": "2026-03-10T10:00:00Z",
            **({"dateRejected": "2026-03-11T10:00:00Z"} if state == "REJECTED" else {}),
        },
        "containers": {"cna": cna},
    }


def test_a_rejected_record_keeps_what_it_said(store, client):
    versions = [{"version": "4.0", "lessThan": "4.2", "status": "affected"}]
    said = record(
        title="Overflow in Gate",
        affected=[{"vendor": "Own", "product": "Gate", "versions": versions}],
        descriptions=[{"lang": "en", "value": "Gate has an overflow."}],
    )
    bulletin = store(read_cve.read(said)[0]).bulletin
    reasons = [{"lang": "en", "value": "It was a feature of Gate."}]
    rejected = read_cve.read(record("REJECTED", rejectedReasons=reasons))[0]
    gone = store(rejected).bulletin
    assert (gone.id, gone.title, gone.document_status) == (bulletin.id, "Overflow in Gate", "withdrawn")
    assert [row.name for row in gone.products] == ["Own Gate >= 4.0, < 4.2"]
    text = page(client, gone)
    assert "It was a feature of Gate." in text and "rejected" in text
    assert events_of(gone).count("bulletin.withdrawn") == 1
    assert store(read_cve.read(record("REJECTED", rejectedReasons=reasons))[0]).outcome == "skipped"


def test_a_record_that_is_rejected_from_the_start_alerts_nobody(store):
    reasons = [{"lang": "en", "value": "Not used."}]
    bulletin = store(read_cve.read(record("REJECTED", rejectedReasons=reasons))[0]).bulletin
    assert bulletin.is_public and events_of(bulletin) == ["bulletin.imported"]


def cloud(text, title="Description"):
    return vulnerability(notes=[adv.Note("description", text, title)], is_exploited=True)


@pytest.mark.parametrize(
    "hole",
    [
        cloud("This has been fully mitigated by Acme. There is no action for users of this service to take."),
        cloud("No", "Customer Action Required"),
    ],
)
def test_where_customers_need_not_act_it_is_informational_and_in_no_alert(make_advisory, store, client, hole):
    bulletin = store(make_advisory(vulnerabilities=[hole], severity="critical")).bulletin
    assert bulletin.is_informational and bulletin.is_public
    assert (bulletin.fix_state, bulletin.is_unpatched, bulletin.priority) == ("", False, 0)
    assert events_of(bulletin) == ["bulletin.imported"]
    assert queries.alert_facts([bulletin.id]) == []
    assert "Nothing to do." in page(client, bulletin)
    store(make_advisory(vulnerabilities=[hole], severity="critical", version="2", title="Reader, again"))
    assert "bulletin.risk_raised" not in events_of(bulletin)


def test_the_whole_document_may_say_so(make_advisory, store):
    words = "Not Required. The vulnerability documented by this CVE requires no customer action to resolve."
    notes = [adv.Note("summary", "A cloud service leaked."), adv.Note("general", words, "Customer Action")]
    bulletin = store(make_advisory(notes=notes, vulnerabilities=[vulnerability()])).bulletin
    assert bulletin.is_informational and events_of(bulletin) == ["bulletin.imported"]
    notes[1] = adv.Note("general", "Required. It requires customer action to resolve.", "Customer Action")
    other = store(make_advisory("ACME-2", notes=notes, vulnerabilities=[vulnerability()])).bulletin
    assert not other.is_informational


@pytest.mark.parametrize(
    "hole",
    [
        cloud("If you do not run this version, no action is required."),
        cloud("Yes", "Customer Action Required"),
        vulnerability(
            notes=[adv.Note("description", "No customer action is required.")],
            remedies=[fix("A", update="AC1")],
        ),
    ],
)
def test_conditions_and_updates_are_no_such_statement(make_advisory, store, hole):
    bulletin = store(make_advisory(vulnerabilities=[hole])).bulletin
    assert not bulletin.is_informational and "bulletin.published" in events_of(bulletin)


def test_what_older_readers_stored_is_read_again_without_an_alert(make_advisory, store):
    entry = adv.ProductEntry("A", "Acme Reader < 9", "Acme", "Reader", "< 9", is_range=True)
    hole = vulnerability(affected=("A",))
    bulletin = store(make_advisory(products=[entry], vulnerabilities=[hole])).bulletin
    assert bulletin.fix_state == "not_stated"
    bulletin.reader_edition = 0
    db.session.commit()
    assert (tasks.read_again(), tasks.read_again()) == (1, 0)
    whole = queries.get_whole(bulletin.id)
    assert (whole.fix_state, whole.reader_edition) == ("fixed", import_steps.READER_EDITION)
    assert events_of(whole) == ["bulletin.published", "bulletin.ranked"]
    assert digests.changed_here(whole) == ()
    assert rows.to_advisory(whole).vulnerabilities[0].remedies[0].origin == "version_range"


def test_a_rejected_record_of_an_older_reader_becomes_withdrawn(make_advisory, store):
    hole = vulnerability(is_rejected=True)
    bulletin = store(make_advisory(format="cve", vulnerabilities=[hole])).bulletin
    bulletin.reader_edition = 0
    db.session.commit()
    tasks.read_again()
    whole = queries.get_whole(bulletin.id)
    assert (whole.document_status, whole.is_public) == ("withdrawn", True)
    assert "bulletin.retracted" not in events_of(whole)


def test_a_bulletin_of_ours_is_read_again_unchanged(moderator):
    bulletin = actions.create({"title": "Widget: a crafted file runs code"}, by=moderator)
    bulletin.reader_edition = 0
    db.session.commit()
    tasks.read_again()
    whole = db.session.get(Bulletin, bulletin.id)
    assert (whole.reader_edition, whole.imported) == (import_steps.READER_EDITION, {})


def test_a_reader_that_learns_more_updates_a_known_document_quietly(make_advisory, store):
    bulletin = store(make_advisory(vulnerabilities=[vulnerability()])).bulletin
    derived = adv.Remedy("vendor_fix", "Fixed in 9.1.", ("A", "B"), fixed_build="9.1", origin="version_range")
    stored = store(make_advisory(vulnerabilities=[vulnerability(remedies=[derived])]))
    assert (stored.outcome, stored.bulletin.fix_state) == ("updated", "fixed")
    assert "bulletin.risk_raised" not in events_of(bulletin)
    assert stored.bulletin.revision_count == 1


def test_an_older_version_does_not_replace_a_newer_one(make_advisory, store):
    newer = make_advisory(version="2", title="Acme Reader: newer", current_release_at=SOON)
    store(newer)
    stored = store(make_advisory(version="1"))
    assert (stored.outcome, stored.bulletin.title) == ("skipped", "Acme Reader: newer")
    assert "older" in stored.not_public
    assert store(newer).outcome == "skipped"
