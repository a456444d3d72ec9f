"""Flags, the shared queue, decisions, the public log, suspensions."""

import re

import time_machine

from auth import reputation
from core.database.db import db
from moderation import actions
from moderation.models import Decision, Flag
from notifications.recipients import of_moderators


def flag(login, user, post):
    return login(user).post(f"/posts/{post.id}/flag", data={"reason": "spam", "note": "an advert"})


def test_a_flag_is_raised_once_and_its_outcome_notified(login, other, moderator, make_question, drain):
    question, flagger = make_question(), login(other)
    for _ in range(2):
        assert flagger.post(f"/posts/{question.id}/flag", data={"reason": "spam"}).status_code == 302
    assert db.session.scalar(db.select(db.func.count(Flag.id))) == 1
    browser = login(moderator)
    assert question.title.encode() in browser.get("/moderation").data
    browser.post(f"/posts/{question.id}/keep", data={"note": "It is on topic."})
    drain()
    drain()
    assert flagger.get("/inbox").text.count("It is on topic.") == 1
    assert b"dismissed" in flagger.get("/settings/flags").data


def test_flagging_takes_reputation(login, make_user, make_question, member):
    question = make_question()
    assert flag(login, make_user("newbie"), question).status_code == 403
    assert flag(login, member, question).status_code == 403


def test_spam_costs_a_hundred_and_restoring_gives_it_back(
    login, make_user, moderator, make_question, client, drain
):
    author = make_user("spammer", reputation=150)
    question, browser = make_question(by=author), login(moderator)
    browser.post(f"/posts/{question.id}/hide", data={"reason": "spam"})
    assert author.reputation == 50 and client.get(question.url).status_code == 404
    drain()
    page = client.get("/moderation/log").data
    assert question.title.encode() not in page and f"question #{question.id}".encode() in page
    assert question.title.encode() not in client.get("/moderation/log.atom").data
    assert question.title not in client.get("/api/v1/moderation/log").text
    browser.post(f"/posts/{question.id}/restore")
    drain()
    assert author.reputation == 150 and client.get(question.url).status_code == 200
    assert not [fault for fault in reputation.verify() if "spam" in fault]
    assert [d.action for d in db.session.scalars(db.select(Decision).order_by(Decision.id))] == [
        "hide",
        "restore",
    ]


def test_two_moderators_share_the_queue(moderator, admin, make_question):
    question = make_question()
    assert actions.claim(question, by=moderator) and not actions.claim(question, by=admin)
    assert actions.claim(question, by=moderator)
    actions.dismiss_flags(question, by=moderator)
    assert actions.claim(question, by=admin)


def test_suspended_members_only_read_until_lifted(login, moderator, member, make_question):
    browser = login(moderator)
    assert (
        browser.post(
            f"/users/{member.username}/suspend", data={"days": 3, "message": "Cool down for three days."}
        ).status_code
        == 302
    )
    assert member.is_suspended
    browser.post(f"/users/{member.username}/lift")
    assert not member.is_suspended


def test_lock_and_members_may_not_decide(login, moderator, member, other, make_question):
    question = make_question()
    assert login(other).post(f"/posts/{question.id}/hide").status_code == 403
    assert login(other).get("/moderation").status_code == 403
    login(moderator).post(f"/posts/{question.id}/lock")
    assert question.is_locked


def test_closing_is_in_the_log_once(login, moderator, make_question, drain, client):
    question = make_question()
    login(moderator).post(f"/questions/{question.id}/close", data={"reason": "off-topic"})
    drain()
    drain()
    page = client.get("/moderation/log").text
    assert page.count("Off topic") == 1 and "off-topic" not in page


def test_pages_with_forms(login, moderator, other, make_question):
    question = make_question()
    assert login(other).get(f"/posts/{question.id}/flag").status_code == 200
    assert login(moderator).get(f"/users/{other.username}/suspend").status_code == 200


def logged():
    db.session.commit()
    return [row.action for row in db.session.scalars(db.select(Decision).order_by(Decision.id))]


def test_each_act_is_logged_once_however_late_it_is_handled(login, moderator, make_question, drain):
    """Both entry points in turn, within a second: which line belongs to which act is written, not guessed."""
    with time_machine.travel("2026-03-10 12:00:00+00:00", tick=False) as clock:
        question, browser = make_question(), login(moderator)
        browser.post(f"/posts/{question.id}/hide")
        browser.post(f"/posts/{question.id}/undelete")
        browser.post(f"/posts/{question.id}/delete")
        browser.post(f"/posts/{question.id}/restore")
        clock.shift(3600)
        drain()
        drain()
    assert sorted(logged()) == ["hide", "hide", "restore", "restore"]
    numbers = db.session.scalars(db.select(Decision.event_id)).all()
    assert None not in numbers and len(set(numbers)) == 4


def test_restoring_through_the_other_entry_point_gives_back_what_spam_cost(
    login, make_user, moderator, make_question, drain
):
    author = make_user("spammer", reputation=150)
    question, browser = make_question(by=author), login(moderator)
    browser.post(f"/posts/{question.id}/hide", data={"reason": "spam"})
    assert author.reputation == 50
    browser.post(f"/posts/{question.id}/undelete")
    drain()
    assert author.reputation == 150
    assert not [fault for fault in reputation.verify() if "spam" in fault]


def test_a_late_hearing_of_a_return_forgives_no_later_spam(login, make_user, moderator, make_question, drain):
    author = make_user("spammer", reputation=150)
    question, browser = make_question(by=author), login(moderator)
    browser.post(f"/posts/{question.id}/delete")
    browser.post(f"/posts/{question.id}/undelete")
    browser.post(f"/posts/{question.id}/hide", data={"reason": "spam"})
    drain()
    assert author.reputation == 50


def test_the_end_of_a_suspension_that_somebody_extended_since_is_refused(login, moderator, admin, member):
    first, second, address = login(moderator), login(admin), f"/users/{member.username}"
    first.post(f"{address}/suspend", data={"days": 1, "message": "Cool down for a day."})
    old = _seen(first.get(f"{address}/suspend").text)
    page = _seen(second.get(f"{address}/suspend").text)
    second.post(f"{address}/suspend", data={"days": 30, "message": "A month for that.", "seen": page})
    answer = first.post(f"{address}/lift", data={"seen": old})
    db.session.refresh(member)
    assert answer.status_code == 409 and member.is_suspended
    first.post(f"{address}/lift", data={"seen": _seen(first.get(f"{address}/suspend").text)})
    db.session.refresh(member)
    assert not member.is_suspended


def _seen(page):
    """What the button that ends the suspension sends."""
    return re.search(
        r'<button [^>]*name="seen" value="([^"]+)"|name="seen" value="([^"]*)"',
        page[page.rindex('name="seen"') - 60 :],
    )[1]


def test_moderators_who_may_not_moderate_are_not_notified(moderator, admin, make_user):
    asleep = make_user("asleep", role="moderator")
    actions.suspend(asleep, 3, "Cool down for three days.", by=admin)
    assert set(of_moderators("flag")) == {moderator.id, admin.id}
