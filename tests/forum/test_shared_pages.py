"""The page of a question is shared by its readers: byte for byte the page made for each alone."""

import re

import pytest
import time_machine

from auth import actions as accounts
from core.cache import fragments, marks, shared_pages
from core.database.db import db
from core.markup.markup import render
from forum import actions
from moderation import actions as moderation
from posts import actions as posts
from posts import voting
from posts.suggestions import actions as suggestions

BODY = "A text about servers with enough words in it to be accepted here."
NOW = "2026-03-04 10:00:00+00:00"


def unshared(key, make, *, is_kept_whole=False):
    """In place of shared_pages.find(): the template, which the view renders for the reader of the request."""
    return make()


@pytest.fixture
def people(make_user):
    """A reader of each kind, with a name that is nobody else's."""
    roles = {
        "member": "member",
        "voter": "member",
        "moderator": "moderator",
        "administrator": "administrator",
    }
    return {name: make_user(f"canary{name}", role=role) for name, role in roles.items()}


@pytest.fixture
def thread(people, make_question, make_answer, make_user, moderator):
    """A question with one of everything that a page shows."""
    question = make_question("[0:x:csrf_token:] How are servers patched?", by=make_user("asker"))
    answers = [make_answer(question, by=make_user(f"helper{number}")) for number in range(4)]
    people |= {"author": question.author, "removed": answers[3].author, "suggester": make_user("suggester")}
    posts.revise(answers[0], render(BODY + " [0:w:edit:1]"), by=moderator)
    commented = posts.comment(answers[0], render("Which version was that, please?"), by=answers[1].author)
    posts.comment(question, render("And which system is it, please?"), by=people["removed"])
    voting.vote(answers[1], people["voter"], 1)
    voting.vote(question, people["voter"], 1)
    actions.accept(answers[1], by=question.author)
    moderation.lock(answers[2], by=moderator)
    suggestions.propose(
        answers[1],
        render(BODY + " With more."),
        by=people["suggester"],
        base_number=1,
        title="",
        tags=[],
        summary="More",
    )
    posts.delete(answers[3], by=moderator, reason="spam")
    posts.delete(commented, by=moderator, reason="spam")
    db.session.commit()
    return question


def clients_of(app, login, people):
    return {"visitor": app.test_client(), **{name: login(user) for name, user in people.items()}}


@pytest.mark.every_database
def test_a_shared_page_is_the_page_made_for_each_reader(app, login, thread, people, monkeypatch):
    app.config["WTF_CSRF_ENABLED"] = True
    with time_machine.travel(NOW, tick=False):
        clients = clients_of(app, login, people)
        made = []
        for path in (thread.url, f"{thread.url}?answers=oldest"):
            app.extensions["page_cache"].clear()
            made = [{name: client.get(path).data for name, client in clients.items()} for _ in range(2)]
            assert made[0] == made[1]
            with monkeypatch.context() as patch:
                patch.setattr(shared_pages, "find", unshared)
                for name, client in clients.items():
                    app.extensions["page_cache"].clear()
                    app.extensions["response_cache"].clear()
                    assert made[0][name] == client.get(path).data, name
    pages = {name: page.decode() for name, page in made[0].items()}
    assert "Log in to upvote" in pages["visitor"] and "Log in to upvote" not in pages["member"]
    assert 'value="0" aria-pressed="true"' in pages["voter"]
    assert 'value="0" aria-pressed="true"' not in pages["member"]
    assert "Unaccept" in pages["author"] and "Unaccept" not in pages["moderator"]
    assert "Your edit is pending" in pages["suggester"] and "1 pending edit" in pages["moderator"]
    assert "See the reason" in pages["removed"] and "See the reason" not in pages["member"]
    for name, page in pages.items():
        assert marks._TOKEN not in page and "[0:x:csrf_token:]" in page and "[0:w:edit:1]" in page
        assert ("is-deleted" in page) == (name in ("moderator", "administrator"))


def test_nothing_of_one_reader_is_in_a_fragment_or_another_page(app, login, thread, people):
    app.config["WTF_CSRF_ENABLED"] = True
    clients = clients_of(app, login, {name: people[name] for name in ("member", "voter", "administrator")})
    for _ in range(2):
        pages = {name: client.get(thread.url).text for name, client in clients.items()}
    tokens = {
        name: set(re.findall(r'name="(?:csrf_token|form_account)" value="([^"]+)"', page))
        for name, page in pages.items()
    }
    kept = "".join(each.text for each in app.extensions["fragments"].entries.values())
    for page in app.extensions["shared_pages"].entries.values():
        kept += "".join(part for part in page.segments if isinstance(part, str)) + repr(page.facts)
    for name, page in pages.items():
        if name == "visitor":
            continue
        assert people[name].username in page and people[name].username not in kept
        assert not any(token in kept for token in tokens[name])
        for other in pages.keys() - {name}:
            assert people[name].username not in pages[other]
            assert not tokens[name] & tokens[other]


def test_queries_of_a_shared_page(app, login, thread, people, count_queries):
    def count(name, **how):
        with count_queries(**how) as statements:
            assert clients[name].get(path).status_code == 200
        sent = [each for each in statements if not each.startswith(("BEGIN", "PRAGMA"))]
        return len(sent)

    clients, path = clients_of(app, login, people), thread.url
    for name in ("member", "moderator"):
        assert count(name) <= 10 + (name == "moderator")
        session_votes_and_watch = 3
        assert count(name, kept=True) <= session_votes_and_watch + (name == "moderator")


def test_a_vote_renders_one_fragment_and_hides_nothing_old(app, login, thread, people):
    client = login(people["member"])
    client.get(thread.url)
    before = set(app.extensions["fragments"].entries)
    answer = actions.answer(thread, render(BODY), by=people["voter"])
    db.session.commit()
    assert f'id="answer-{answer.id}"' in client.get(thread.url).text
    voting.vote(answer, people["suggester"], 1)
    db.session.commit()
    client.get(thread.url)
    made = set(app.extensions["fragments"].entries) - before
    assert len(made) == 3, "the question with its new count, the answer, and the answer with its vote"


def test_hidden_and_renamed_at_once(app, login, thread, people, make_answer, moderator):
    answer = make_answer(
        thread, "Words that a moderator hides at once from everybody else.", by=people["voter"]
    )
    client = login(people["member"])
    assert "hides at once" in client.get(thread.url).text
    posts.delete(answer, by=moderator, reason="spam")
    db.session.commit()
    assert "hides at once" not in client.get(thread.url).text
    assert "hides at once" in login(people["voter"]).get(thread.url).text, "its author sees it"
    assert "hides at once" in login(moderator).get(thread.url).text
    accounts.edit_profile(
        thread.author, display_name="Renamed Person", location="", website="", about=render("")
    )
    db.session.commit()
    assert "Renamed Person" in client.get(thread.url).text


def test_a_fragment_of_another_language_is_another(app):
    with app.test_request_context():
        facts = object()
        assert fragments._key("x.html", facts) == fragments._key("x.html", facts)
        assert fragments._key("x.html", facts) != fragments._key("y.html", facts)
