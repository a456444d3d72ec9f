"""The forum from outside: ask with preview, answer, accept, close, history, query counts."""

import pytest

from forum import actions
from posts import actions as posts

BODY = "What I tried is written here, in enough words to be understood by others."


def test_preview_shows_the_text_and_posts_nothing(login, member):
    data = {"title": "Is a preview shown before posting?", "body": BODY + " **bold**", "tags": "preview"}
    answer = login(member).post("/questions/ask", data={**data, "action": "preview"})
    assert "<strong>bold</strong>" in answer.text
    assert "Is a preview" not in login(member).get("/questions").text


def test_bad_input_is_named_and_kept(login, member):
    answer = login(member).post("/questions/ask", data={"title": "short", "body": BODY, "tags": "a b"})
    assert answer.status_code == 422
    assert "15 to 150" in answer.text and BODY in answer.text


def test_ask_answer_accept(login, member, other):
    login(member).post(
        "/questions/ask",
        data={"title": "Who accepts this answer of mine?", "body": BODY, "tags": "asking, linux"},
    )
    page = login(other).get("/questions")
    assert "Who accepts" in page.text
    url = next(
        part for part in page.text.split('"') if part.startswith("/questions/") and "who-accepts" in part
    )
    login(other).post(url, data={"body": BODY + " An answer."})
    page = login(member).get(url).text
    answer_id = page.split('id="answer-')[1].split('"')[0]
    assert login(other).post(f"/answers/{answer_id}/accept").status_code == 403
    assert login(member).post(f"/answers/{answer_id}/accept").status_code == 302
    assert "Accepted answer" in login(other).get(url).text


def test_duplicate_names_the_canonical_question(login, make_question, moderator):
    canonical, copy = make_question(), make_question()
    client = login(moderator)
    assert client.post(f"/questions/{copy.id}/close", data={"reason": "duplicate"}).status_code == 422
    client.post(f"/questions/{copy.id}/close", data={"reason": "duplicate", "duplicate_of": canonical.url})
    assert canonical.title in client.get(copy.url).text


def test_edit_is_kept_diffed_and_restored(login, make_question, member):
    question = make_question()
    client = login(member)
    client.post(
        f"/questions/{question.id}/edit",
        data={"title": question.title, "body": BODY + " Changed.", "tags": "patching", "summary": "why"},
    )
    assert "<ins>" in client.get(f"/posts/{question.id}/revisions/2").text
    client.post(f"/posts/{question.id}/revisions/1/restore")
    assert question.body.startswith("This is a body") and question.revision_count == 3


@pytest.mark.every_database
@pytest.mark.parametrize("answers", [3, 45])
def test_question_page_is_at_most_twelve_queries(
    login, make_question, make_answer, other, count_queries, drain, answers
):
    question = make_question()
    for _ in range(answers):
        made = make_answer(question)
    posts.comment(made, actions_render(), by=other)
    drain()
    client = login(other)
    client.get(question.url)
    with count_queries() as statements:
        assert client.get(question.url).status_code == 200
    sent = [s for s in statements if not s.startswith(("BEGIN", "PRAGMA"))]
    assert len(sent) <= 12, "\n".join(sent)


def actions_render():
    return posts.render("A comment with enough characters to be one.")


def test_canary_of_a_hidden_question_is_nowhere(client, make_question, make_answer, member, drain):
    question = make_question("Canaryword in the title of this one", tags=("canarytag",))
    make_answer(question, "canarybody " * 10)
    drain()
    posts.delete(question, by=member)
    drain()
    for path in (
        "/",
        "/questions",
        "/tags",
        "/questions.atom",
        "/sitemap/1.xml",
        "/sitemap/pages.xml",
        "/search?q=canarybody",
        "/search/suggest?q=canary",
        "/questions/similar?title=Canaryword",
        f"/posts/{question.id}",
        f"/posts/{question.id}/history",
        f"/users/{member.username}",
        "/moderation/log",
    ):
        text = client.get(path).text.lower()
        assert "canaryword" not in text and "canarytag" not in text, path


def test_closed_questions_take_no_answers(login, make_question, moderator, other):
    question = make_question()
    actions.close(question, "off-topic", by=moderator)
    assert login(other).post(question.url, data={"body": BODY}).status_code == 403


def test_the_second_page_of_answers_follows_the_first(client, make_question, make_answer):
    question = make_question()
    made = {make_answer(question).id for _ in range(25)}
    first = client.get(question.url).text
    after = first.split("?after=")[1].split('"')[0]
    second = client.get(f"{question.url}?after={after}").text
    shown = [{int(part.split('"')[0]) for part in page.split('id="answer-')[1:]} for page in (first, second)]
    assert [len(ids) for ids in shown] == [20, 5] and shown[0] | shown[1] == made
