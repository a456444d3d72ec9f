"""Tokens and people in the API."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from auth.models import ApiToken
from core.database.db import db, utcnow


def make(login, member, **fields):
    """Press "Create token"; gives the page."""
    return login(member).post("/settings/tokens", data={"name": "script", "scope": "write", **fields})


def shown(page):
    return page.text.split("<pre")[1].split("<code>")[1].split("</code>")[0]


def me(client, token):
    return client.get("/api/v1/users/me", headers={"Authorization": f"Bearer {token}"})


def row():
    db.session.commit()
    return db.session.scalar(select(ApiToken).execution_options(populate_existing=True))


def test_a_token_is_shown_once_and_works(login, client, member):
    page = make(login, member)
    token = shown(page)
    assert "no-store" in page.headers["Cache-Control"]
    assert token not in login(member).get("/settings/tokens").text
    assert token not in row().token_hash
    answer = me(client, token).json
    assert (answer["username"], answer["scope"], answer["email"]) == ("alice", "write", member.email)


def test_a_revoked_token_is_dead_at_once(login, client, member):
    token = shown(make(login, member))
    login(member).post(f"/settings/tokens/{row().id}/revoke")
    assert me(client, token).status_code == 401


def test_nobody_revokes_anothers_token(login, client, member, other):
    token = shown(make(login, member))
    login(other).post(f"/settings/tokens/{row().id}/revoke")
    assert me(client, token).status_code == 200


def test_a_token_is_good_through_its_last_day(login, client, member):
    last_day = utcnow().date() + timedelta(days=3)
    token = shown(make(login, member, expires_on=last_day.isoformat()))
    with time_machine.travel(f"{last_day}T23:59:00+00:00"):
        assert me(client, token).status_code == 200
    with time_machine.travel(f"{last_day + timedelta(days=1)}T00:00:01+00:00"):
        assert me(client, token).status_code == 401


@pytest.mark.parametrize("day", ["2020-01-01", "soon", "9999-12-31", "2030-02-31"])
def test_a_last_day_that_is_none_is_named(login, member, day):
    page = make(login, member, expires_on=day)
    assert page.status_code == 422 and "f-expires_on-error" in page.text and day in page.text


def test_an_erased_owner_has_no_token(login, client, member):
    token = shown(make(login, member))
    member.erased_at = utcnow()
    db.session.commit()
    assert me(client, token).status_code == 401


def test_a_demoted_owner_moderates_no_more(api, moderator, make_question):
    question, call = make_question(), api(moderator)
    moderator.role = "member"
    db.session.commit()
    assert call("POST", f"/questions/{question.id}/close", {"reason": "off-topic"}).status_code == 403


def test_use_is_noted_once_an_hour(login, client, member):
    token = shown(make(login, member))
    assert row().used_at is None
    start = utcnow().replace(microsecond=0)
    for minutes, noted in ((0, 0), (50, 0), (70, 70)):
        with time_machine.travel(start + timedelta(minutes=minutes), tick=False):
            me(client, token)
        assert row().used_at == start + timedelta(minutes=noted)


def test_a_read_that_notes_nothing_writes_nothing(api, member, count_queries):
    call = api(member)
    call("GET", "/users/me")
    with count_queries() as statements:
        call("GET", "/users/me")
    assert not [s for s in statements if s.startswith(("UPDATE", "INSERT", "DELETE"))]


def test_others_see_no_address(api, member, other):
    assert "email" not in api(other)("GET", f"/users/{member.username}").json


def test_an_erased_member_is_gone(api, member):
    member.erased_at = utcnow()
    db.session.commit()
    assert api()("GET", "/users/alice").status_code == 404
    assert "alice" not in api()("GET", "/users").text


def test_members_come_by_reputation_without_repeats(api, make_user):
    made = {make_user(reputation=points % 7 + 1).username for points in range(95)}
    names, path = [], "/users"
    while path:
        page = api()("GET", path).json
        names += [item["username"] for item in page["items"]]
        path = page["next"] and f"/users?after={page['next']}"
    assert len(names) == 95 and set(names) == made


def test_the_ledger_tells_points_and_post(api, make_question, member, other):
    question = make_question()
    api(other)("POST", f"/posts/{question.id}/vote", {"value": 1})
    [line] = [
        item
        for item in api()("GET", f"/users/{member.username}/reputation").json["items"]
        if item["reason"] == "question_up"
    ]
    assert (line["points"], line["post_id"]) == (10, question.id)
    assert other.username not in str(line)
