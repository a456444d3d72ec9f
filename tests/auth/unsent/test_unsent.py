"""What was typed in a form that cannot be accepted comes back in a form to send, and to its account only."""

import re
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import func, select

from auth import actions as accounts
from auth.passwords.passwords import hash_password
from auth.unsent import actions, queries
from auth.unsent.models import UnsentForm
from core.database.db import clock_set_to, db, utcnow
from core.limits.rate_limits import TooMany
from core.markup.markup import render
from core.web import database_errors, sent_forms
from core.web.sent_forms import SentForm
from forum import actions as forum_actions
from posts import actions as post_actions
from posts.models import Post
from posts.suggestions import actions as suggestion_actions
from tests.conftest import BODY, PASSWORD

TEXT = 'What I <b>typed</b> "for" an hour & would not type twice.\n\nIn two paragraphs.'
SHOWN = "What I &lt;b&gt;typed&lt;/b&gt; &#34;for&#34; an hour &amp; would not type twice."


@pytest.fixture(autouse=True)
def csrf(app):
    app.config["WTF_CSRF_ENABLED"] = True


def hidden(page: str) -> dict:
    """The hidden fields of the last form that has several, as a browser would send them."""
    found = re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)">', page)
    return {name: unescape(value) for name, value in found if name != "next"}


def sent_form(page: str) -> dict:
    """The fields of the form that gives a text back, and its address under None."""
    part = page[page.index("data-sent-form") - 200 :]
    target = re.search(r'action="([^"]*)" data-sent-form', part)[1]
    areas = re.findall(r'<textarea [^>]*name="([\w-]+)"[^>]*>\n(.*?)</textarea>', part, re.S)
    lines = re.findall(r'<input id="sent-[^"]*" name="([\w-]+)" type="text" value="([^"]*)"', part)
    return {None: target, **hidden(part), **{name: unescape(value) for name, value in areas + lines}}


def send(browser, form: dict):
    return browser.post(form[None], data={name: value for name, value in form.items() if name})


def opened(browser, url: str) -> dict:
    """The hidden fields of a page's form."""
    answer = browser.get(url)
    assert answer.status_code == 200
    return hidden(answer.text)


def end_sessions(user):
    accounts.close_sessions(user)
    db.session.commit()


def log_in(app, user, page):
    """Log in with the form of a page, as this or another member; the answer to what follows."""
    user.password_hash = hash_password(PASSWORD)
    db.session.commit()
    following = re.search(r'name="next" value="([^"]*)"', page)[1]
    browser = app.test_client()
    fields = {
        **opened(browser, "/login"),
        "username": user.username,
        "password": PASSWORD,
        "next": unescape(following),
    }
    answer = browser.post("/login", data=fields)
    assert answer.status_code == 302
    return browser, browser.get(answer.location)


@pytest.mark.parametrize("how", ["session ended", "logged out in another tab"])
def test_after_the_session_the_text_is_shown_and_after_logging_in_it_can_be_sent(
    app, make_question, other, login, how
):
    question, browser = make_question(), login(other)
    fields = opened(browser, question.url)
    if how == "session ended":
        end_sessions(other)
    else:
        browser.post("/logout", data=fields)
    answer = browser.post(question.url, data={**fields, "body": TEXT})
    assert answer.status_code == 401 and SHOWN in answer.text
    assert "no-store" in answer.headers["Cache-Control"]
    browser, page = log_in(app, other, answer.text)
    assert page.status_code == 200 and SHOWN in page.text
    assert db.session.scalar(select(func.count()).where(Post.kind == "answer")) == 0, "nothing by itself"
    assert send(browser, sent_form(page.text)).status_code == 302
    assert db.session.scalar(select(Post.body).where(Post.kind == "answer")) == TEXT


@pytest.mark.parametrize(
    ("path", "typed"),
    [
        ("/questions/ask", {"title": "Which update mends it?", "body": TEXT, "tags": "printing"}),
        ("/posts/{id}/comments", {"body": TEXT}),
        ("/posts/{id}/flag", {"reason": "other", "note": TEXT}),
        ("/posts/{id}/suggest", {"title": "Which one?", "body": TEXT, "summary": "A step", "base": "1"}),
        ("/settings/profile", {"display_name": "Bob B.", "about": TEXT}),
    ],
)
def test_every_form_comes_back_whole(app, make_question, other, login, path, typed):
    question, browser = make_question(), login(other)
    fields = opened(browser, question.url)
    end_sessions(other)
    answer = browser.post(path.format(id=question.id), data={**fields, **typed})
    assert answer.status_code == 401
    _browser, page = log_in(app, other, answer.text)
    found = sent_form(page.text)
    assert {name: found[name] for name in typed} == typed
    assert found[None] == path.format(id=question.id)


def test_the_text_of_one_account_is_not_shown_to_another(app, make_question, other, member, login):
    question, browser = make_question(), login(other)
    fields = opened(browser, question.url)
    end_sessions(other)
    answer = browser.post(question.url, data={**fields, "body": TEXT})
    _browser, page = log_in(app, member, answer.text)
    assert page.status_code == 404 and "I &lt;b&gt;typed" not in page.text


def test_who_has_another_account_by_now_neither_sends_nor_sees_it(app, make_question, other, member, login):
    question = make_question()
    fields = opened(login(other), question.url)
    browser = login(member)
    answer = browser.post(question.url, data={**fields, "body": TEXT})
    assert answer.status_code == 400 and SHOWN not in answer.text and TEXT not in answer.text
    address = re.search(r'href="(/unsent/[^"]+)"', answer.text)[1]
    assert browser.get(address).status_code == 404
    assert SHOWN in login(other).get(address).text


def test_an_expired_form_of_the_same_account_is_one_press_away(make_question, other, login):
    question = make_question()
    fields = opened(login(other), question.url)
    browser = login(other)  # logged in again in another tab
    answer = browser.post(question.url, data={**fields, "body": TEXT})
    assert answer.status_code == 400 and SHOWN in answer.text
    assert send(browser, sent_form(answer.text)).status_code == 302


@pytest.mark.parametrize("becomes", ["closed", "deleted"])
def test_a_question_that_is_gone_gives_the_answer_back_to_ask_it_elsewhere(
    make_question, other, moderator, login, becomes
):
    question, browser = make_question(), login(other)
    fields = opened(browser, question.url)
    if becomes == "closed":
        forum_actions.close(question, "off-topic", by=moderator)
    else:
        post_actions.delete(question, by=moderator)
    db.session.commit()
    answer = browser.post(
        question.url, data={**fields, "body": TEXT}, headers={"Referer": f"http://localhost{question.url}"}
    )
    assert answer.status_code == (403 if becomes == "closed" else 404)
    assert f'<a href="{question.url}">Back</a>' in answer.text
    assert SHOWN in answer.text and 'formaction="/questions/ask"' in answer.text
    form = sent_form(answer.text)
    preview = browser.post("/questions/ask", data={**form, "action": "preview"} | {None: ""})
    assert preview.status_code == 422 and SHOWN in preview.text, "the ask page; no title yet"


def test_a_limit_gives_the_text_back(make_question, other, login, monkeypatch):
    def refuse(*_arguments):
        raise TooMany(60)

    monkeypatch.setattr(post_actions, "limit_posting", refuse)
    question, browser = make_question(), login(other)
    answer = browser.post(question.url, data={**opened(browser, question.url), "body": TEXT})
    assert answer.status_code == 429 and answer.headers["Retry-After"] and SHOWN in answer.text


@pytest.mark.parametrize(("error", "status"), [(RuntimeError("broken"), 500), (None, 409)])
def test_a_failure_of_ours_gives_the_text_back(app, make_question, other, login, monkeypatch, error, status):
    def fail(*_arguments, **_named):
        raise error or database_errors.DBAPIError("", {}, type("Lost", (Exception,), {"sqlstate": "40001"})())

    question, browser = make_question(), login(other)
    fields = opened(browser, question.url)
    monkeypatch.setattr(forum_actions, "answer", fail)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    answer = browser.post(question.url, data={**fields, "body": TEXT})
    assert answer.status_code == status and SHOWN in answer.text
    monkeypatch.undo()
    assert send(browser, sent_form(answer.text)).status_code == 302


def test_a_body_that_is_too_large_comes_back_to_be_shortened(app, make_question, other, login, client):
    question, browser = make_question(), login(other)
    long = f"{TEXT}\n" + "x" * (app.config["MAX_FORM_MEMORY_SIZE"] + 1)
    profile = opened(browser, "/settings/profile")
    answer = browser.post("/settings/profile", data={**profile, "about": long})
    assert answer.status_code == 413 and SHOWN in answer.text
    longer = "x" * (sent_forms.MAX_BODY_BYTES + 1)
    assert browser.post("/settings/profile", data={**profile, "about": longer}).status_code == 413
    answer = browser.post(question.url, data={**opened(browser, question.url), "body": long})
    assert answer.status_code == 422 and SHOWN in answer.text, "a form that takes files shows it in its field"
    assert "xxxx" not in client.post("/settings/profile", data={"about": long}).text, "visitors get no echo"


def test_a_form_of_another_site_is_not_shown(make_question, other, login):
    question, browser = make_question(), login(other)
    opened(browser, question.url)
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}):
        answer = browser.post(question.url, data={"body": TEXT}, headers=headers)
        assert answer.status_code == 400 and SHOWN not in answer.text and "data-sent-form" not in answer.text


def test_a_form_is_never_sent_to_another_host(client):
    answer = client.post("//evil.example/x", data={"body": TEXT})
    assert "evil.example" not in re.findall(r'action="([^"]*)"', answer.text)


def test_secrets_are_asked_for_again(client):
    answer = client.post(
        "/register", data={"username": "alice b", "password": "canary battery", "code": "123456"}
    )
    assert answer.status_code == 400 and "canary" not in answer.text and "123456" not in answer.text
    assert 'name="password" type="password"' in answer.text and 'value="alice b"' in answer.text


def test_a_thousand_fields_are_not_given_back(client):
    data = {f"body{n}": TEXT for n in range(sent_forms.MAX_FIELDS + 1)}
    assert SHOWN not in client.post("/questions/ask", data=data).text


def test_what_nobody_typed_needs_no_form(make_question, other, login, client):
    question = make_question()
    answer = client.post(f"/posts/{question.id}/vote", data={"value": "1"})
    assert answer.status_code == 400 and "Your text" not in answer.text
    assert login(other).post("/posts/99999/vote", data={"value": "1"}).status_code == 400


def test_a_visitor_who_sends_what_takes_an_account_returns_to_the_page(app, make_question, client):
    app.config["WTF_CSRF_ENABLED"] = False
    question = make_question()
    answer = client.post(
        f"/posts/{question.id}/vote",
        data={"value": "1"},
        headers={"Referer": f"http://localhost{question.url}"},
    )
    assert (answer.status_code, answer.location) == (302, f"/login?next={question.url}")
    answer = client.post("/questions/ask", data={"title": "Mine", "body": TEXT})
    assert answer.status_code == 401 and sent_form(answer.text)["body"] == TEXT
    assert not db.session.scalar(select(func.count()).select_from(UnsentForm))


@pytest.mark.every_database
def test_an_account_keeps_few_forms_for_a_day(app, other, member):
    form = SentForm("/questions/ask", [("body", TEXT)], [], [])
    first, *_rest, last = [actions.store(form, other.id) for _ in range(actions.MAX_FORMS_OF_ACCOUNT + 2)]
    db.session.commit()
    assert db.session.scalar(select(func.count()).select_from(UnsentForm)) == actions.MAX_FORMS_OF_ACCOUNT
    assert queries.by_token(first, other) is None
    assert queries.by_token(last, other) == form and queries.by_token(last, member) is None
    with clock_set_to(utcnow() + actions.LIFETIME + timedelta(minutes=1)):
        assert queries.by_token(last, other) is None
        actions.delete_expired()
    assert not db.session.scalar(select(func.count()).select_from(UnsentForm))


def test_a_refused_edit_says_why_and_gives_the_text_back(app, make_question, member, login, monkeypatch):
    """Also what an action finds after the form was found in order."""
    question, browser = make_question(), login(member)
    fields = opened(browser, f"/questions/{question.id}/edit")
    answer = browser.post(
        f"/questions/{question.id}/edit",
        data={**fields, "title": question.title, "body": TEXT, "tags": "a b c d e f g"},
    )
    assert answer.status_code == 422 and SHOWN in answer.text


def test_what_is_checked_behind_the_form_gives_the_text_back_too(make_question, member, other, login):
    question = make_question(by=other)
    proposal = suggestion_actions.propose(
        question,
        render(BODY + " More."),
        by=member,
        title=question.title,
        tags=["patching"],
        base_number=1,
        summary="More",
    )
    db.session.commit()
    browser = login(other)
    address = f"/suggestions/{proposal.id}/reject"
    fields = opened(browser, f"/suggestions/{proposal.id}")
    refused = browser.post(address, data={**fields, "reason": "n o"})
    assert refused.status_code == 422 and 'value="n o"' in refused.text
    better = {**sent_form(refused.text), "reason": "It says what others said."}
    assert send(browser, better).status_code == 302


def test_a_draft_is_accepted_only_with_the_redirect_of_an_accepted_form(make_question, other, login):
    question, browser = make_question(), login(other)
    fields = {**opened(browser, question.url), "draft": f"{other.id}:answer-{question.id}:abc-1"}
    refused = browser.post(question.url, data={**fields, "body": "short"})
    assert refused.status_code == 422 and 'data-accepted-drafts=""' in browser.get("/questions").text
    browser.post(question.url, data={**fields, "body": BODY})
    assert f'data-accepted-drafts="{fields["draft"]}"' in browser.get(question.url).text
    assert 'data-accepted-drafts=""' in browser.get(question.url).text, "said once"
