"""Search in the API."""

import pytest

from posts import actions as posts

pytestmark = pytest.mark.every_database(long=True)


def test_posts_members_and_tags_have_one_shape(api, make_question, make_article, member, drain):
    make_question("Where is the zebra in this network?", tags=("zebra",))
    make_article("Keep a zebra out of the network")
    member.about = member.about_html = "I keep a zebra."
    posts.events.record("user.revised", subject=member)
    drain()
    found = api()("GET", "/search?q=zebra").json
    shapes = {item["kind"]: set(item) for item in found["items"]}
    assert set(shapes) >= {"question", "article", "user"}
    assert len(set(map(frozenset, shapes.values()))) == 1
    assert "snippet" in shapes["question"]
    assert found["facets"]["kind"]["question"] == 1 and found["facets"]["layer"] == {"host": 1}


def test_pages_end_and_repeat_nothing(api, make_question, drain):
    made = {make_question(f"Is there an okapi in network {n}?").id for n in range(23)}
    drain()
    ids, path = [], "/search?q=okapi"
    while path:
        page = api()("GET", path).json
        ids += [item["id"] for item in page["items"]]
        path = page["next"] and f"/search?q=okapi&after={page['next']}"
    assert len(ids) == 23 and set(ids) == made


def test_any_word_will_do(api, make_question, drain):
    for word in ("okapi", "zebra", "lemur", "tapir"):
        make_question(f"Is there a word like {word} in this title?")
    drain()
    assert api()("GET", "/search?q=okapi zebra lemur tapir&any=true").json["total"] == 4


def test_no_question_is_refused(api):
    assert set(api()("GET", "/search").json["errors"]) == {"q"}


def test_a_missing_index_is_said(api, lose_index):
    lose_index()
    answer = api()("GET", "/search?q=zebra")
    assert answer.status_code == 503 and answer.headers["Retry-After"] == "60"
    assert answer.mimetype == "application/problem+json"
