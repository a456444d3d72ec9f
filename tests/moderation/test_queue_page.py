"""The queue as moderators use it: what they typed goes along, and the page stays where they were."""

import pytest

from core.database.db import db
from core.database.models import OutgoingMail
from core.markup.markup import render
from moderation import actions
from moderation.models import Decision
from notifications.tasks import mail_news
from posts import actions as posts


@pytest.fixture
def flagged(make_question, other):
    """Two questions, each flagged."""
    found = [make_question(f"A question with the number {n} in it") for n in (1, 2)]
    actions.flag(found[0], "rude", by=other)
    actions.flag(found[1], "spam", by=other)
    db.session.commit()
    return found


def test_a_message_typed_in_the_queue_reaches_the_page_that_asks(login, moderator, flagged):
    browser, question = login(moderator), flagged[0]
    page = browser.post(
        f"/posts/{question.id}/hide",
        data={"ask": "rude", "note": "Please be kind", "seen": "0", "next": "/moderation#item-2"},
    )
    assert page.status_code == 200 and question.is_public, "it asks, it does not act"
    assert 'value="Please be kind"' in page.text and '<option value="rude" selected>' in page.text
    done = browser.post(
        f"/posts/{question.id}/hide",
        data={"reason": "rude", "note": "Please be kind", "seen": "0", "next": "/moderation#item-2"},
    )
    assert done.location == "/moderation#item-2" and not question.is_public
    assert db.session.scalar(db.select(Decision)).note == "Please be kind"


def test_the_page_stays_at_the_item_or_the_next_one(login, moderator, flagged):
    browser = login(moderator)
    page = browser.get("/moderation").text
    assert f'name="next" value="/moderation#item-{flagged[1].id}"' in page
    assert browser.post(f"/posts/{flagged[0].id}/claim").location == f"/moderation#item-{flagged[0].id}"
    kept = browser.post(f"/posts/{flagged[0].id}/keep", data={"next": f"/moderation#item-{flagged[1].id}"})
    assert kept.location == f"/moderation#item-{flagged[1].id}"


def test_hiding_is_asked_with_the_reason_of_the_flag(login, moderator, flagged):
    page = login(moderator).get("/moderation").text
    assert f'name="ask" value="rude" formaction="/posts/{flagged[0].id}/hide"' in page
    assert f'name="ask" value="" formaction="/posts/{flagged[1].id}/hide"' in page, "spam costs reputation"
    assert page.count("<details open>") == 2, "a short text is read without a click"


def test_what_is_decided_is_unread_for_no_moderator(login, moderator, make_user, flagged, drain):
    absent = make_user("mara", role="moderator")
    db.session.commit()
    drain()
    assert login(absent).get("/inbox?unread=1").text.count("flagged a question") == 2
    login(moderator).post(f"/posts/{flagged[0].id}/keep")
    drain()
    assert login(absent).get("/inbox?unread=1").text.count("flagged a question") == 1


def test_the_log_names_the_question_of_a_comment(moderator, other, make_question, make_answer, client, drain):
    question = make_question("Which question is it about")
    comment = posts.comment(make_answer(question), render("A comment that somebody flagged."), by=moderator)
    actions.flag(comment, "other", by=other)
    actions.dismiss_flags(comment, by=moderator)
    db.session.commit()
    drain()
    page = client.get("/moderation/log").text
    assert "comment: Which question is it about" in page and "flags dismissed" in page


def test_the_subject_of_a_mail_holds_one_sentence(app, other, moderator, flagged, drain):
    actions.dismiss_flags(flagged[0], by=moderator)
    db.session.commit()
    drain()
    with app.app_context():
        mail_news()
    subject = db.session.scalar(db.select(OutgoingMail.subject).where(OutgoingMail.recipient == other.email))
    assert "dismissed the flag: " in subject
