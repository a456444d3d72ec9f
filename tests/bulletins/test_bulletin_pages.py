"""Pages, forms, files, feeds and API of bulletins."""

import csv
import io
from datetime import date

import pytest

from advisories import advisory as adv
from bulletins import actions as bulletins
from bulletins import queries, rows
from bulletins.drafting.changes import lines_of
from bulletins.models import Bulletin
from core.database.db import db
from inventory import actions
from products.inventories.queries import default_of
from tests.bulletins.conftest import MARCH, fix, no_fix, vulnerability

FORM = {
    "title": "Acme Reader: a crafted font runs code",
    "severity": "critical",
    "body": "Patch it.",
    "vulnerabilities": "CVE-2026-1001 | CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H | Overflow",
    "affected": "Acme Reader 9 | 9 | \nAcme Reader 10 | 10 | 10.1",
    "remedies": "",
    "known_issues": "",
    "supersedes": "",
}
MITIGATION = {
    "layer": "network",
    "kind": "mitigation",
    "text": "Do not let it out.",
    "blocks": "Call home",
    "steps": "Close it | netsh x | netsh y | netsh z",
    "side_effects": "No updates",
}


def only():
    return db.session.scalar(db.select(Bulletin))


@pytest.fixture
def curator(login, moderator):
    return login(moderator)


def test_a_moderator_writes_schedules_and_publishes(curator, client):
    assert curator.post("/bulletins/new", data=FORM).status_code == 302
    bulletin = only()
    assert client.get(bulletin.url).status_code == 404
    curator.post(f"{bulletin.url}/schedule", data={"at": "2199-12-08T18:00:00Z"})
    assert only().embargo_until.year == 2199
    curator.post(f"{bulletin.url}/schedule", data={"at": ""})
    assert only().embargo_until is None
    curator.post(f"{bulletin.url}/publish")
    text = client.get(bulletin.url).text
    for words in (
        "CVE-2026-1001",
        "9.8",
        "Acme Reader 10",
        "10.1",
        "fix not stated for some",
        "Update to 10.1.",
    ):
        assert words in text


@pytest.mark.parametrize(
    ("field", "line"),
    [
        ("vulnerabilities", "CVE-1 | |"),
        ("affected", "| 9 |"),
        ("remedies", "magic | | | x"),
        ("known_issues", "AC1"),
        ("supersedes", "RB-1999-001"),
        ("title", "Short"),
    ],
)
def test_a_line_that_cannot_be_read_is_shown_again(curator, field, line):
    answer = curator.post("/bulletins/new", data={**FORM, field: line})
    assert answer.status_code == 422
    assert f'id="f-{field}-error"' in answer.text and line in answer.text
    assert only() is None


def test_an_edit_that_changes_nothing_is_no_revision(curator, make_advisory, store):
    bulletin = store(
        make_advisory(
            vulnerabilities=[
                vulnerability(
                    remedies=[fix("A", update="AC1"), adv.Remedy("workaround", "Two\nlines\\n of it", ("B",))]
                )
            ]
        )
    ).bulletin
    page = curator.get(f"{bulletin.url}/edit").text
    assert "Two\\nlines\\\\n of it" in page
    values = {
        "title": bulletin.title,
        "severity": bulletin.severity,
        "body": bulletin.body,
        **_lines(bulletin.id),
    }
    assert curator.post(f"{bulletin.url}/edit", data=values).status_code == 302
    assert only().revision_count == 1


def _lines(number):
    lines = lines_of(rows.to_advisory(queries.get_whole(number)))
    return {name: "\n".join(getattr(lines, name)) for name in ("vulnerabilities", "affected", "remedies")}


def test_known_issues_and_supersedence_show_on_both_pages(curator, client, make_advisory, store):
    older = store(make_advisory("OLD")).bulletin
    curator.post(
        "/bulletins/new",
        data={
            **FORM,
            "supersedes": older.reference,
            "known_issues": "AC1 | https://acme.example/i | Printing stops.",
        },
    )
    newer = db.session.scalar(db.select(Bulletin).where(Bulletin.tracking_id != "OLD"))
    assert newer.title not in client.get(older.url).text
    curator.post(f"{newer.url}/publish")
    assert "Printing stops." in client.get(newer.url).text
    assert newer.title in client.get(older.url).text
    assert older.title in client.get(newer.url).text


def test_the_mitigation_comes_first_where_there_is_no_fix(client, make_advisory, store):
    words = adv.Remedy("mitigation", "Do not open files from unknown senders.", ("A", "B"))
    unfixed = store(make_advisory("NONE", vulnerabilities=[vulnerability(remedies=[words])])).bulletin
    fixed = store(
        make_advisory("SOME", vulnerabilities=[vulnerability(remedies=[words, fix("A", "B")])])
    ).bulletin
    first, last = client.get(unfixed.url).text, client.get(fixed.url).text
    assert first.index('id="shield"') < first.index('id="vulnerabilities"')
    assert last.index('id="shield"') > last.index('id="vulnerabilities"')
    assert "None known" not in first + last


def test_none_known_is_said(client, make_advisory, store):
    bulletin = store(make_advisory(vulnerabilities=[vulnerability()])).bulletin
    assert "None known" in client.get(bulletin.url).text
    assert "None known." in client.get("/bulletins/unpatched").text


def test_a_suggested_layer_is_confirmed_with_steps(curator, client, make_advisory, store):
    words = adv.Remedy("mitigation", "Do not open files from unknown senders.", ("A",))
    bulletin = store(make_advisory(vulnerabilities=[vulnerability(remedies=[words])])).bulletin
    mitigation = queries.get_whole(bulletin.id).mitigations[0]
    assert "not confirmed yet" in client.get(bulletin.url).text
    assert bulletin.title in curator.get("/bulletins/mitigations").text
    curator.post(f"{bulletin.url}/mitigations/{mitigation.id}", data={**MITIGATION, "text": "Other"})
    text = client.get(bulletin.url).text
    assert "Do not open files from unknown senders." in text and "Other" not in text
    for said in ("netsh x", "netsh y", "netsh z", "Call home", "No updates"):
        assert said in text
    assert "not confirmed yet" not in text


def test_a_confirmed_mitigation_outlives_its_document(curator, make_advisory, store):
    words = adv.Remedy("mitigation", "Do not open files from unknown senders.", ("A",))
    bulletin = store(make_advisory(vulnerabilities=[vulnerability(remedies=[words])])).bulletin
    mitigation = queries.get_whole(bulletin.id).mitigations[0]
    curator.post(f"{bulletin.url}/mitigations/{mitigation.id}", data=MITIGATION)
    store(make_advisory(version="2", vulnerabilities=[vulnerability()]))
    assert [each.layer for each in queries.get_whole(bulletin.id).mitigations] == ["network"]


def test_a_mitigation_of_ours_goes_with_every_export_and_away(curator, make_advisory, store):
    bulletin = store(make_advisory(vulnerabilities=[vulnerability()])).bulletin
    curator.post(f"{bulletin.url}/mitigations/new", data=MITIGATION)
    whole = queries.get_whole(bulletin.id)
    (remedy,) = rows.to_advisory(whole).vulnerabilities[0].remedies
    assert (remedy.kind, remedy.product_ids) == ("mitigation", ("A", "B"))
    assert remedy.details == "Do not let it out.\n1. Close it netsh x"
    assert store(rows.to_advisory(whole)).outcome == "skipped"
    curator.post(f"{bulletin.url}/mitigations/{whole.mitigations[0].id}/remove")
    assert queries.get_whole(bulletin.id).mitigations == []


def test_after_its_end_of_life_a_fix_that_came_later_does_not_count(
    client, make_product, make_advisory, store
):
    make_product(
        "acme-reader",
        {"9": {"security": date(2025, 1, 31)}, "10": {"security": False}},
        name="Reader",
        vendor="Acme",
    )
    gone = store(make_advisory("LATE")).bulletin
    store(make_advisory("EARLY", initial_release_at=MARCH.replace(year=2024)))
    text = client.get("/bulletins/unpatched?past-life=1").text
    assert "LATE" in text and "EARLY" not in text
    page = client.get(gone.url).text
    assert page.index("End of life:") < page.index('id="vulnerabilities"')


def test_a_member_sees_their_products_the_unfixed_first(
    login, api, member, make_product, make_advisory, store
):
    reader = make_product("acme-reader", {"9": {}, "10": {}}, name="Reader", vendor="Acme")
    actions.add_products(member, [(reader, next(r for r in reader.releases if r.cycle == "9"))])
    store(make_advisory("FIXED", severity="critical", title="Acme Reader: this one is fixed"))
    store(
        make_advisory(
            "OPEN",
            severity="low",
            title="Acme Reader: this one is open",
            vulnerabilities=[vulnerability(affected=("A",))],
        )
    )
    store(
        make_advisory(
            "OTHER", title="Acme Reader: another release", vulnerabilities=[vulnerability(affected=("B",))]
        )
    )
    number = default_of(member).id
    for query in ("mine=1", f"inventory={number}"):
        text = login(member).get(f"/bulletins?{query}").text
        assert text.index("this one is open") < text.index("this one is fixed")
        assert "another release" not in text
    assert login(member).get("/bulletins?inventory=999").status_code == 404
    assert len(api(member)("GET", f"/bulletins?inventory={number}").json["items"]) == 2
    assert api()("GET", f"/bulletins?inventory={number}").status_code == 400


def test_a_visitor_logs_in_to_see_theirs(client):
    assert client.get("/bulletins?mine=1").headers["Location"].startswith("/login")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("severity=critical", {"ONE"}),
        ("severity=nonsense", {"ONE", "TWO"}),
        ("exploited=1", {"TWO"}),
        ("unfixed=1", {"TWO"}),
        ("not_stated=1", set()),
        ("vendor=acme", {"ONE", "TWO"}),
        ("vendor=nobody", set()),
        ("month=2026-03", {"ONE", "TWO"}),
        ("month=2026-04", set()),
        ("month=2026-99", {"ONE", "TWO"}),
        ("cve=cve-2026-1001", {"ONE"}),
        ("product=acme-reader", {"ONE", "TWO"}),
        ("product=none", set()),
    ],
)
def test_lists_are_narrowed_alike_at_every_entry_point(
    client, make_product, make_advisory, store, query, found
):
    make_product("acme-reader", {"9": {}, "10": {}}, name="Reader", vendor="Acme")
    store(make_advisory("ONE", severity="critical"))
    store(
        make_advisory(
            "TWO",
            severity="low",
            vulnerabilities=[vulnerability("CVE-2026-2002", is_exploited=True, remedies=[no_fix("A", "B")])],
        )
    )
    assert {row["tracking_id"] for row in client.get(f"/bulletins.json?{query}").json} == found
    rows = list(csv.DictReader(io.StringIO(client.get(f"/bulletins.csv?{query}").text)))
    assert {row["tracking_id"] for row in rows} == found
    for path in ("/bulletins", "/bulletins.atom"):
        text = client.get(f"{path}?{query}").text
        assert {name for name in ("ONE", "TWO") if f"overflow ({name})" in text} == found, path


def test_a_formula_in_a_title_runs_in_no_spreadsheet(client, make_advisory, store):
    store(make_advisory(title="=HYPERLINK(1)", publisher="+cmd|x"))
    text = client.get("/bulletins.csv").text
    assert "'=HYPERLINK(1)" in text and "'+cmd|x" in text


def test_nothing_of_a_document_runs_in_a_browser(client, make_advisory, store):
    bad, link = "<script>alert(1)</script>", "javascript:alert(1)"
    words = adv.Remedy("mitigation", bad, ("A",), url=link)
    said = vulnerability(
        remedies=[fix("A", url=link, update=bad), words],
        references=[adv.Reference(link, bad)],
        notes=[adv.Note("description", bad, bad)],
        threats=[adv.Threat("impact", bad)],
        known_issues=[adv.KnownIssue(bad, bad, link)],
    )
    bulletin = store(
        make_advisory(
            title=bad,
            publisher=bad,
            notes=[adv.Note("summary", bad), adv.Note("other", bad, bad)],
            references=[adv.Reference(link, bad)],
            vulnerabilities=[said],
            products=[adv.ProductEntry("A", bad, bad, bad, bad), adv.ProductEntry("B", bad)],
        )
    ).bulletin
    for path in (bulletin.url, "/bulletins", "/bulletins/unpatched", "/bulletins.atom"):
        text = client.get(path).text
        assert bad not in text and 'href="javascript:' not in text, path


def test_a_page_takes_as_many_queries_for_many_vulnerabilities(client, count_queries, make_advisory, store):
    small = store(make_advisory("SMALL")).bulletin
    large = store(
        make_advisory(
            "LARGE",
            vulnerabilities=[
                vulnerability(f"CVE-2026-{number}", remedies=[fix("A", "B", update=f"AC{number}")])
                for number in range(2000, 2040)
            ],
        )
    ).bulletin
    counts = []
    for path in [small.url, large.url]:
        with count_queries() as statements:
            assert client.get(path).status_code == 200
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 20


def test_other_ways_to_call_a_bulletin_lead_to_it(client, make_advisory, store):
    bulletin = store(make_advisory()).bulletin
    for name in (bulletin.reference.lower(), str(bulletin.id)):
        assert client.get(f"/bulletins/{name}").headers["Location"] == bulletin.url
    assert client.get(f"/posts/{bulletin.id}").headers["Location"].endswith(bulletin.url)


def test_members_comment_and_vote_on_it_like_on_any_post(login, other, make_advisory, store):
    bulletin = store(make_advisory()).bulletin
    browser = login(other)
    browser.post(f"/posts/{bulletin.id}/comments", data={"body": "It broke our printers in the pilot."})
    browser.post(f"/posts/{bulletin.id}/vote", data={"value": "1"})
    text = browser.get(bulletin.url).text
    assert "It broke our printers in the pilot." in text
    assert only().score == 1


def test_reputation_does_not_edit_bulletins(login, make_user, make_advisory, store):
    bulletin = store(make_advisory()).bulletin
    trusted = login(make_user("trudy", reputation=25_000))
    assert trusted.get(f"{bulletin.url}/edit").status_code == 403
    assert trusted.post(f"/posts/{bulletin.id}/revisions/1/restore").status_code == 403


def test_the_api_says_what_is_stated_and_what_is_computed(api, make_advisory, store):
    wrong = adv.Score("3.1", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 5.0, ("A",))
    store(make_advisory(vulnerabilities=[vulnerability(scores=[wrong])]))
    found = api()("GET", "/bulletins/RB-2026-001").json
    assert found["vulnerabilities"][0]["scores"] == [
        {"version": "3.1", "vector": wrong.vector, "base": 9.8, "severity": "critical", "stated": 5.0}
    ]


def test_a_page_shows_the_stated_score_only_when_it_differs(client, make_advisory, store):
    vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
    for name, stated in (("SAME", 9.8), ("OTHER", 5.0)):
        score = adv.Score("3.1", vector, stated, ("A",))
        store(make_advisory(name, vulnerabilities=[vulnerability(scores=[score])]))
    assert "stated:" not in client.get("/bulletins/RB-2026-001").text
    assert "stated: 5.0" in client.get("/bulletins/RB-2026-002").text


def test_moderators_open_a_document_of_known_products_that_was_changed_here(
    login, moderator, member, make_product, make_advisory, store
):
    make_product("acme-reader", {"9": {}, "10": {}}, name="Acme Reader", vendor="Acme")
    bulletin = store(make_advisory()).bulletin
    assert any(row.product_id for row in bulletin.products)
    bulletins.edit(queries.get_whole(bulletin.id), {"severity": "low"}, by=moderator)
    db.session.commit()
    url = bulletin.url
    browsers = [login(who) for who in (moderator, member)]
    for browser in browsers:
        db.session.remove()
        page = browser.get(url)
        assert page.status_code == 200 and 'href="/products/acme-reader"' in page.text
    db.session.remove()
    assert "Edited here; imports do not change it" in browsers[0].get(url).text


def test_the_table_of_products_names_the_update_that_fixes_each(client, api, make_advisory, store):
    errata = "https://access.redhat.example/errata/RHSA-2026:1234"
    remedies = [fix("A", update="KB500", fixed_build="9.5"), fix("B", url=errata), fix(update="AC7")]
    bulletin = store(make_advisory(vulnerabilities=[vulnerability(remedies=remedies)])).bulletin
    table = client.get(bulletin.url).text.partition('id="products"')[2].partition("</section>")[0]
    first, second = (row for row in table.split("<tr>") if "Acme Reader" in row)
    assert "9.5" in first and "KB500" in first and "AC7" in first and "RHSA" not in first
    assert f'href="{errata}"' in second and "RHSA-2026:1234</a>" in second
    said = api()("GET", f"/bulletins/{bulletin.reference}").json["products"]
    assert said[1]["fixed_by"] == [{"name": "RHSA-2026:1234", "url": errata}, {"name": "AC7", "url": None}]
