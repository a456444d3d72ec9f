"""Flags and the public log in the API."""

from posts import actions as posts


def test_a_flag_is_raised_and_listed(api, make_question, other):
    question, call = make_question(), api(other)
    flag = call("POST", f"/posts/{question.id}/flags", {"reason": "spam", "note": "It sells."}).json
    assert (flag["post_id"], flag["outcome"]) == (question.id, None)
    assert call("GET", "/users/me/flags").json["items"] == [flag]


def test_the_log_names_a_hidden_post_by_number_only(api, make_question, moderator, drain):
    question = make_question("A title that nobody should read here")
    posts.delete(question, by=moderator)
    drain()
    [line] = api()("GET", "/moderation/log").json["items"]
    assert (line["subject"], line["url"], line["by"]) == (f"question #{question.id}", None, "moira")
    assert "nobody should read" in api(moderator)("GET", "/moderation/log").text
