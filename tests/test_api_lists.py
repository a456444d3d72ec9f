"""Lists of the API: how many, since when, from where on; and what no query may be."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from core.database.db import db, utcnow
from core.database.paging import encode_cursor
from core.jobs import stored_markup
from posts.models import Post, Tag
from tests.api_world import TEXT, world

FUTURE, PAST = "2199-01-01T00:00:00Z", "1999-01-01"


@pytest.fixture(scope="module")
def site(tmp_path_factory, empty_database):
    with world(tmp_path_factory, empty_database) as made:
        yield made


@pytest.fixture(scope="module")
def document(site):
    return site.app.test_client().get("/api/v1/openapi.json").json


@pytest.fixture(scope="module")
def lists(site, document):
    """Paths of all lists, each of a thing of the world."""
    ids = site.ids
    known = {
        "question_id": ids["question"],
        "inventory_id": ids["inventory"],
        "answer_id": ids["answer"],
        "post_id": ids["question"],
        "article_id": ids["article"],
        "username": "bob",
        "name": "numbers",
        "slug": "widget",
        "reference": ids["bulletin"],
        "month": "2026-11",
    }
    return [
        path.format(**known) + ("?q=numbers" if path.endswith("/search") else "")
        for path, operations in document["paths"].items()
        if "next" in answer_fields(document, operations)
    ]


def answer_fields(document, operations):
    """The names of the fields of what a GET answers."""
    content = operations.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
    name = content.get("application/json", {}).get("schema", {}).get("$ref", "").rpartition("/")[2]
    return document["components"]["schemas"].get(name, {}).get("properties", {})


def get(site, path, who="reader", **query):
    headers = {"Authorization": f"Bearer {site.tokens[who]}"} if site.tokens[who] else {}
    return site.app.test_client().get(path, query_string=query or None, headers=headers)


def with_query(path, **query):
    words = "&".join(f"{name}={value}" for name, value in query.items())
    return f"{path}{'&' if '?' in path else '?'}{words}"


def test_every_list_says_what_it_takes(document, lists):
    assert len(lists) > 15
    for operations in document["paths"].values():
        if "next" in answer_fields(document, operations):
            named = {each["name"] for each in operations["get"]["parameters"] if each["in"] == "query"}
            assert {"after", "limit", "since"} <= named


def test_every_list_takes_limit_and_since(site, lists):
    for path in lists:
        whole = get(site, path).json
        assert len(get(site, with_query(path, limit=1)).json["items"]) == min(1, len(whole["items"])), path
        dated = [each for each in whole["items"] if "/search" not in path or each["kind"] != "tag"]
        since = get(site, with_query(path, since=PAST)).json["items"]
        assert sorted(since, key=str) == sorted(dated, key=str), path
        assert get(site, with_query(path, since=FUTURE)).json["items"] == [], path


@pytest.mark.parametrize("first", [{}, {"since": PAST}])
def test_every_list_can_be_read_one_by_one(site, lists, first):
    for path in lists:
        whole, found, after = get(site, with_query(path, limit=100, **first)).json["items"], [], {}
        while after is not None and len(found) <= len(whole):
            page = get(site, with_query(path, limit=1, **first, **after)).json
            found += page["items"]
            after = {"after": page["next"]} if page["next"] else None
        assert found == whole, path


WRONG = {
    "limit=0": "limit",
    "limit=101": "limit",
    "limit=ten": "limit",
    "limit=": "limit",
    "limit=1.5": "limit",
    "limit=%D9%A3": "limit",
    "limit=1_0": "limit",
    "since=yesterday": "since",
    "since=1700000000": "since",
    "since=2026-13-01": "since",
    "since=2026-W01": "since",
    "since=": "since",
    "after=": "after",
    "after=nonsense": "after",
    "page=2": "page",
    "Limit=1": "Limit",
    "limit=1&limit=2": "limit",
}


@pytest.mark.parametrize("query", WRONG)
def test_every_list_refuses_what_it_does_not_understand(site, lists, query):
    for path in lists:
        answer = get(site, path + ("&" if "?" in path else "?") + query)
        assert answer.status_code == 400 and answer.mimetype == "application/problem+json", path
        assert WRONG[query] in answer.json["errors"], path
        allowed = answer.json["allowed"]
        assert "after" in allowed and (query.startswith("after=n") or "limit" in allowed), path


def test_a_refusal_names_the_choices(site):
    answer = get(site, "/api/v1/questions?sort=hottest").json
    assert answer["allowed"]["sort"] == "newest, active, votes, unanswered"
    assert answer["errors"]["sort"] == ["Allowed: newest, active, votes, unanswered."]
    assert "question" in get(site, "/api/v1/users/bob/posts?kind=poem").json["errors"]["kind"][0]
    assert "true, false" in get(site, "/api/v1/bulletins?exploited=perhaps").json["errors"]["exploited"][1]
    assert get(site, "/api/v1/questions?tags=dns").json["errors"] == {
        "tags": ["Unknown parameter. Allowed: after, limit, since, sort, tag."]
    }


@pytest.mark.parametrize("path", ["/users/me", "/questions/{question}", "/tags/numbers", "/users/me/flags/x"])
def test_what_takes_no_parameters_says_so(site, path):
    answer = get(site, f"/api/v1{path.format(**site.ids)}?fields=id")
    assert answer.status_code == (404 if path.endswith("x") else 400)
    if answer.status_code == 400:
        assert answer.json["errors"] == {"fields": ["This endpoint takes no parameters."]}


def test_a_change_with_an_unknown_parameter_changes_nothing(site):
    answer = site.call(
        "member",
        "POST",
        "/api/v1/questions?dry_run=1",
        {"title": "Is this asked although it should not be?", "body": TEXT, "tags": ["numbers"]},
    )
    assert answer.status_code == 400
    assert "although" not in get(site, "/api/v1/questions").text


def test_a_cursor_of_another_order_is_refused(site):
    cursor = get(site, "/api/v1/questions?limit=1").json["next"]
    assert get(site, f"/api/v1/questions?limit=1&after={cursor}").status_code == 200
    for path in ("/api/v1/questions?sort=active", "/api/v1/users/bob/posts?limit=1", "/api/v1/tags?limit=1"):
        refused = get(site, f"{path}&after={cursor}")
        assert (refused.status_code == 400) == ("bob" not in path), path  # the same order, of other rows


def test_pages_stay_forgiving(site):
    client = site.app.test_client()
    for path in (
        "/questions?after=nonsense",
        "/questions?limit=0&since=x",
        "/tags?page=x",
        "/bulletins?sort=x",
        f"/questions?after={encode_cursor([1, 2])}",
    ):
        assert client.get(path).status_code == 200, path


def test_since_is_found_by_an_index_and_comes_in_the_order_of_changes(site):
    site.restore()
    sent = []
    for number in (site.ids["lonely"], site.ids["question"]):
        site.call("moderator", "PATCH", f"/api/v1/questions/{number}", {"body": f"{TEXT} In order."})
    with site.app.app_context():

        def note(connection, cursor, text, parameters, context, many):
            sent.append((text, parameters))

        db.event.listen(db.engine, "before_cursor_execute", note)
        found = get(site, "/api/v1/questions", since=PAST, sort="votes").json["items"]
        db.event.remove(db.engine, "before_cursor_execute", note)
        [(text, parameters)] = [each for each in sent if "changed_at >=" in each[0]]
        with db.engine.connect() as connection:
            plan = str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", parameters).all())
    assert [each["id"] for each in found] == [site.ids["lonely"], site.ids["question"]]
    assert "ix_posts_kind_changed" in plan and "TEMP B-TREE" not in plan


def test_since_does_not_find_votes_counters_and_rendering(site):
    site.restore()
    question = site.ids["question"]
    with site.app.app_context():
        long_ago = utcnow() - timedelta(days=2)
        db.session.execute(db.update(Post).values(changed_at=long_ago, markup_version=0))
        db.session.execute(db.update(Tag).values(changed_at=long_ago))
        db.session.commit()
        for texts in stored_markup.markdown_columns():
            stored_markup.render_outdated(texts, 0, 1000, Counter())
        db.session.commit()
    for number in (question, site.ids["answer"]):
        assert site.call("moderator", "POST", f"/api/v1/posts/{number}/vote", {"value": 1}).status_code == 200
    site.call("moderator", "POST", f"/api/v1/posts/{question}/comments", {"body": TEXT})
    site.call("moderator", "POST", f"/api/v1/articles/{site.ids['article']}/feedback", {"helpful": True})
    hour_ago = (datetime.now(UTC) - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")

    def changed(path):
        return get(site, path, since=hour_ago).json["items"]

    for path in ("/questions", f"/questions/{question}/answers", "/articles", "/bulletins", "/tags"):
        assert changed(f"/api/v1{path}") == [], path
    site.call("moderator", "PUT", "/api/v1/tags/numbers", {"excerpt": "For whatever can be counted."})
    assert [tag["title"] for tag in changed("/api/v1/tags")] == ["numbers"]
    site.call("moderator", "POST", f"/api/v1/questions/{question}/close", {"reason": "off-topic"})
    assert [each["id"] for each in changed("/api/v1/questions")] == [question]
    site.call("moderator", "PATCH", f"/api/v1/articles/{site.ids['article']}", {"layer": "network"})
    assert [each["id"] for each in changed("/api/v1/articles")] == [site.ids["article"]]
    site.call(
        "moderator",
        "POST",
        f"/api/v1/bulletins/{site.ids['bulletin']}/mitigations",
        {"layer": "data", "text": "Back it up again."},
    )
    assert len(changed("/api/v1/bulletins")) == 1
    site.restore()


def test_since_finds_what_was_created_edited_or_published(site):
    site.restore()
    question = site.ids["lonely"]
    with site.app.app_context():
        db.session.execute(db.update(Post).values(changed_at=utcnow() - timedelta(days=2)))
        db.session.commit()
    hour_ago = (datetime.now(UTC) - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")

    def changed(path):
        return [each["id"] for each in get(site, path, since=hour_ago).json["items"]]

    assert changed("/api/v1/questions") == []
    title = {"title": "Does anybody answer this by now?"}
    site.call("member", "PATCH", f"/api/v1/questions/{question}", title)
    assert changed("/api/v1/questions") == [question]
    assert [
        each["id"] for each in get(site, "/api/v1/questions", tag="numbers", since=hour_ago).json["items"]
    ] == [question]
    site.call("moderator", "POST", f"/api/v1/articles/{site.ids['draft']}/publish")
    assert changed("/api/v1/articles") == [site.ids["draft"]]
    made = site.call("moderator", "POST", f"/api/v1/questions/{question}/answers", {"body": TEXT}).json
    assert changed(f"/api/v1/questions/{question}/answers") == [made["id"]]
    site.restore()


@pytest.mark.parametrize(
    "written",
    [
        "2026-01-01",
        "2026-01-01T00:00:00",
        "2026-01-01T00:00:00Z",
        "2026-01-01T01:00:00+01:00",
        "2026-01-01T00:00",
        "2026-01-01T00:00:00.000Z",
    ],
)
def test_a_time_may_be_written_as_usual(site, written):
    assert get(site, "/api/v1/questions", since=written).status_code == 200
    assert get(site, f"/api/v1/questions?since={written}").status_code == 200  # with a plus not escaped


def test_search_goes_no_deeper_than_its_page(site):
    for number, size in ((51, 10), (6, 100), (0, 10), (2, 20), (-1, 10)):
        assert get(site, "/api/v1/search?q=numbers&after=" + encode_cursor([number, size])).status_code == 400
