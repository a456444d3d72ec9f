"""Every page answers, for everyone who may see it."""

import pytest

PUBLIC = [
    "/",
    "/questions",
    "/questions?sort=active",
    "/questions?sort=votes",
    "/questions?sort=unanswered",
    "/tags",
    "/articles",
    "/layers/host",
    "/users",
    "/help",
    "/search",
    "/search?q=patch",
    "/login",
    "/register",
    "/reset",
    "/moderation/log",
    "/sitemap.xml",
    "/robots.txt",
    "/questions.atom",
    "/articles.atom",
    "/opensearch.xml",
    "/.well-known/security.txt",
    "/healthz",
    "/readyz",
    "/api/v1/openapi.json",
    "/api/docs",
]


@pytest.mark.parametrize("path", PUBLIC)
def test_public_page_answers(client, make_question, make_answer, make_article, drain, path):
    make_answer(make_question())
    make_article()
    drain()
    answer = client.get(path)
    assert answer.status_code == 200, answer.text[:500]
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_visitors_pages_hold_no_token(client, make_question):
    question = make_question()
    for path in ("/", "/questions", question.url):
        answer = client.get(path)
        assert "csrf_token" not in answer.text
        assert "Set-Cookie" not in answer.headers


def test_absent_and_hidden_look_the_same(client, make_question, login, moderator):
    question = make_question()
    absent = client.get("/questions/999999/x")
    login(moderator).post(f"/posts/{question.id}/delete")
    hidden = client.get(question.url)
    assert hidden.status_code == absent.status_code == 404
    assert hidden.text.replace(question.url, "") == absent.text.replace("/questions/999999/x", "")


def test_logged_in_pages_answer(login, make_question, make_answer, member, moderator, admin):
    question = make_question()
    make_answer(question)
    client = login(member)
    for path in (
        question.url,
        "/questions/ask",
        f"/questions/{question.id}/edit",
        "/settings/profile",
        "/settings/password",
        "/settings/email",
        "/settings/sessions",
        "/settings/tokens",
        "/settings/security",
        "/settings/flags",
        f"/users/{member.username}",
        f"/posts/{question.id}/history",
        f"/posts/{question.id}/revisions/1",
    ):
        assert client.get(path).status_code == 200, path
    assert login(moderator).get("/moderation").status_code == 200
    assert login(admin).get("/admin").status_code == 200
    assert client.get("/admin").status_code == 403
