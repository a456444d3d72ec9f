"""Questions and answers in the API."""

import pytest

from auth import actions as auth_actions
from core.database.db import db
from forum import actions
from posts import actions as posts

TEXT = "What I tried is written here, in enough words to be understood by others."
QUESTION = {"title": "Does a program ask as people do?", "body": TEXT, "tags": ["api", "Linux"]}
COMMON = {"id", "kind", "title", "url", "body", "author", "score", "tags", "created_at", "source"}


def follow(call, path):
    """All items of a list, page by page."""
    items, mark = [], "&" if "?" in path else "?"
    page = call("GET", path).json
    while True:
        items += page["items"]
        if page["next"] is None:
            return items
        page = call("GET", f"{path}{mark}after={page['next']}").json


def test_a_question_asked_by_a_program_is_on_the_site(api, client, member):
    made = api(member)("POST", "/questions", QUESTION).json
    assert set(made) >= COMMON
    assert (made["kind"], made["author"], made["tags"]) == ("question", "alice", ["api", "linux"])
    assert made["url"].startswith("http://localhost:8000/questions/")
    assert QUESTION["title"] in client.get(made["url"]).text


def test_form_and_json_are_refused_with_the_same_sentence(api, login, member):
    short = {**QUESTION, "title": "short"}
    page = login(member).post("/questions/ask", data={**short, "tags": "api"})
    [sentence] = api(member)("POST", "/questions", short).json["errors"]["title"]
    assert sentence in page.text


@pytest.mark.parametrize("sort", ["newest", "active", "votes", "unanswered"])
def test_pages_end_and_repeat_nothing(api, make_question, sort):
    made = {make_question().id for _ in range(45)}
    ids = [item["id"] for item in follow(api(), f"/questions?sort={sort}")]
    assert len(ids) == 45 and set(ids) == made
    assert [item["id"] for item in follow(api(), f"/questions?tag=patching&sort={sort}")] == ids


def test_an_unknown_order_is_refused(api):
    assert set(api()("GET", "/questions?sort=random").json["errors"]) == {"sort"}


def test_answers_come_with_the_question_and_go_on_page_by_page(api, make_question, make_answer):
    question = make_question()
    made = [make_answer(question).id for _ in range(25)]
    first = api()("GET", f"/questions/{question.id}").json["answers"]
    rest = api()("GET", f"/questions/{question.id}/answers?after={first['next']}").json
    assert sorted(item["id"] for item in first["items"] + rest["items"]) == made
    assert rest["next"] is None


def test_answers_come_as_they_came_when_that_is_asked(api, make_question, make_answer):
    question = make_question()
    made = [make_answer(question).id for _ in range(3)]
    for sort, expected in (("oldest", made), ("newest", made[::-1])):
        page = api()("GET", f"/questions/{question.id}/answers?sort={sort}").json
        assert [item["id"] for item in page["items"]] == expected


def test_a_new_tag_takes_the_privilege_and_the_refusal_names_it(api, make_user):
    newcomer = make_user(reputation=20)
    refused = api(newcomer)("POST", "/questions", {**QUESTION, "tags": ["newtag"]})
    assert refused.status_code == 422 and "newtag" in refused.json["errors"]["tags"][0]


def test_a_list_costs_the_same_at_any_length(api, make_question, make_answer, count_queries):
    question, call = make_question(), api()
    counts = []
    for _ in range(2):
        for _ in range(8):
            make_answer(question)
        with count_queries() as statements:
            call("GET", f"/questions/{question.id}")
        counts.append(len(statements))
    assert counts[0] == counts[1]


def test_only_what_is_sent_changes(api, make_question, member):
    question = make_question()
    before = question.body
    changed = api(member)("PATCH", f"/questions/{question.id}", {"tags": ["dns"], "summary": "why"}).json
    assert (changed["tags"], changed["body"], changed["title"]) == (["dns"], before, question.title)
    assert changed["revision_count"] == 2


def test_the_asker_accepts_and_takes_it_back(api, make_question, make_answer, member):
    question = make_question()
    answer, call = make_answer(question), api(member)
    assert call("POST", f"/answers/{answer.id}/accept").json["is_accepted"]
    assert call("GET", f"/questions/{question.id}").json["accepted_answer_id"] == answer.id
    assert not call("POST", f"/answers/{answer.id}/unaccept").json["is_accepted"]
    assert call("GET", f"/questions/{question.id}").json["accepted_answer_id"] is None


def test_a_duplicate_needs_another_question(api, make_question, moderator):
    question, canonical, call = make_question(), make_question(), api(moderator)
    path = f"/questions/{question.id}/close"
    for wrong in ("", str(question.id), "999999", "nonsense"):
        refused = call("POST", path, {"reason": "duplicate", "duplicate_of": wrong})
        assert refused.status_code == 422 and set(refused.json["errors"]) == {"duplicate_of"}
    call("POST", path, {"reason": "duplicate", "duplicate_of": canonical.url})
    assert api()("GET", f"/questions/{question.id}").json["duplicate_of"]["id"] == canonical.id


def test_a_hidden_canonical_question_is_not_named(api, make_question, moderator):
    question, canonical = make_question(), make_question()
    actions.close(question, "duplicate", by=moderator, duplicate_of=canonical)
    posts.delete(canonical, by=moderator)
    db.session.commit()
    assert api()("GET", f"/questions/{question.id}").json["duplicate_of"] is None


def test_a_closed_question_takes_no_answer(api, make_question, moderator, other):
    question = make_question()
    actions.close(question, "off-topic", by=moderator)
    assert api(other)("POST", f"/questions/{question.id}/answers", {"body": TEXT}).status_code == 403


def test_an_unconfirmed_member_only_reads(api, make_question, make_user):
    sleeper, question = make_user(confirmed=False), make_question()
    assert api(sleeper)("POST", "/questions", QUESTION).status_code == 403
    assert api(sleeper)("GET", f"/questions/{question.id}").status_code == 200


class TestApproval:
    """A site where first posts wait."""

    @pytest.fixture
    def settings(self):
        return {"REDOUBT_FIRST_POST_APPROVAL": "on"}

    def test_a_newcomers_first_question_waits(self, api, member):
        made = api(member)("POST", "/questions", QUESTION).json
        assert made["status"] == "pending"
        assert api()("GET", f"/questions/{made['id']}").status_code == 404
        assert api(member)("GET", f"/questions/{made['id']}").status_code == 200


class TestLimits:
    """A site with its limits on."""

    @pytest.fixture
    def settings(self):
        return {"REDOUBT_RATE_LIMITS": "on"}

    def test_pages_and_programs_share_one_limit(self, api, login, member):
        client, call = login(member), api(member)
        for number in range(5):
            title = f"Is this question number {number} of many?"
            assert (
                client.post("/questions/ask", data={**QUESTION, "title": title, "tags": "a"}).status_code
                == 302
            )
            assert call("POST", "/questions", {**QUESTION, "title": title}).status_code == 201
        refused = call("POST", "/questions", QUESTION)
        assert refused.status_code == 429 and refused.json["status"] == 429
        assert 0 < int(refused.headers["Retry-After"]) <= 600


def test_a_suspension_bites_on_the_next_request(api, member):
    call = api(member)
    assert call("POST", "/questions", QUESTION).status_code == 201
    auth_actions.suspend(member, member.created_at.replace(year=member.created_at.year + 1), "enough")
    db.session.commit()
    assert call("POST", "/questions", QUESTION).status_code == 403
    assert call("GET", "/users/me").status_code == 200
