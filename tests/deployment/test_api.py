"""The calendar and reports through the API: shapes, tokens, roles."""

from datetime import date

import pytest

SENT = {"ring": "broad", "outcome": "failed", "release": "acme-reader/9", "note": "It rolled itself back."}


@pytest.fixture
def path(bulletin):
    return f"/bulletins/{bulletin.reference}/reports"


def test_months(client, bulletin, make_bulletin):
    make_bulletin("B", severity="low", exploited_until=date(2026, 12, 1))
    items = client.get("/api/v1/calendar?year=2026").json["items"]
    november = items[10]
    assert len(items) == 12 and november["month"] == "2026-11" and november["patch_day"] == "2026-11-10"
    assert november["patch_at"].startswith("2026-11-10T18:00:00")
    assert [november[name] for name in ("bulletins", "critical", "low", "exploited")] == [2, 1, 1, 1]
    assert client.get("/api/v1/calendar?year=1066").status_code == 400


def test_one_month(client, bulletin, make_bulletin):
    for number in range(45):
        make_bulletin(f"N{number}", severity="low")
    body = client.get("/api/v1/calendar/2026-11").json
    assert body["bulletins"] == 46 and body["items"][0]["reference"] == bulletin.reference
    assert body["products"] == [
        {"product": "acme-reader", "bulletins": 46, "critical": 1, "exploited": 0, "unpatched": 0}
    ]
    rest = client.get("/api/v1/calendar/2026-11", query_string={"after": body["next"]}).json
    assert len(body["items"]) + len(rest["items"]) == 46 and rest["next"] is None


def test_a_program_reports_changes_and_removes(api, client, member, other, bulletin, path):
    call = api(member)
    made = call("POST", path, SENT).json
    assert (made["release"], made["target"], made["author"]) == ("acme-reader/9", "Acme Reader 9", "alice")
    changed = call("POST", path, SENT | {"outcome": "issue"}).json
    assert changed["id"] == made["id"] and changed["outcome"] == "issue"
    [row] = client.get(f"/api/v1{path}?outcome=issue").json["items"]
    assert row == client.get(f"/api/v1/reports/{row['id']}").json
    assert api(other)("DELETE", f"/reports/{row['id']}").status_code == 403
    assert api(other)("POST", f"/reports/{row['id']}/helpful", {"helpful": True}).json["helpful"] == 1
    assert call("DELETE", f"/reports/{row['id']}").status_code == 204
    assert client.get(f"/api/v1/reports/{row['id']}").status_code == 404
    assert client.get(f"/api/v1{path}").json == {"items": [], "next": None}


def test_moderators_hide_and_show(api, member, moderator, bulletin, path):
    number = api(member)("POST", path, SENT).json["id"]
    assert api(moderator)("DELETE", f"/reports/{number}").status_code == 204
    assert api(member)("POST", path, SENT).status_code == 403
    assert api(member)("POST", f"/reports/{number}/restore").status_code in (403, 404)
    assert api(moderator)("POST", f"/reports/{number}/restore").json["outcome"] == "failed"


@pytest.mark.parametrize(
    "wrong", [{"ring": "moon"}, {"outcome": None}, {"note": "x" * 601}, {"release": "no/such"}, {"more": 1}]
)
def test_wrong_input(api, member, bulletin, path, wrong):
    answer = api(member)("POST", path, SENT | wrong)
    assert answer.status_code == 422 and set(answer.json["errors"]) == set(wrong)


def test_reports_need_a_token_that_writes(api, member, bulletin, path):
    assert api()("POST", path, SENT).status_code == 401
    assert api(member, scope="read")("POST", path, SENT).status_code == 403
