"""Deployment reports: one for each member, bulletin and release; counted at once, changeable, removable."""

import json

import pytest
from sqlalchemy import func, select

from auth.erasure import export_account
from auth.erasure.actions import erase
from core.database.db import db
from core.jobs import events
from deployment.models import DeploymentReport, DeploymentTally
from deployment.reports import actions, queries
from deployment.reports.actions import Hidden

pytestmark = pytest.mark.every_database
SENT = {"ring": "pilot", "outcome": "ok"}


def count(entity=DeploymentReport) -> int:
    return db.session.scalar(select(func.count()).select_from(entity))


def counts(bulletin):
    db.session.expire_all()
    found = queries.of_bulletin(bulletin).counts
    return {outcome: number for outcome, number in found.items() if number}


@pytest.fixture
def path(bulletin):
    return f"{bulletin.url}/reports"


def test_a_member_reports_in_one_step(login, member, client, bulletin, path):
    browser = login(member)
    page = browser.get(bulletin.url).text
    assert f'action="{path}"' in page and "acme-reader/9" in page
    sent = SENT | {"release": "acme-reader/9", "note": "Two restarts were needed."}
    answer = browser.post(path, data=sent)
    assert answer.status_code == 302
    seen = client.get(path).text
    assert "Two restarts were needed." in seen and "Acme Reader 9" in seen
    assert counts(bulletin) == {"ok": 1}
    assert "1 report, by release" in client.get(bulletin.url).text


def test_saying_it_again_changes_it(login, member, bulletin, path):
    browser = login(member)
    for outcome in ("ok", "failed", "failed"):
        browser.post(path, data={"ring": "broad", "outcome": outcome, "target": "Our kiosks"})
    browser.post(path, data={"ring": "broad", "outcome": "issue", "target": "our KIOSKS"})
    assert count() == 1 and counts(bulletin) == {"issue": 1}
    browser.post(path, data=SENT)
    assert count() == 2 and counts(bulletin) == {"issue": 1, "ok": 1}, "without a target it is another"


def test_the_form_shows_what_one_said(login, member, bulletin, path, report):
    row = report(bulletin, member, "rolled_back", ring="lab", note="Blue screen", target="Our kiosks")
    page = login(member).get(f"{path}?change={row.id}").text
    assert 'value="Our kiosks"' in page and "Blue screen</textarea>" in page.replace("\n", "")
    assert 'value="rolled_back" checked' in page and 'value="lab" checked' in page


def test_nobody_changes_the_report_of_another(login, member, other, bulletin, path, report):
    row = report(bulletin, member, "ok", note="Mine alone")
    page = login(other).get(f"{path}?change={row.id}").text
    assert "Mine alone</textarea>" not in page.replace("\n", "")
    login(other).post(path, data={"ring": "lab", "outcome": "failed"})
    assert counts(bulletin) == {"ok": 1, "failed": 1}


@pytest.mark.parametrize(
    "wrong",
    [
        {"ring": "moon"},
        {"outcome": "great"},
        {"ring": ""},
        {"outcome": ""},
        {"note": "x" * 601},
        {"target": "x" * 101},
        {"release": "acme-reader/99"},
        {"release": "acme-reader"},
        {"release": "/"},
    ],
)
def test_wrong_input_is_refused_with_a_sentence(login, member, bulletin, path, wrong):
    answer = login(member).post(path, data={**SENT, **wrong})
    assert answer.status_code == 422 and "There is a problem" in answer.text
    assert count() == 0


def test_a_long_text_in_another_case_is_no_error(login, member, bulletin, path):
    assert login(member).post(path, data={**SENT, "target": "ß" * 100}).status_code == 302
    assert login(member).post(path, data={**SENT, "target": "ΐ" * 100}).status_code == 302
    assert count() == 2


def test_words_are_shown_as_words(client, member, bulletin, path, report):
    report(bulletin, member, note="<script>alert(1)</script> [x](javascript:1)", target="<b>kiosk</b>")
    page = client.get(path).text
    assert "<script>alert" not in page and "<b>kiosk" not in page and "&lt;b&gt;kiosk" in page


@pytest.mark.parametrize("who", ["visitor", "unconfirmed", "suspended"])
def test_only_members_who_may_write_report(login, client, make_user, bulletin, path, who):
    user = make_user(confirmed=who != "unconfirmed")
    if who == "suspended":
        user.suspended_until = bulletin.published_at.replace(year=2099)
    db.session.commit()
    answer = (client if who == "visitor" else login(user)).post(path, data=SENT)
    assert answer.status_code in (302, 403) and "reports#mine" not in answer.headers.get("Location", "")
    assert count() == 0


def test_a_draft_has_no_reports_even_for_moderators(login, member, moderator, make_product, make_bulletin):
    make_product()
    draft = make_bulletin(status="draft")
    for user in (member, moderator):
        for suffix in ("", ".csv", ".json", ".atom"):
            assert login(user).get(f"/bulletins/{draft.reference}/reports{suffix}").status_code == 404
        assert login(user).post(f"/bulletins/{draft.reference}/reports", data=SENT).status_code == 404
    assert count() == 0


def test_reports_go_with_their_bulletin(client, member, bulletin, path, report, withdraw):
    row = report(bulletin, member, "failed", note="It broke")
    withdraw(bulletin)
    for gone in (
        path,
        f"{path}.csv",
        f"{path}.atom",
        f"/reports/{row.id}",
        f"/api/v1/reports/{row.id}",
        f"/api/v1/bulletins/{bulletin.reference}/reports",
    ):
        assert client.get(gone).status_code == 404, gone
    assert queries.of_months("2026-11", "2026-11") == {}


def test_tallies_by_release_and_month(member, other, bulletin, make_bulletin, make_user, report):
    nine = queries.release_named("acme-reader", "9")
    for user, outcome in ((member, "ok"), (other, "failed"), (make_user(), "ok")):
        report(bulletin, user, outcome, release=nine)
    report(bulletin, member, "issue", target="Kiosk")
    report(make_bulletin("B"), member, "rolled_back")
    rows = queries.tallies(bulletin)
    assert [(row.target, row.release_id, row.ok, row.issue, row.failed) for row in rows] == [
        ("", nine.id, 2, 0, 1),
        ("Kiosk", None, 0, 1, 0),
    ]
    month = queries.of_months("2026-01", "2026-12")
    assert month["2026-11"].counts == {"ok": 2, "issue": 1, "failed": 1, "rolled_back": 1}


def test_its_author_removes_it_and_may_say_it_again(login, member, bulletin, path, report):
    row = report(bulletin, member, "failed")
    page = login(member).get(f"/reports/{row.id}/remove")
    assert "What will happen" in page.text and counts(bulletin) == {"failed": 1}
    login(member).post(f"/reports/{row.id}/remove")
    assert counts(bulletin) == {}
    report(bulletin, member, "ok")
    assert count() == 1 and counts(bulletin) == {"ok": 1}


def test_a_moderator_hides_it_for_good(login, client, member, moderator, bulletin, path, report):
    row = report(bulletin, member, "failed", note="Buy my pills")
    login(moderator).post(f"/reports/{row.id}/remove")
    assert "Buy my pills" not in client.get(path).text and counts(bulletin) == {}
    assert client.get(f"/reports/{row.id}").status_code == 404
    assert "Buy my pills" in login(moderator).get(path).text, "moderators see what was hidden"
    assert login(member).post(path, data={"ring": "lab", "outcome": "ok"}).status_code == 403
    with pytest.raises(Hidden):
        report(bulletin, member, "ok")
    db.session.rollback()
    login(moderator).post(f"/reports/{row.id}/restore")
    assert "Buy my pills" in client.get(path).text and counts(bulletin) == {"failed": 1}


def test_what_its_author_removed_no_moderator_brings_back(login, member, moderator, bulletin, report):
    row = report(bulletin, member, "failed", note="Second thoughts")
    login(member).post(f"/reports/{row.id}/remove")
    assert login(moderator).post(f"/reports/{row.id}/restore").status_code == 404
    assert login(moderator).get(f"/reports/{row.id}").status_code == 404
    assert "Second thoughts" not in login(moderator).get(f"{bulletin.url}/reports").text


def test_what_moderators_hide_is_in_the_public_log_once(client, drain, member, moderator, bulletin, report):
    row = report(bulletin, member, "failed", note="A canary in the note")
    actions.remove(row, by=moderator)
    actions.restore(row, by=moderator)
    actions.remove(row, by=member)
    drain()
    page = client.get("/moderation/log").text
    assert page.count("deployment report hidden") == 1 and page.count("deployment report unhidden") == 1
    assert bulletin.title in page and "canary" not in page


def test_another_member_removes_nothing(login, member, other, bulletin, report):
    row = report(bulletin, member)
    assert login(other).post(f"/reports/{row.id}/remove").status_code == 403
    assert login(other).post(f"/reports/{row.id}/restore").status_code == 403
    assert counts(bulletin) == {"ok": 1}


@pytest.mark.parametrize("keep", [True, False])
def test_who_leaves_takes_the_name_and_the_words_along_as_they_choose(
    client, drain, member, admin, bulletin, path, report, keep
):
    report(bulletin, member, "failed", note="A note about our kiosks")
    erase(member, by=admin, keep_words=keep)
    drain()
    page = client.get(path).text
    assert ("A note about our kiosks" in page) is keep and member.display_name not in page.replace(
        "former member", ""
    )
    assert counts(bulletin) == ({"failed": 1} if keep else {})
    [row] = db.session.scalars(select(DeploymentReport))
    assert row.user_id is None and (row.note != "") is keep


def test_it_is_in_the_file_of_ones_data(member, bulletin, report):
    report(bulletin, member, "issue", note="Slow")
    [row] = json.loads(export_account.document(member))["deployment_reports"]
    assert (row["outcome"], row["note"]) == ("issue", "Slow")


def test_lists_as_files(client, member, bulletin, path, report):
    report(bulletin, member, "failed", note="=cmd()", target="+kiosk")
    lines = client.get(f"{path}.csv").text.splitlines()
    assert len(lines) == 2 and "'=cmd()" in lines[1] and "'+kiosk" in lines[1]
    [row] = client.get(f"{path}.json?outcome=failed").json
    assert row["note"] == "=cmd()" and row["author"] == "alice"
    assert client.get(f"{path}.json?outcome=ok").json == []


def test_a_release_that_is_not_listed_any_more_is_not_named(
    client, member, moderator, make_product, bulletin, path, report
):
    nine = queries.release_named("acme-reader", "9")
    report(bulletin, member, release=nine)
    login_page = client.get(path).text
    assert "Acme Reader 9" in login_page.split("By release")[1]
    nine.removed_at = bulletin.published_at
    events.record("product.changed", actor=moderator)
    db.session.commit()
    assert "Acme Reader 9" not in client.get(path).text.split("By release")[1]
    assert client.get(f"{path}.json").json[0]["release"] is None


def test_pages_need_the_same_queries_however_many_reports(
    client, make_user, bulletin, path, report, count_queries
):
    def cost():
        client.get(path)
        with count_queries() as statements:
            client.get(path)
        return len(statements)

    report(bulletin, make_user())
    few = cost()
    for number in range(30):
        report(bulletin, make_user(), "failed", target=f"Kiosk {number}")
    assert cost() <= few
    assert count(DeploymentTally) == 31
