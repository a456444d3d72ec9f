"""Atom feeds, read back as readers do: what is in them, in which order, and what never is."""

import re

import feedparser
import pytest

from auth import actions as auth
from core.database.db import db
from core.markup.markup import Rendered, render
from posts import actions as posts
from posts import voting

FEEDS = [
    "/questions.atom",
    "/questions.atom?sort=active",
    "/questions.atom?sort=votes",
    "/questions.atom?sort=unanswered",
    "/tags/patching.atom",
    "/tags/patching.atom?sort=votes",
    "/users/alice.atom",
    "/articles.atom",
    "/layers/host.atom",
    "/moderation/log.atom",
]


def read(client, path):
    answer = client.get(path)
    assert answer.status_code == 200, path
    feed = feedparser.parse(answer.data)
    assert not feed.bozo, (path, feed.get("bozo_exception"))
    return feed


@pytest.fixture
def filled(make_question, make_answer, make_article, member, moderator, drain):
    """A question with an answer, an article of alice, a hidden question and a draft."""
    question = make_question("A question that everybody may read")
    make_answer(question)
    make_article("An article that everybody may read", tags=("patching",), by=member)
    make_article("Canary of a draft", publish=False, tags=("patching",), by=member)
    posts.delete(make_question("Canary of a hidden question"), by=moderator)
    db.session.commit()
    drain()
    return question


@pytest.mark.parametrize("path", FEEDS)
def test_a_feed_is_valid_and_public(client, filled, path):
    feed = read(client, path)
    assert feed.feed.id == feed.feed.links[-1].href == f"http://localhost:8000{path}"
    assert "Canary" not in client.get(path).text
    if path != "/questions.atom?sort=unanswered":
        assert feed.entries


def test_no_feed_shows_its_reader_more_than_a_visitor(login, filled, member, moderator):
    for user in (member, moderator):
        for path in (*FEEDS, f"/questions/{filled.id}.atom"):
            assert "Canary" not in login(user).get(path).text, path


def test_answers_of_one_question_come_newest_first(client, make_question, make_answer):
    question = make_question()
    made = [make_answer(question).id for _ in range(3)]
    make_answer(make_question())
    entries = read(client, f"/questions/{question.id}.atom").entries
    assert [entry.id for entry in entries] == [f"http://localhost:8000/posts/{i}" for i in made[::-1]]
    assert entries[0].link.endswith(f"#answer-{made[-1]}")


def test_the_order_is_that_of_the_list(client, make_question, other):
    liked, newer = make_question(), make_question()
    voting.vote(liked, other, 1)
    db.session.commit()
    for path in ("/questions.atom", "/tags/patching.atom"):
        ids = [entry.id.rpartition("/")[2] for entry in read(client, f"{path}?sort=votes").entries]
        assert ids == [str(liked.id), str(newer.id)]


def test_an_entry_keeps_its_id_when_the_title_changes(client, make_question, member):
    question = make_question()
    [before] = read(client, "/questions.atom").entries
    posts.revise(
        question,
        render("Another text of this question."),
        by=member,
        title="Another title, and so another address",
    )
    db.session.commit()
    [after] = read(client, "/questions.atom").entries
    assert (after.id, after.published) == (before.id, before.published)
    assert after.link != before.link and after.updated >= before.updated


def test_a_summary_is_text_and_never_markup(client, make_question):
    make_question(body="Does `<img src=x onerror=alert(1)>` harm readers of this feed?")
    [entry] = read(client, "/questions.atom").entries
    assert "&lt;img" in entry.summary and "<img" not in entry.summary


def test_what_xml_forbids_is_left_out(client, make_question, member):
    question = make_question()
    question.title = "Bell \x07 escape \x1b not a character \uffff & < >"
    member.display_name = "Ali\x01ce \x0b"
    db.session.commit()
    [entry] = read(client, "/questions.atom").entries
    assert entry.title == "Bell  escape  not a character  & < >"
    assert read(client, "/users/alice.atom").entries


@pytest.mark.parametrize(
    "path", ["/tags/none.atom", "/users/nobody.atom", "/questions/999999.atom", "/layers/moon.atom"]
)
def test_what_is_not_there_has_no_feed(client, path):
    assert client.get(path).status_code == 404


def test_a_hidden_question_has_no_feed(client, filled, moderator, login):
    posts.delete(filled, by=moderator)
    db.session.commit()
    assert client.get(f"/questions/{filled.id}.atom").status_code == 404
    assert login(moderator).get(f"/questions/{filled.id}.atom").status_code == 404


def test_pages_name_their_feeds(client, filled, member):
    auth.edit_profile(member, display_name="Alice & co", location="", website="", about=Rendered("", ""))
    db.session.commit()
    for path in (
        "/questions",
        "/questions?sort=votes",
        filled.url,
        "/tags/patching",
        "/users/alice",
        "/articles",
        "/layers/host",
        "/moderation/log",
    ):
        link = re.search(
            r'<link rel="alternate" type="application/atom\+xml"[^>]*href="([^"]+)"', client.get(path).text
        )
        read(client, link[1])
