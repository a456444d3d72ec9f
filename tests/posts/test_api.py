"""Posts of any kind in the API: comments, votes, removal, history, tags."""

import pytest

from core.database.db import db
from posts import actions
from posts.models import Comment
from posts.voting import MAX_UPVOTES_PER_AUTHOR

TEXT = "A comment that is long enough to be one."


@pytest.fixture
def question(make_question):
    return make_question()


def test_a_comment_has_the_title_of_what_it_stands_under(api, question, member):
    made = api(member)("POST", f"/posts/{question.id}/comments", {"body": TEXT}).json
    assert (made["kind"], made["parent_id"], made["title"]) == ("comment", question.id, question.title)
    assert made["url"].endswith(f"#comment-{made['id']}")
    assert api()("GET", f"/posts/{question.id}/comments").json["items"] == [made]


def test_comments_come_page_by_page_oldest_first(api, question, member):
    made = [actions.comment(question, actions.render(f"{TEXT} {n}"), by=member).id for n in range(25)]
    first = api()("GET", f"/posts/{question.id}/comments").json
    rest = api()("GET", f"/posts/{question.id}/comments?after={first['next']}").json
    assert [item["id"] for item in first["items"] + rest["items"]] == made


def test_there_is_no_comment_on_a_comment(api, question, member):
    made = api(member)("POST", f"/posts/{question.id}/comments", {"body": TEXT}).json
    assert api(member)("POST", f"/posts/{made['id']}/comments", {"body": TEXT}).status_code == 403


def test_a_vote_is_cast_read_and_withdrawn(api, question, other):
    call, path = api(other), f"/posts/{question.id}/vote"
    assert call("POST", path, {"value": 1}).json == {"post_id": question.id, "value": 1, "score": 1}
    assert call("GET", path).json["value"] == 1
    assert call("POST", path, {"value": 0}).json["score"] == 0


def test_a_vote_on_ones_own_words_is_refused_with_the_reason(api, question, member):
    refused = api(member)("POST", f"/posts/{question.id}/vote", {"value": 1})
    assert refused.status_code == 403 and "your own" in refused.json["detail"]


def test_the_limits_of_votes_bind_programs(api, make_question, other):
    call = api(other)
    for _ in range(MAX_UPVOTES_PER_AUTHOR):
        assert call("POST", f"/posts/{make_question().id}/vote", {"value": 1}).status_code == 200
    refused = call("POST", f"/posts/{make_question().id}/vote", {"value": 1})
    assert refused.status_code == 403 and "votes for this member" in refused.json["detail"]


def test_removed_and_brought_back(api, question, member):
    call, path = api(member), f"/posts/{question.id}"
    answer = call("DELETE", path)
    assert (answer.status_code, answer.data) == (204, b"")
    assert api()("GET", path).status_code == 404
    assert call("GET", path).json["is_deleted"]
    assert call("POST", f"{path}/undelete").json["is_deleted"] is False
    assert api()("GET", path).status_code == 200


def test_a_redacted_revision_keeps_nothing(api, question, member, moderator):
    actions.revise(question, actions.render("Another text without the secret in it."), by=member)
    db.session.commit()
    path = f"/posts/{question.id}/revisions"
    assert api(moderator)("POST", f"{path}/1/redact").json["is_redacted"]
    assert api()("GET", f"{path}/1").json["body"] == ""
    assert api(member)("POST", f"{path}/1/restore").status_code == 403
    assert [item["number"] for item in api()("GET", path).json["items"]] == [2, 1]


def test_a_list_of_revisions_holds_no_texts(api, question):
    assert "body" not in api()("GET", f"/posts/{question.id}/revisions").json["items"][0]


def test_tags_count_public_posts_only(api, question, moderator):
    assert api()("GET", "/tags/patching").json["score"] == 1
    actions.delete(question, by=moderator)
    db.session.commit()
    assert api()("GET", "/tags/patching").status_code == 404
    assert api()("GET", "/tags").json["items"] == []


def test_tags_are_found_by_a_part_of_their_name(api, make_question):
    make_question(tags=("printing", "windows-print"))
    make_question(tags=("dns",))
    assert {tag["title"] for tag in api()("GET", "/tags?q=PRINT").json["items"]} == {
        "printing",
        "windows-print",
    }


def test_what_a_tag_is_for_is_said_and_may_begin_it(api, moderator):
    made = api(moderator)("PUT", "/tags/Kerberos", {"excerpt": "Tickets, realms and keys."}).json
    assert (made["title"], made["body"], made["score"]) == ("kerberos", "Tickets, realms and keys.", 0)
    assert api()("GET", "/tags/kerberos").json == made
    assert api(moderator)("PUT", "/tags/no tag", {"excerpt": "Tickets, realms and keys."}).status_code == 404


def test_posts_of_a_member_are_of_all_kinds_or_of_one(api, question, make_answer, member):
    answer = make_answer(question, by=member)
    path = f"/users/{member.username}/posts"
    assert [item["id"] for item in api()("GET", path).json["items"]] == [answer.id, question.id]
    assert [item["id"] for item in api()("GET", f"{path}?kind=answer").json["items"]] == [answer.id]


def test_what_a_member_removed_only_they_still_see(api, question, member):
    actions.delete(question, by=member)
    db.session.commit()
    path = f"/users/{member.username}/posts"
    assert api()("GET", path).json["items"] == []
    assert [item["is_deleted"] for item in api(member)("GET", path).json["items"]] == [True]


def test_a_members_posts_cost_the_same_however_many(api, make_question, make_answer, member, count_queries):
    call, counts = api(), []
    for _ in range(2):
        for _ in range(4):
            make_answer(make_question(), by=member)
        with count_queries() as statements:
            call("GET", f"/users/{member.username}/posts")
        counts.append(len(statements))
    assert counts[0] == counts[1]


def test_no_half_character_and_no_nul_reaches_the_database(api, question, member):
    body = "A comment\x00 with a half \ud800 of a character."
    made = api(member)("POST", f"/posts/{question.id}/comments", {"body": body}).json
    # shown as pictures: what was typed does not vanish in silence, and no database stores the originals
    assert made["body"] == "A comment\u2400 with a half \ufffd of a character."
    stored = db.session.scalar(db.select(Comment.body).where(Comment.id == made["id"]))
    assert stored == made["body"]


def test_the_address_of_a_tag_with_a_number_sign_leads_to_it(client, make_question):
    make_question(tags=["c#"])
    [tag] = client.get("/api/v1/tags?q=c%23").json["items"]
    assert tag["url"].endswith("/tags/c%23") and client.get("/tags/c%23").status_code == 200
    feed = client.get("/tags/c%23.atom").text
    assert "/tags/c%23" in feed and "/tags/c#" not in feed
