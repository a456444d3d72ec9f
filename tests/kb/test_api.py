"""Articles in the API."""

import pytest

BODY = "A body of an article that is long enough to say something."
ARTICLE = {
    "title": "Disable SMB version 1",
    "body": BODY,
    "layer": "network",
    "tags": ["smb"],
    "applies_to": ["Windows Server 2022"],
    "summary": "It is old.",
    "verified_on": "2026-03-01",
    "verified_build": "20348.2402",
}


def test_written_published_and_taken_back(api, moderator):
    call = api(moderator)
    made = call("POST", "/articles", ARTICLE).json
    path = f"/articles/{made['id']}"
    assert (made["status"], made["verified_on"], made["applies_to"]) == (
        "draft",
        "2026-03-01",
        ["Windows Server 2022"],
    )
    assert api()("GET", path).status_code == 404
    assert call("POST", f"{path}/publish").json["status"] == "published"
    assert api()("GET", path).json["layer"] == "network"
    call("POST", f"{path}/unpublish")
    assert api()("GET", path).status_code == 404


def test_a_change_of_one_fact_keeps_the_rest(api, moderator):
    call = api(moderator)
    made = call("POST", "/articles", ARTICLE).json
    changed = call("PATCH", f"/articles/{made['id']}", {"layer": "host"}).json
    moved = {name: changed[name] for name in ("edited_at", "revision_count", "version")}
    assert changed == {**made, "layer": "host", **moved} and changed["revision_count"] == 2


def test_verification_is_said_and_taken_back(api, make_article, moderator):
    path, call = f"/articles/{make_article().id}/verify", api(moderator)
    said = call("POST", path, {"verified_on": "2026-05-01", "verified_build": "1.2"}).json
    assert (said["verified_on"], said["verified_by"]) == ("2026-05-01", "moira")
    taken = call("POST", path, {"verified_on": None}).json
    assert (taken["verified_on"], taken["verified_by"]) == (None, None)


def test_the_last_word_on_helpfulness_counts(api, make_article, member):
    path, call = f"/articles/{make_article().id}/feedback", api(member)
    call("POST", path, {"helpful": True})
    said = call("POST", path, {"helpful": False, "note": "Step 2 fails."}).json
    assert said == {"helpful": False, "note": "Step 2 fails.", "helpful_count": 0, "unhelpful_count": 1}


def test_lists_keep_to_a_layer_and_to_what_is_public(api, make_article, moderator):
    host, _draft = make_article(layer="host"), make_article(layer="host", publish=False)
    make_article(layer="data")
    for call in (api(), api(moderator)):
        assert [a["id"] for a in call("GET", "/articles?layer=host").json["items"]] == [host.id]


@pytest.mark.parametrize("query", ["layer=moon", "sort=random"])
def test_what_is_no_choice_is_refused(api, query):
    assert api()("GET", f"/articles?{query}").status_code == 400
