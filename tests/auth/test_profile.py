"""A profile: the newest of each kind, a tab for each with all of them, what waits marked for its author."""

import pytest

from core.database.db import db
from posts import actions
from posts.models import PENDING


@pytest.fixture
def prolific(make_question, make_answer, member):
    question = make_question()
    for number in range(25):
        make_question(f"Question number {number} of a prolific member", by=member)
        make_answer(question, by=member)
    return member


def titles(page):
    return page.text.count("of a prolific member")


def test_the_overview_shows_five_and_leads_to_all(client, prolific):
    page = client.get(prolific.profile_url)
    assert titles(page) == 5
    assert f"{prolific.profile_url}?tab=questions" in page.text


def test_a_tab_pages_through_everything(client, prolific):
    first = client.get(f"{prolific.profile_url}?tab=questions")
    following = first.text.split('rel="next"')[0].split('href="')[-1].split('"')[0].replace("&amp;", "&")
    second = client.get(prolific.profile_url + following)
    assert titles(first) + titles(second) == 25
    assert "Reputation history" not in first.text


def test_every_tab_answers_and_a_wrong_one_is_the_overview(client, prolific):
    for tab in ("answers", "articles", "reputation", "nonsense"):
        assert client.get(f"{prolific.profile_url}?tab={tab}").status_code == 200
    assert "Reputation history" in client.get(f"{prolific.profile_url}?tab=reputation").text
    assert titles(client.get(f"{prolific.profile_url}?tab=nonsense")) == 5


def test_a_tab_is_a_fixed_number_of_queries(client, prolific, count_queries):
    with count_queries() as statements:
        client.get(f"{prolific.profile_url}?tab=answers")
    assert len([s for s in statements if s.startswith("SELECT")]) <= 3, statements


def test_what_waits_is_marked_for_its_author_and_unseen_by_others(login, make_question, member, other):
    waiting = make_question("A first question, pending approval")
    waiting.status = PENDING
    actions.visibility.refresh(waiting)
    db.session.commit()
    own = login(member).get(f"{member.profile_url}?tab=questions").text
    assert waiting.title in own and "pending approval<" in own
    assert waiting.title not in login(other).get(f"{member.profile_url}?tab=questions").text
