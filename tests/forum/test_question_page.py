"""The small comforts of a question page: order, permalinks, who edited, who closed; still twelve queries."""

import json
import re

import pytest
import time_machine

from core.database.db import db
from core.markup.markup import render
from forum import actions
from moderation import actions as moderation
from posts import actions as posts
from posts import voting

BODY = "A text about servers with enough words in it to be accepted here."


def order_on(page):
    return [int(number) for number in re.findall(r'id="answer-(\d+)"', page.text)]


@pytest.fixture
def thread(make_question, make_answer, make_user):
    """A question and three answers, a day apart; the second has a vote, the third is accepted."""
    question, answers = make_question(), []
    for day in (3, 4, 5):
        with time_machine.travel(f"2026-02-0{day} 10:00:00+00:00", tick=False):
            answers.append(make_answer(question))
    voting.vote(answers[1], make_user(), 1)
    actions.accept(answers[2], by=question.author)
    db.session.commit()
    return question, [answer.id for answer in answers]


@pytest.mark.parametrize(
    ("order", "places"),
    [("best", (2, 1, 0)), ("newest", (2, 1, 0)), ("oldest", (0, 1, 2)), ("nonsense", (2, 1, 0))],
)
def test_answers_in_the_order_asked_for(client, thread, order, places):
    question, ids = thread
    page = client.get(f"{question.url}?answers={order}")
    assert order_on(page) == [ids[place] for place in places]


def test_pages_of_a_long_thread_keep_their_order(client, make_question, make_answer):
    question = make_question()
    ids = [make_answer(question).id for _ in range(23)]
    first = client.get(f"{question.url}?answers=oldest")
    following = re.search(r'href="(\?answers=oldest&amp;after=[^"]+)"', first.text)[1].replace("&amp;", "&")
    assert order_on(first) + order_on(client.get(question.url + following)) == ids


def test_a_link_to_an_answer_shows_it_however_long_the_thread(client, make_question, make_answer):
    question = make_question()
    first = make_answer(question)
    assert first.url.endswith(f"#answer-{first.id}") and "?" not in first.url
    for _ in range(21):
        make_answer(question)
    db.session.commit()
    path, _, fragment = first.url.partition("#")
    assert first.id not in order_on(client.get(question.url))
    page = client.get(path)
    assert order_on(page)[0] == first.id and fragment == f"answer-{first.id}"
    assert first.url in page.text, "each answer offers its own link"


def test_only_answers_of_this_question_that_one_may_see_are_linked(
    client, thread, make_question, make_answer, other
):
    question, _ids = thread
    elsewhere, removed = make_answer(make_question()), make_answer(question)
    posts.delete(removed, by=other)
    for answer in (elsewhere, removed):
        assert answer.id not in order_on(client.get(f"{question.url}?answer={answer.id}"))
    assert client.get(f"{question.url}?answer=x").status_code == 200


def test_a_comment_on_an_answer_has_an_address_with_one_fragment(thread, other):
    question, ids = thread
    comment = posts.comment(db.session.get(posts.Post, ids[0]), render("Which version was that?"), by=other)
    assert comment.url == f"{question.url}#comment-{comment.id}"


def test_who_edited_when_and_the_revision(client, make_question, make_answer, moderator, other):
    question = make_question()
    answer = make_answer(question)
    untouched = client.get(question.url).text
    assert "edited" not in untouched
    posts.revise(answer, render(BODY), by=moderator)
    posts.revise(question, render(BODY), by=question.author)
    page = client.get(question.url).text
    assert f'href="/posts/{answer.id}/revisions/2"' in page
    assert f'href="/posts/{question.id}/revisions/2"' in page
    assert page.count(f'href="/users/{moderator.username}"') == 1, "an author's own edit names nobody twice"


def test_a_closed_question_says_why_who_and_when(client, make_question, moderator):
    question = make_question()
    actions.close(question, "too-broad", by=moderator, note="One problem a question, please.")
    page = client.get(question.url).text
    notice = page[page.index("Closed:") : page.index("</div>", page.index("Closed:"))]
    assert "too broad" in notice and "One problem" in notice
    assert f"/users/{moderator.username}" in notice and "<time" in notice


def test_locked_posts_say_so(client, thread, moderator):
    question, ids = thread
    assert "ocked" not in client.get(question.url).text
    moderation.lock(db.session.get(posts.Post, ids[0]), by=moderator)
    assert ">locked<" in client.get(question.url).text
    moderation.lock(question, by=moderator)
    assert "Locked." in client.get(question.url).text


def test_nobody_is_asked_to_flag_their_own_words(login, thread, member):
    question, ids = thread
    page = login(member).get(question.url).text
    assert f"/posts/{question.id}/flag" not in page and f"/posts/{ids[0]}/flag" in page


@pytest.mark.every_database
def test_twelve_queries_with_everything_on_the_page(
    login, make_question, make_answer, moderator, other, make_user, count_queries, drain
):
    question, canonical = make_question(), make_question()
    for _ in range(30):
        answer = make_answer(question, by=make_user())
        posts.comment(answer, render("Which version was that?"), by=make_user())
        posts.revise(answer, render(BODY), by=moderator)
    last = answer
    actions.close(question, "duplicate", by=moderator, duplicate_of=canonical)
    drain()
    for reader in (other, moderator, question.author):
        client, path = login(reader), f"{question.url}?answers=oldest&answer={last.id}"
        client.get(path)
        with count_queries() as statements:
            assert client.get(path).status_code == 200
        sent = [s for s in statements if not s.startswith(("BEGIN", "PRAGMA"))]
        state_of_the_index = db.engine.dialect.name == "postgresql"
        queue_count = reader is moderator  # what waits, beside "Moderation" in the header
        assert len(sent) <= 12 + state_of_the_index + queue_count, "\n".join(sent)


def test_search_engines_read_the_answers(client, make_question, make_answer, member):
    question = make_question()
    accepted, other = make_answer(question), make_answer(question)
    hidden = make_answer(question, "A hidden answer that is long enough to say nothing at all.")
    actions.accept(accepted, by=member)
    posts.delete(hidden, by=member)
    db.session.commit()
    page = client.get(question.url).text
    data = json.loads(re.search(r'<script type="application/ld.json">(.*?)</script>', page, re.S)[1])
    entity = data["mainEntity"]
    assert data["@type"] == "QAPage" and entity["name"] == question.title and entity["answerCount"] == 2
    assert entity["acceptedAnswer"]["url"].endswith(accepted.url)
    assert [answer["url"].split("#")[1] for answer in entity["suggestedAnswer"]] == [f"answer-{other.id}"]
    assert entity["author"]["name"] == member.display_name and "hidden" not in str(data)
