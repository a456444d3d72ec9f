"""What an import can say, a moderator can set in the form and in the API; wrong lines lose nothing."""

from datetime import UTC, datetime, timedelta

import pytest

from advisories import advisory as adv
from bulletins import actions, queries, rows
from bulletins.models import Bulletin
from core.database.db import db, utcnow
from core.database.models import Event
from core.jobs import events
from tests.bulletins.conftest import fix, vulnerability

pytestmark = pytest.mark.every_database
CVE = "CVE-2026-1001"
FORM = {
    "title": "Acme Reader: a crafted font runs code",
    "severity": "critical",
    "body": "Patch it.",
    "vulnerabilities": f"{CVE} |  | Overflow\n | | Without a number",
    "affected": "Acme Reader | 9 | 9.5",
    "exploited": f"{CVE} | CISA KEV | 2026-11-03 | https://www.cisa.gov/kev | Seen in\\nattacks",
    "cwes": f"{CVE} | CWE-787\n#2 | 79",
    "aliases": f"{CVE} | ghsa-JFH8-c2jp-5v3q\nWithout a number | EUVD-2026-1 | ENISA",
    "references": "https://acme.example/sa-1 | Advisory | of Acme\nhttps://acme.example/more",
    "threats": f"{CVE} | impact | | Code\\nruns\n#2 | exploit status | 2026-11-04 | A proof | exists",
    "stated_issues": f"{CVE} | AC100 | https://acme.example/k | Fonts are missing.",
    "acknowledgments": f"| Ada; Bo Example | Labs | Reported it. | https://labs.example/\n{CVE} | | Team Two",
    "tlp": "CLEAR",
    "known_issues": "AC100 | https://acme.example/i | Printing stops.",
}


def only():
    return queries.get_whole(db.session.scalar(db.select(Bulletin.id)))


def stored():
    return rows.to_advisory(only(), with_local=False)


@pytest.fixture
def curator(login, moderator):
    return login(moderator)


@pytest.fixture
def program(api, moderator):
    return api(moderator)


def check(document):
    one, two = document.vulnerabilities
    assert one.is_exploited and not two.is_exploited
    assert one.exploitation == [
        adv.Exploitation(
            "CISA KEV", datetime(2026, 11, 3, tzinfo=UTC), "https://www.cisa.gov/kev", "Seen in\nattacks"
        )
    ]
    assert (one.cwe[0], two.cwe[0]) == ("CWE-787", "CWE-79")
    assert one.other_ids == [("GitHub", "GHSA-jfh8-c2jp-5v3q")]
    assert two.other_ids == [("ENISA", "EUVD-2026-1")]
    assert document.references == [
        adv.Reference("https://acme.example/sa-1", "Advisory | of Acme"),
        adv.Reference("https://acme.example/more"),
    ]
    assert one.threats == [adv.Threat("impact", "Code\nruns")]
    at = datetime(2026, 11, 4, tzinfo=UTC)
    assert two.threats == [adv.Threat("exploit_status", "A proof | exists", at)]
    assert one.known_issues == [adv.KnownIssue("AC100", "Fonts are missing.", "https://acme.example/k")]
    thanked = {"names": ["Ada", "Bo Example"], "organization": "Labs", "summary": "Reported it."}
    assert document.acknowledgments == [thanked | {"urls": ["https://labs.example/"]}]
    assert one.acknowledgments == [{"organization": "Team Two"}]
    assert document.tlp == "CLEAR"


def test_the_form_sets_all_of_it_and_shows_it_again(curator):
    assert curator.post("/bulletins/new", data=FORM).status_code == 302
    check(stored())
    assert only().is_exploited
    address = f"{only().url}/edit"
    page = curator.get(address).text
    for line in (f"{CVE} | CISA KEV | 2026-11-03", "EUVD-2026-1 | CWE-79", "https://acme.example/more"):
        assert line in page
    changed = FORM | {"cwes": f"{CVE} | CWE-787", "version": only().version, "aliases": "", "exploited": ""}
    assert curator.post(address, data=changed).status_code == 302
    one, two = stored().vulnerabilities
    assert (one.cwe[0], two.cwe, one.other_ids, two.other_ids) == ("CWE-787", None, [], [])
    assert (one.is_exploited, one.exploitation, only().is_exploited) == (False, [], False)


def test_the_api_takes_the_same_fields_and_keeps_what_is_not_sent(program):
    lines = {
        name: value.splitlines() if name not in ("title", "severity", "body", "tlp") else value
        for name, value in FORM.items()
    }
    answer = program("POST", "/bulletins", lines)
    assert answer.status_code == 201, answer.text
    check(stored())
    said = answer.json["vulnerabilities"][0]
    assert (said["cwe"], said["aliases"]) == ("CWE-787", ["GHSA-jfh8-c2jp-5v3q"])
    assert said["exploited_by"][0]["name"] == "CISA KEV"
    assert answer.json["references"][0] == {
        "url": "https://acme.example/sa-1",
        "summary": "Advisory | of Acme",
    }
    reference = answer.json["reference"]
    assert program("PATCH", f"/bulletins/{reference}", {"severity": "low"}).status_code == 200
    check(stored())
    program("PATCH", f"/bulletins/{reference}", {"references": ["https://acme.example/new | New"]})
    assert stored().references == [adv.Reference("https://acme.example/new", "New")]


def test_unchanged_lines_keep_what_they_cannot_show(make_advisory, store, program):
    at = datetime(2026, 11, 3, 14, 30, tzinfo=UTC)
    said = vulnerability(exploitation=[adv.Exploitation("Acme", at)], is_exploited=True)
    own = adv.Reference("https://acme.example/self", "This document", "self")
    bulletin = store(make_advisory(vulnerabilities=[said], references=[own])).bulletin
    added = ["https://acme.example/self | This document", "https://acme.example/2 | More"]
    shown = [f"{CVE} | Acme | 2026-11-03 |", "| CISA KEV | 2026-11-04"]
    answer = program("PATCH", f"/bulletins/{bulletin.reference}", {"references": added, "exploited": shown})
    assert answer.status_code == 200, answer.text
    assert stored().references[0] == own
    assert [each.at for each in stored().vulnerabilities[0].exploitation] == [
        at,
        datetime(2026, 11, 4, tzinfo=UTC),
    ]


def test_imports_leave_references_and_status_that_were_edited_here(make_advisory, store, program):
    bulletin = store(make_advisory()).bulletin
    bulletin.imported = {  # as imports before these parts existed left it
        part: digest for part, digest in bulletin.imported.items() if part not in ("references", "status")
    }
    db.session.commit()
    path = f"/bulletins/{bulletin.reference}"
    program("PATCH", path, {"references": ["https://ours.example/ | Ours"]})
    program("POST", f"{path}/withdraw", {"reason": "The report was wrong."})
    again = store(make_advisory(title="Acme Reader: a new title", version="2"))
    assert set(again.not_imported) == {"references", "status"}
    assert (stored().title, stored().status) == ("Acme Reader: a new title", "withdrawn")
    assert [each.url for each in stored().references] == ["https://ours.example/"]


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        ("vulnerabilities", f"{CVE} |  | Overflow\n\nCVE-20 | | ", "Line 3:"),
        ("affected", "Acme Reader | 9\n | 9 | ", "Line 2:"),
        ("remedies", "\n\nmagic | | | Do it", "Line 3:"),
        ("exploited", f"\n{CVE} | | 2026-11-03", "Line 2: Name who says"),
        ("exploited", f"{CVE} | Acme | yesterday", "“yesterday” is no date"),
        ("exploited", f"{CVE} | Acme | 0001-01-01T00:00:00+14:00", "is no date"),
        ("exploited", f"{CVE} | Acme | | javascript:alert(1)", "A link begins with https://"),
        ("exploited", "CVE-2026-9999 | Acme", "“CVE-2026-9999” is none of the vulnerabilities above"),
        ("cwes", f"{CVE} | CWE-999999", "is not in the CWE list"),
        ("cwes", "#3 | CWE-79", "“#3” is none of the vulnerabilities above"),
        ("aliases", f"{CVE} | ", "Write the other name"),
        ("references", "Advisory of Acme", "A link begins with https://"),
        ("references", " | Advisory of Acme", "A reference begins with its link"),
        ("threats", f"{CVE} | danger | | It burns", "Begin a threat with its kind"),
        ("threats", f"{CVE} | impact", "Describe the threat"),
        ("stated_issues", f"{CVE} | AC100", "Describe the issue"),
        ("acknowledgments", f"{CVE} |", "Say who is thanked"),
        ("acknowledgments", "| Ada | Labs | | ftp://labs.example", "A link begins with https://"),
        ("known_issues", "AC100 | | It works.\nAC101 | nowhere | It fails.", "Line 2: Describe"),
        ("supersedes", "RB-2026-999", "Line 1: there is no bulletin RB-2026-999"),
        ("references", "https://a.example\n" + "x" * 4_001, "Line 2 has 4001 characters"),
    ],
)
def test_a_wrong_line_is_named_and_nothing_typed_is_lost(curator, field, text, words):
    answer = curator.post("/bulletins/new", data=FORM | {field: text})
    assert answer.status_code == 422
    page = answer.get_data(as_text=True).replace("&#34;", '"').replace("&#39;", "'")
    assert words in page
    for typed in (*(FORM | {field: text}).values(),):
        assert all(line.strip() in page for line in typed.splitlines()), typed
    assert db.session.scalar(db.select(Bulletin.id)) is None


def test_every_wrong_line_is_named_at_once(program):
    sent = {
        "title": FORM["title"],
        "vulnerabilities": [f"{CVE} | | Overflow"],
        "references": ["nowhere", "https://a.example", "neither"],
        "cwes": ["| CWE-0"],
    }
    answer = program("POST", "/bulletins", sent)
    assert answer.status_code == 422
    assert [message[:7] for message in answer.json["errors"]["references"]] == ["Line 1:", "Line 3:"]
    assert answer.json["errors"]["cwes"][0].startswith("Line 1:")


class TestProductsOfARemedy:
    TYPED = "fix | openssl-3.0.15 | https://e.example/x | Install it with care."

    def fixes(self):
        document = stored()
        names = {entry.id: entry.name for entry in document.products}
        return [
            (each.details, each.url, each.fixed_build, [names[key] for key in each.product_ids])
            for each in document.vulnerabilities[0].remedies
        ]

    def test_a_fix_that_names_the_build_of_a_product_is_for_it(self, program):
        sent = {"title": FORM["title"], "affected": ["OpenSSL | 3.0 | 3.0.15", "Python"]}
        assert program("POST", "/bulletins", {**sent, "remedies": [self.TYPED]}).status_code == 201
        assert self.fixes() == [("Install it with care.", "https://e.example/x", "3.0.15", ["OpenSSL"])]

    def test_one_that_may_be_for_either_is_asked_for(self, program):
        sent = {"title": FORM["title"], "affected": ["OpenSSL | 3.0 | 3.0.15", "Python | 3 | 3.0.15"]}
        answer = program("POST", "/bulletins", {**sent, "remedies": [self.TYPED]})
        assert answer.status_code == 422
        assert "Line 1: Name the products of this fix" in answer.json["errors"]["remedies"][0]


class TestWithdrawal:
    @pytest.fixture
    def published(self, make_advisory, store):
        return store(make_advisory(vulnerabilities=[vulnerability(remedies=[fix("A")])])).bulletin

    def test_the_page_stays_and_says_why(self, curator, client, published):
        address = f"{published.url}/withdraw"
        assert "What will happen" in curator.get(address).text
        short = curator.post(address, data={"reason": "No"})
        assert short.status_code == 422 and "at least 5 characters" in short.text
        assert curator.post(address, data={"reason": "The report was wrong."}).status_code == 302
        page = client.get(published.url)
        assert page.status_code == 200 and "Withdrawn" in page.text and "The report was wrong." in page.text
        found = only()
        assert (found.document_status, found.is_public) == ("withdrawn", True)
        assert found.more["history"][-1]["summary"] == "Withdrawn: The report was wrong."

    def test_it_is_announced_once_with_the_reason(self, program, published):
        path = f"/bulletins/{published.reference}/withdraw"
        for _time in range(2):
            answer = program("POST", path, {"reason": "The report was wrong."})
            assert answer.status_code == 200
        assert (answer.json["document_status"], answer.json["withdrawn_reason"]) == (
            "withdrawn",
            "The report was wrong.",
        )
        announced = list(db.session.scalars(db.select(Event).where(Event.name == "bulletin.withdrawn")))
        assert [each.data["note"] for each in announced] == ["The report was wrong."]

    def test_without_a_reason_it_is_refused(self, program, published):
        path = f"/bulletins/{published.reference}"
        assert program("POST", f"{path}/withdraw", {}).status_code == 422
        answer = program("PATCH", path, {"document_status": "withdrawn"})
        assert answer.json["errors"] == {"withdrawn_reason": ["Say why it is withdrawn."]}

    def test_the_form_withdraws_and_ends_the_withdrawal(self, program, published):
        path = f"/bulletins/{published.reference}"
        sent = {"document_status": "withdrawn", "withdrawn_reason": "The report was wrong."}
        assert program("PATCH", path, sent).json["document_status"] == "withdrawn"
        assert program("PATCH", path, {"withdrawn_reason": "Not ours.", **{"document_status": "withdrawn"}})
        assert only().withdrawn_reason == "Not ours."
        answer = program("PATCH", path, {"document_status": "interim"})
        assert (answer.json["document_status"], answer.json["withdrawn_reason"]) == ("interim", None)

    def test_a_draft_cannot_be_withdrawn(self, program):
        draft = program("POST", "/bulletins", {"title": FORM["title"]}).json
        answer = program("POST", f"/bulletins/{draft['reference']}/withdraw", {"reason": "It was wrong."})
        assert answer.status_code == 422 and "only a public bulletin" in answer.text
        sent = {"title": FORM["title"], "document_status": "withdrawn", "withdrawn_reason": "Wrong."}
        assert program("POST", "/bulletins", sent).status_code == 422


class TestEmbargo:
    def test_a_local_time_is_one_of_the_site(self, curator):
        data = FORM | {"embargo_until": "2199-12-08T10:00", "zone": "America/Los_Angeles"}
        assert curator.post("/bulletins/new", data=data).status_code == 302
        assert only().embargo_until == datetime(2199, 12, 8, 18, tzinfo=UTC)
        page = curator.get(f"{only().url}/edit").text
        assert 'type="datetime-local" value="2199-12-08T10:00"' in page
        assert "Publish at (America/Los_Angeles)" in page
        assert 'value="2199-12-08T10:00"' in curator.get(only().url).text

    def test_summer_time_counts(self, curator):
        curator.post("/bulletins/new", data=FORM)
        address = f"{only().url}/schedule"
        curator.post(address, data={"at": "2199-07-09T10:00", "zone": "America/Los_Angeles"})
        assert only().embargo_until == datetime(2199, 7, 9, 17, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("at", "zone", "words"),
        [
            ("2030-03-10T02:30", "America/Los_Angeles", "does not exist"),
            ("2030-03-10T12:30", "Nowhere/../etc", "Enter a time zone"),
            ("tomorrow", "America/Los_Angeles", "Use the form"),
            ("2020-03-10T12:30", "UTC", "in the past"),
        ],
    )
    def test_an_impossible_time_is_refused_and_shown_again(self, curator, at, zone, words):
        answer = curator.post("/bulletins/new", data=FORM | {"embargo_until": at, "zone": zone})
        assert answer.status_code == 422 and words in answer.text and f'value="{at}"' in answer.text
        assert db.session.scalar(db.select(Bulletin.id)) is None

    def test_the_api_takes_utc_and_null(self, program):
        sent = {"title": FORM["title"], "embargo_until": "2199-12-08T18:00:00"}
        made = program("POST", "/bulletins", sent)
        assert made.json["embargo_until"] == "2199-12-08T18:00:00+00:00"
        path = f"/bulletins/{made.json['reference']}"
        assert program("PATCH", path, {"severity": "low"}).json["embargo_until"]
        assert program("PATCH", path, {"embargo_until": None}).json["embargo_until"] is None

    def test_an_older_form_does_not_undo_a_schedule(self, curator, moderator):
        curator.post("/bulletins/new", data=FORM)
        version = only().version
        actions.schedule(only(), datetime(2199, 12, 8, 18, tzinfo=UTC), by=moderator)
        db.session.commit()
        sent = FORM | {"version": version, "embargo_until": "", "embargo_seen": "", "zone": "UTC"}
        assert curator.post(f"{only().url}/edit", data=sent).status_code == 302
        assert only().embargo_until is not None

    def test_it_is_published_at_that_time(self, program):
        at = (utcnow() + timedelta(days=1)).isoformat()
        program("POST", "/bulletins", {"title": FORM["title"], "embargo_until": at})
        events.drain()
        assert not only().is_public


def test_a_public_bulletin_keeps_a_label_that_everybody_may_read(make_advisory, store, program):
    bulletin = store(make_advisory()).bulletin
    path = f"/bulletins/{bulletin.reference}"
    answer = program("PATCH", path, {"tlp": "AMBER"})
    assert answer.status_code == 422 and "unpublish it first" in answer.text
    assert "Choose a TLP label" in program("PATCH", path, {"tlp": "PURPLE"}).text
    assert program("PATCH", path, {"tlp": "CLEAR"}).json["tlp"] == "CLEAR"
    assert "label" in store(make_advisory(version="2", title="Acme Reader: another title")).not_imported
    program("POST", f"{path}/unpublish", {})
    assert program("PATCH", path, {"tlp": "AMBER"}).json["tlp"] == "AMBER"


def test_a_document_of_too_many_products_is_not_edited_by_hand(
    make_advisory, store, program, curator, monkeypatch
):
    bulletin = store(make_advisory()).bulletin
    monkeypatch.setattr(actions, "MAX_EDITED_PAIRS", 1)
    answer = program("PATCH", f"/bulletins/{bulletin.reference}", {"severity": "low"})
    assert answer.status_code == 422 and "too many to edit here" in answer.text
    assert curator.get(f"{bulletin.url}/edit").status_code == 302
    answer = curator.get(bulletin.url)
    assert "too many to edit here" in answer.text
    answer = program("POST", f"/bulletins/{bulletin.reference}/withdraw", {"reason": "The report was wrong."})
    assert answer.status_code == 200, answer.text
