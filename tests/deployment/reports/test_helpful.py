"""A report that helped gives its author two points, exactly as long as everything stands."""

import pytest
from sqlalchemy import func, select

from auth import reputation
from auth.erasure.actions import erase
from auth.models import User
from bulletins import actions as bulletin_actions
from core.database.db import db
from deployment.models import HelpfulMark
from deployment.reports import actions, helpful_actions
from posts import actions as posts

pytestmark = pytest.mark.every_database


def points(user):
    return db.session.get(User, user.id, populate_existing=True).reputation


@pytest.fixture
def author(make_user):
    return make_user("olga")


@pytest.fixture
def row(bulletin, author, report):
    return report(bulletin, author, "issue", note="Uninstall the old driver first.")


@pytest.fixture(autouse=True)
def always_provable(app):
    yield
    db.session.commit()
    assert [fault for fault in reputation.verify() if not fault.startswith("test:")] == []


def thank(browser, row, helpful="1"):
    return browser.post(f"/reports/{row.id}/helpful", data={"helpful": helpful})


def test_thanks_give_two_points_once(login, member, other, author, row, client):
    browser = login(member)
    for _ in range(3):
        assert thank(browser, row).status_code == 302
    assert points(author) == 3
    thank(login(other), row)
    assert points(author) == 5
    assert "helpful to 2 members" in client.get(f"{row.bulletin.url}/reports").text


def test_taken_back_and_given_again(login, member, author, row):
    browser = login(member)
    for helpful, expected in (("1", 3), ("0", 1), ("0", 1), ("1", 3), ("0", 1)):
        thank(browser, row, helpful)
        assert points(author) == expected


def test_not_for_oneself_nor_without_reputation(login, author, make_user, row):
    assert thank(login(author), row).status_code == 403
    assert thank(login(make_user()), row).status_code == 403
    assert points(author) == 1


@pytest.mark.parametrize("sent", [{}, {"helpful": "perhaps"}])
def test_it_is_yes_or_no(login, member, row, sent):
    assert login(member).post(f"/reports/{row.id}/helpful", data=sent).status_code == 422


def test_a_removed_report_gives_nothing_and_a_shown_one_again(member, moderator, author, row):
    helpful_actions.mark(row, True, by=member)
    actions.remove(row, by=moderator)
    db.session.commit()
    assert points(author) == 1
    actions.restore(row, by=moderator)
    db.session.commit()
    assert points(author) == 3


@pytest.mark.parametrize(
    ("remove", "bring_back"),
    [(bulletin_actions.unpublish, bulletin_actions.publish), (posts.delete, posts.undelete)],
)
def test_points_go_and_come_back_with_the_bulletin(
    member, moderator, author, row, bulletin, drain, remove, bring_back
):
    helpful_actions.mark(row, True, by=member)
    remove(bulletin, by=moderator)
    drain()
    assert points(author) == 1
    bring_back(bulletin, by=moderator)
    drain()
    assert points(author) == 3


def test_thanks_of_who_leaves_are_taken_back(member, admin, author, row, drain):
    helpful_actions.mark(row, True, by=member)
    erase(member, by=admin, keep_words=True)
    drain()
    assert points(author) == 1 and row.helpful_count == 0


def test_what_a_leaving_author_earned_stays_provable(member, admin, author, row, drain):
    helpful_actions.mark(row, True, by=member)
    erase(author, by=admin, keep_words=False)
    drain()
    assert points(author) == 1


def test_one_person_is_thanked_three_times_a_day(login, member, author, make_bulletin, report):
    rows = [report(make_bulletin(name), author) for name in "BCDE"]
    browser = login(member)
    codes = [thank(browser, row).status_code for row in rows]
    assert codes == [302, 302, 302, 422] and points(author) == 7


def test_marks_are_one_row_each(member, row):
    for _ in range(3):
        helpful_actions.mark(row, True, by=member)
    db.session.commit()
    assert db.session.scalar(select(func.count()).select_from(HelpfulMark)) == 1
