"""Mail about news: at once, together or daily, once each, and an end to it with one POST."""

import contextvars
import re
import threading
from datetime import timedelta

import pytest
import time_machine

from core.database.db import db
from core.database.models import Event, OutgoingMail, StoppedAddress
from core.mail import signed_links
from core.markup.markup import render
from forum import actions as forum
from moderation import actions as moderation
from notifications import actions, queries, tasks
from notifications.kinds import DIGEST, MAIL, SITE
from notifications.models import Notification
from posts import actions as posts
from tests.conftest import BODY

NOON = "2026-03-10 12:00:00+00:00"
ASKER = "alice@example.org"


@pytest.fixture
def clock(app):
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def question(clock, make_question, other):
    return make_question("How do I patch a server?")


def path_in(mail):
    return re.search(r"http://localhost:8000(/\S+)", mail.unsubscribe_url)[1]


def test_an_answer_is_mailed_at_once_with_both_bodies(question, make_answer, mails):
    answer = make_answer(question, "Install the *update* with <wusa> and restart the server once.")
    (sent,) = mails(ASKER)
    assert sent.subject == "bob answered your question: How do I patch a server?"
    for body in (sent.body, sent.html):
        assert answer.url in body and "restart the server" in body and sent.unsubscribe_url in body
    assert "&lt;wusa&gt;" in sent.html and "<wusa>" in sent.body


def test_ten_answers_in_an_hour_are_one_mail_and_the_rest_comes_in_one_more(
    question, make_answer, mails, make_user, clock
):
    for _ in range(10):
        make_answer(question, by=make_user())
        mails()
        clock.shift(timedelta(minutes=5))
    assert len(mails(ASKER)) == 1
    clock.shift(timedelta(minutes=10))
    first, second = mails(ASKER)
    assert second.subject == "9 notifications: How do I patch a server?"
    assert second.body.count("#answer-") == 9
    clock.shift(timedelta(days=3))
    assert len(mails(ASKER)) == 2


def test_other_threads_do_not_wait(question, make_question, make_answer, mails):
    make_answer(question)
    mails()
    make_answer(make_question("What else is there to patch?"))
    assert len(mails(ASKER)) == 2


def test_a_digest_is_one_mail_in_the_morning(question, make_question, make_answer, mails, member, clock):
    actions.choose(member, {"answer": DIGEST})
    for _ in range(3):
        make_answer(question)
        make_answer(make_question("What else is there to patch?"))
    assert mails(ASKER) == []
    clock.move_to("2026-03-11 07:00:00+00:00")
    (digest,) = mails(ASKER)
    assert digest.subject == "6 notifications" and digest.body.count("#answer-") == 6
    clock.shift(timedelta(days=2))
    assert len(mails(ASKER)) == 1


def test_site_only_is_no_mail(question, make_answer, mails, member):
    actions.choose(member, {"answer": SITE})
    make_answer(question)
    assert mails() == [] and queries.unread(member) == 1


def test_a_repeated_event_is_no_second_mail(question, make_answer, mails, clock):
    make_answer(question)
    assert len(mails()) == 1
    db.session.execute(db.update(Event).values(done_at=None))
    clock.shift(timedelta(hours=3))
    assert len(mails()) == 1


@pytest.mark.every_database
def test_workers_at_once_mail_once(app, question, make_answer, mails, drain, make_user):
    for _ in range(3):
        make_answer(question, by=make_user())
    drain()
    ready = threading.Barrier(3)

    def work():
        with app.app_context():
            ready.wait()
            try:
                tasks.mail_news()
            except db.exc.IntegrityError:  # the other was faster; the next round finds nothing to do
                db.session.rollback()

    threads = [threading.Thread(target=contextvars.Context().run, args=(work,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(mails(ASKER)) == 1


def test_what_is_hidden_read_or_by_the_suspended_is_not_mailed_any_more(
    question, make_answer, mails, member, moderator, make_user, clock, login
):
    make_answer(question)
    mails()
    hidden, read, rude = (make_answer(question, by=make_user()) for _ in range(3))
    mails()
    posts.delete(hidden, by=moderator)
    line = db.session.scalar(db.select(Notification).where(Notification.post_id == read.id))
    login(member).post(f"/inbox/{line.id}/read")
    moderation.suspend(rude.author, 9, "Rest a little.", by=moderator)
    clock.shift(timedelta(hours=2))
    assert len(mails(ASKER)) == 1


def test_who_is_suspended_meanwhile_gets_none(question, make_answer, mails, member, moderator, clock, drain):
    actions.choose(member, {"answer": DIGEST})
    make_answer(question)
    drain()
    moderation.suspend(member, 9, "Rest a little.", by=moderator)
    clock.shift(timedelta(days=1))
    assert [mail for mail in mails(ASKER) if "news" in mail.key] == []


def test_what_is_heard_of_a_week_late_is_old_news(question, make_answer, mails, inbox, member, clock):
    make_answer(question)
    clock.shift(timedelta(days=8))
    assert len(inbox(member)) == 1 and queries.unread(member) == 0 and mails() == []


def test_lines_that_were_read_are_kept_for_a_year(question, make_answer, inbox, member, clock):
    make_answer(question)
    inbox(member)
    actions.mark_read(member)
    make_answer(question)
    inbox(member)
    for days, left in ((364, 2), (2, 1)):
        clock.shift(timedelta(days=days))
        tasks.forget_old_news()
        assert len(inbox(member)) == left


def test_demo_addresses_get_none(question, make_answer, mails, member, inbox):
    member.email = "alice@demo.invalid"
    make_answer(question)
    assert mails() == [] and len(inbox(member)) == 1


class TestUnsubscribing:
    def test_one_post_without_log_in_or_token_ends_this_kind(
        self, app, client, question, make_answer, mails, member
    ):
        app.config["WTF_CSRF_ENABLED"] = True
        make_answer(question)
        path = path_in(mails(ASKER)[0])
        assert client.get(path).status_code == 200
        assert queries.deliveries(member)["answer"] == MAIL, "a scanner that follows the link changes nothing"
        answer = client.post(path, data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200 and "Location" not in answer.headers
        assert queries.deliveries(member)["answer"] == SITE
        assert queries.deliveries(member)["comment"] == MAIL
        assert client.post(path).status_code == 200

    def test_what_waits_is_not_mailed_any_more(self, client, question, make_answer, mails, make_user, clock):
        make_answer(question)
        path = path_in(mails(ASKER)[0])
        make_answer(question, by=make_user())
        mails()
        client.post(path)
        clock.shift(timedelta(hours=2))
        assert len(mails(ASKER)) == 1

    def test_the_digest_ends_as_a_whole(self, client, question, make_answer, mails, member, clock):
        actions.choose(member, {"answer": DIGEST, "comment": DIGEST, "mention": MAIL})
        make_answer(question)
        clock_day = timedelta(days=1)
        mails()
        clock.shift(clock_day)
        client.post(path_in(mails(ASKER)[0]))
        assert DIGEST not in queries.deliveries(member).values()
        assert queries.deliveries(member)["mention"] == MAIL

    @pytest.mark.parametrize("token", ["x", "WzEsImFuc3dlciJd", "WzEsImFuc3dlciJd.AAAA", "a.b.c", "é"])
    def test_nobody_makes_up_a_link(self, client, member, token):
        assert client.post(f"/inbox/unsubscribe/{token}").status_code == 404

    def test_a_link_for_one_purpose_opens_no_other(self, client, member):
        token = signed_links.token(signed_links.STOP, member.id, "answer")
        assert client.post(f"/inbox/unsubscribe/{token}").status_code == 404


class TestDeadAddresses:
    @pytest.fixture
    def refused(self, member, drain):
        def refuse():
            from_core = Event(name="mail.refused", data={"address": member.email})
            db.session.add(from_core)
            drain()

        return refuse

    def test_get_no_news_until_their_owner_says_so(
        self, question, make_answer, mails, refused, login, member, inbox
    ):
        refused()
        refused()
        make_answer(question)
        assert mails(ASKER) == [] and len(inbox(member)) == 1
        browser = login(member)
        assert "no such mailbox" in browser.get("/settings/notifications").text
        browser.post("/settings/notifications/revive")
        assert db.session.get(StoppedAddress, ASKER) is None
        make_answer(question)
        assert len(mails(ASKER)) == 1

    def test_what_waits_is_not_mailed(self, question, make_answer, mails, refused, member, clock):
        actions.choose(member, {"answer": DIGEST})
        make_answer(question)
        mails()
        refused()
        clock.shift(timedelta(days=1))
        assert mails(ASKER) == []


def test_choices_are_saved_and_shown(login, member):
    browser = login(member)
    chosen = {"answer": "digest", "tag": "none"}
    assert browser.post("/settings/notifications", data=chosen).status_code == 302
    page = browser.get("/settings/notifications").text
    assert page.count('<option value="none" selected>') == 1
    assert browser.post("/settings/notifications", data={"answer": "by pigeon"}).status_code == 422
    assert queries.deliveries(member)["answer"] == DIGEST


def test_a_flag_is_answered_by_mail(question, make_answer, other, moderator, mails):
    moderation.flag(question, "other", by=other)
    moderation.dismiss_flags(question, by=moderator, note="It is fine here.")
    (sent,) = mails(other.email)
    assert "dismissed the flag" in sent.body and "It is fine here." in sent.body
    assert "/settings/flags" in sent.body


def test_posting_is_one_event_and_no_mail_of_its_own(question, other, count_queries):
    """Who is told is the worker's work: whoever answers does not wait for it."""
    with count_queries() as statements:
        forum.answer(question, render(BODY), by=other)
        db.session.commit()
    assert not [s for s in statements if "notifications" in s or "outgoing_mail" in s or "watches" in s]
    assert db.session.scalar(db.select(OutgoingMail.id)) is None
