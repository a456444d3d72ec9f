"""Flags reach moderators; authors learn what was done with their posts, mend them and ask for them back."""

import re

import pytest
from sqlalchemy import select

from bulletins import actions as bulletins
from core.database.db import db
from core.database.models import OutgoingMail
from core.markup.markup import render
from moderation import actions as moderation
from moderation import queries
from moderation.appeals.models import Appeal
from moderation.models import Decision, Flag
from notifications.models import Notification
from notifications.tasks import mail_news
from posts import actions as posts
from posts.models import HIDDEN, Post


def lines(user, kind=None):
    db.session.expire_all()
    rows = db.session.scalars(
        select(Notification).where(Notification.user_id == user.id).order_by(Notification.id)
    )
    return [row for row in rows if kind is None or row.kind == kind]


def flag(post, by, reason="rude"):
    moderation.flag(post, reason, by=by)
    db.session.commit()


def test_forty_flags_reach_moderators_urgent_ones_first(
    login, moderator, admin, other, make_user, make_question, drain
):
    flaggers = [make_user() for _ in range(4)]
    questions = [make_question() for _ in range(10)]
    for question in questions:
        for by in flaggers:
            flag(question, by, "harmful" if question is questions[7] and by is flaggers[3] else "rude")
    drain()
    assert len(lines(moderator, "queue")) == 10 and len(lines(admin, "urgent")) == 1
    assert lines(other) == []
    page = login(moderator).get("/moderation").text
    titles = re.findall(r'<section class="queue-item[^"]*" id="item-(\d+)"', page)
    assert [int(each) for each in titles][:2] == [questions[7].id, questions[0].id]
    assert page.count("urgent") >= 1
    head = page[: page.index("<main")]
    assert re.search(r'Moderation <span class="badge badge-warning">10<', head)
    assert "10 <" not in login(other).get("/").text[:4000]
    assert "flagged a question (rude or abusive)" in login(moderator).get("/inbox").text


def test_urgent_flags_are_mailed_without_the_text(app, moderator, other, make_question, drain):
    question = make_question(body="The key is AKIA1234567890 and it is in this text by mistake, remove it.")
    flag(question, other, "secret")
    drain()
    with app.app_context():
        mail_news()
    bodies = [row.body for row in db.session.scalars(select(OutgoingMail))]
    assert any("contains a secret" in body for body in bodies)
    assert not any("AKIA1234567890" in body for body in bodies)


def test_who_moderates_no_more_reads_none_of_it(login, moderator, other, make_question, drain):
    flag(make_question("A question that was flagged"), other)
    drain()
    assert "flagged a question" in login(moderator).get("/inbox").text
    moderator.role = "member"
    db.session.commit()
    assert "flagged a question" not in login(moderator).get("/inbox").text


def test_comments_are_flagged_like_posts(login, member, other, moderator, make_question):
    question = make_question(by=member)
    comment = posts.comment(question, render("A remark that is long enough to be one."), by=member)
    db.session.commit()
    browser = login(other)
    assert f'href="/posts/{comment.id}/flag"' in browser.get(question.url).text
    assert browser.get(f"/posts/{comment.id}/flag").status_code == 200
    assert browser.post(f"/posts/{comment.id}/flag", data={"reason": "rude"}).status_code == 302
    assert question.title in login(moderator).get("/moderation").text
    assert question.title in browser.get("/settings/flags").text
    login(moderator).post(f"/posts/{comment.id}/hide", data={"reason": "rude", "note": "Be kind."})
    assert not comment.is_public and "Be kind." not in login(other).get(question.url).text


class TestHeld:
    @pytest.fixture
    def held(self, make_user, make_question, make_answer, member, drain):
        question = make_question(by=member)
        make_answer(question)
        for _ in range(4):
            flag(question, make_user())
            assert question.is_public
        flag(question, make_user())
        drain()
        return question

    def test_enough_flags_hide_a_post_and_notify_its_author(
        self, held, login, client, member, other, moderator
    ):
        assert held.status == HIDDEN and not held.is_public
        assert client.get(held.url).status_code == 404 and login(other).get(held.url).status_code == 404
        assert "Until a moderator reviews it" in login(member).get(held.url).text
        assert "until a moderator decides" in login(member).get("/inbox").text
        assert "hidden by flags" in login(moderator).get("/moderation").text
        assert "hidden by flags" in client.get("/moderation/log").text

    def test_keeping_shows_it_and_the_same_text_is_not_hidden_again(
        self, held, login, moderator, make_user, client, member, drain
    ):
        login(moderator).post(f"/posts/{held.id}/keep", data={"note": "It is fine."})
        assert held.is_public and client.get(held.url).status_code == 200
        drain()
        assert "unhid your" in login(member).get("/inbox").text
        for _ in range(6):
            flag(held, make_user())
        assert held.is_public

    def test_hiding_decides_it_and_restoring_shows_it(self, held, login, moderator):
        browser = login(moderator)
        browser.post(f"/posts/{held.id}/hide", data={"reason": "rude"})
        assert held.is_deleted and {row.outcome for row in db.session.scalars(select(Flag))} == {"helpful"}
        browser.post(f"/posts/{held.id}/restore")
        assert held.is_public

    def test_trusted_flags_weigh_more(self, make_user, make_question):
        question = make_question()
        flag(question, make_user(reputation=2_000))
        flag(question, make_user(reputation=500))
        assert not question.is_public

    def test_moderators_and_articles_are_never_hidden_so(
        self, make_user, make_question, make_article, moderator
    ):
        for post in (make_question(by=moderator), make_article()):
            for _ in range(6):
                flag(post, make_user())
            assert post.is_public


class TestAppeals:
    @pytest.fixture
    def removed(self, make_question, member, moderator, login, drain):
        question = make_question(by=member)
        login(moderator).post(
            f"/posts/{question.id}/hide", data={"reason": "rude", "note": "Be kinder, please."}
        )
        drain()
        return question

    def test_the_author_is_notified_of_the_reason_and_still_sees_it(
        self, app, removed, login, member, other, client
    ):
        browser = login(member)
        inbox = browser.get("/inbox").text
        assert "moira deleted your question (rude or abusive)" in inbox and "Be kinder, please." in inbox
        page = browser.get(removed.url)
        assert page.status_code == 200 and f"/posts/{removed.id}/appeal" in page.text
        reason = browser.get(f"/posts/{removed.id}/appeal").text
        assert "Rude or abusive" in reason and "Be kinder, please." in reason
        for reader in (client, login(other)):
            assert reader.get(removed.url).status_code == 404
            assert reader.get(f"/posts/{removed.id}/appeal").status_code in (302, 404)
        with app.app_context():
            mail_news()
        assert any(
            "Be kinder" in row.body
            for row in db.session.scalars(select(OutgoingMail).where(OutgoingMail.recipient == member.email))
        )

    def test_mending_and_asking_once_for_each_state(self, removed, login, member, moderator, drain):
        browser, address = login(member), f"/posts/{removed.id}/appeal"
        asked = {"text": "I have taken the rude word out."}
        assert (
            browser.post(
                f"/questions/{removed.id}/edit",
                data={
                    "title": removed.title,
                    "body": "A kinder text that is long enough to be a question of some use.",
                    "tags": "patching",
                },
            ).status_code
            == 302
        )
        assert not removed.is_public
        assert browser.post(address, data=asked).status_code == 302
        assert browser.post(address, data=asked).status_code == 422
        drain()
        assert "asks to restore a question" in login(moderator).get("/inbox").text
        queue = login(moderator).get("/moderation").text
        assert asked["text"] in queue and "A kinder text" in queue
        row = db.session.scalar(select(Appeal))
        login(moderator).post(f"/appeals/{row.id}/refuse", data={"answer": "There is one more."})
        drain()
        inbox = login(member).get("/inbox").text
        assert "declined to restore your question" in inbox and "There is one more." in inbox
        assert browser.post(address, data=asked).status_code == 422, "the same text is asked for once"
        posts.revise(removed, render("The kindest text that is long enough to be a question."), by=member)
        db.session.commit()
        assert browser.post(address, data=asked).status_code == 302
        row = db.session.scalars(select(Appeal).order_by(Appeal.id.desc())).first()
        login(moderator).post(f"/appeals/{row.id}/approve")
        drain()
        assert removed.is_public
        inbox = login(member).get("/inbox").text
        assert "restored your question, as you asked" in inbox and inbox.count("restored your question") == 1

    def test_who_restores_it_in_another_way_answers_the_request(
        self, removed, login, member, moderator, drain
    ):
        login(member).post(f"/posts/{removed.id}/appeal", data={"text": "Please look at it again."})
        login(moderator).post(f"/posts/{removed.id}/undelete")
        drain()
        assert db.session.scalar(select(Appeal.outcome)) == "approved"
        assert queries.queue() == []

    def test_what_one_removed_oneself_is_not_asked_for(self, login, member, make_question):
        question = make_question(by=member)
        browser = login(member)
        browser.post(f"/posts/{question.id}/delete")
        assert browser.get(f"/posts/{question.id}/appeal").status_code == 403
        assert "Restore" in browser.get(question.url).text


def test_other_acts_of_moderators_are_notified(login, member, moderator, make_question, drain):
    question, browser = make_question(by=member), login(moderator)
    browser.post(f"/questions/{question.id}/close", data={"reason": "off-topic", "note": "Ask the vendor."})
    browser.post(f"/questions/{question.id}/reopen")
    browser.post(f"/posts/{question.id}/lock")
    browser.post(
        f"/questions/{question.id}/edit",
        data={
            "title": question.title,
            "body": "Another text, which a moderator wrote, long enough to be shown.",
            "tags": "patching",
        },
    )
    drain()
    inbox = login(member).get("/inbox").text
    for words in (
        "closed your question (off topic)",
        "Ask the vendor.",
        "reopened your question",
        "locked your question",
        "edited your question",
    ):
        assert words in inbox, words


def test_what_readers_miss_reaches_moderators(login, member, moderator, make_article, drain):
    article = make_article()
    login(member).post(f"/articles/{article.id}/feedback", data={"helpful": "0", "note": "Say which build."})
    drain()
    browser = login(moderator)
    assert "left feedback on this article" in browser.get("/inbox").text
    assert "Say which build." in browser.get(article.url).text
    assert "Say which build." in browser.get("/articles/feedback").text
    assert "Say which build." not in login(member).get(article.url).text.split("How can we improve it")[0]
    assert login(member).get("/articles/feedback").status_code == 403
    number = re.search(r"/articles/feedback/(\d+)/read", browser.get("/articles/feedback").text)[1]
    assert browser.post(f"/articles/feedback/{number}/read").status_code == 302
    assert "Say which build." not in browser.get("/articles/feedback").text
    assert "Say which build." in browser.get("/articles/feedback?all").text


def test_moderators_alone_choose_how_they_hear_of_flags(login, member, moderator):
    assert "Urgent flags" in login(moderator).get("/settings/notifications").text
    assert "Urgent flags" not in login(member).get("/settings/notifications").text


def test_publishing_verifying_and_redacting_stand_in_the_log(
    login, client, moderator, member, make_article, make_question, drain
):
    browser, article = login(moderator), make_article(publish=False)
    for verb, data in (
        ("publish", {}),
        ("verify", {"verified_on": "2026-03-01", "verified_build": "1"}),
        ("unpublish", {}),
        ("publish", {}),
    ):
        browser.post(f"/articles/{article.id}/{verb}", data=data)
    question = make_question(by=member)
    posts.revise(question, render("Another text about servers that is long enough to be shown."), by=member)
    db.session.commit()
    browser.post(f"/posts/{question.id}/revisions/1/redact", data={"reason": "It held a key."})
    drain()
    page = client.get("/moderation/log").text
    for words in ("published", "verification changed", "unpublished", "text masked", "It held a key."):
        assert words in page, words
    actions = db.session.scalars(select(Decision.action).order_by(Decision.id)).all()
    assert sorted(actions) == ["publish", "publish", "redact", "unpublish", "verify"]


@pytest.mark.parametrize(
    "path",
    [
        "/posts/{post}/delete",
        "/posts/{post}/hide",
        "/posts/{old}/revisions/1/redact",
        "/articles/{article}/unpublish",
        "/bulletins/{bulletin}/unpublish",
        "/users/alice/suspend",
    ],
)
def test_destructive_acts_ask_once_and_say_what_they_will_do(
    path, login, moderator, member, make_question, make_article
):
    from_world = {"post": make_question().id, "old": make_question().id, "article": make_article().id}
    bulletin = bulletins.create({"title": "A bulletin to withdraw"}, by=moderator)
    bulletins.publish(bulletin, by=moderator)
    old = db.session.get(Post, from_world["old"])
    posts.revise(old, render("Another text about servers that is long enough to be shown."), by=member)
    db.session.commit()
    browser, address = login(moderator), path.format(**from_world, bulletin=bulletin.reference)
    page = browser.get(address)
    assert page.status_code == 200 and "What will happen" in page.text and "button-danger" in page.text
    assert db.session.scalar(select(Decision.id)) is None, "asking does nothing"
