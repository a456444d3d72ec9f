"""Members who are unconfirmed or suspended are refused by the actions: pages, API and shell say the same."""

from datetime import timedelta

import pytest
from werkzeug.exceptions import Forbidden

from auth.policy import why_read_only
from core.database.db import db, utcnow
from core.markup.markup import render
from deployment.reports import actions as reports
from forum import actions as forum
from notifications import actions as notifications
from products.policy import require_can_own
from tests.conftest import BODY
from tests.deployment.conftest import make_bulletin  # noqa: F401  (a fixture)

ACTS = {
    "ask": lambda user, things: forum.ask("How do I patch a server?", render(BODY), ["patching"], by=user),
    "answer": lambda user, things: forum.answer(things["question"], render(BODY), by=user),
    "watch": lambda user, things: notifications.watch(user, things["question"], True),
    "report": lambda user, things: reports.report(
        things["bulletin"], reports.Installation("lab", "issue"), by=user
    ),
    "own": lambda user, things: require_can_own(user),
}


@pytest.fixture(params=["unconfirmed", "suspended"])
def reader(request, make_user):
    """A member who can only read."""
    user = make_user(confirmed=request.param != "unconfirmed")
    if request.param == "suspended":
        user.suspended_until = utcnow() + timedelta(days=2)
        user.suspension_reason = "Advertising."
    db.session.commit()
    return user


@pytest.fixture
def things(make_question, make_bulletin):
    """What the acts are about."""
    return {"question": make_question(), "bulletin": make_bulletin()}


@pytest.mark.parametrize("act", ACTS)
def test_an_action_refuses_and_says_why(app, reader, things, act):
    with app.test_request_context(), pytest.raises(Forbidden) as refused:
        ACTS[act](reader, things)
    assert refused.value.description == why_read_only(reader)


def test_pages_and_api_say_what_the_action_says(app, login, api, reader, things):
    question, bulletin = things["question"], things["bulletin"]
    with app.test_request_context():
        why = why_read_only(reader)
    for path, fields in (
        ("/questions/ask", {"title": "How do I patch a server?", "body": BODY, "tags": "patching"}),
        (question.url, {"body": BODY}),
        (f"/posts/{question.id}/watch", {"watch": "1"}),
        (f"/bulletins/{bulletin.reference}/reports", {"ring": "lab", "outcome": "issue"}),
        ("/settings/products", {"product": "acme-reader"}),
    ):
        answer = login(reader).post(path, data=fields)
        assert answer.status_code == 403 and why in answer.text, path
    for method, path, body in (
        ("POST", "/questions", {"title": "How do I patch a server?", "body": BODY, "tags": ["patching"]}),
        ("POST", f"/questions/{question.id}/answers", {"body": BODY}),
        ("PUT", f"/posts/{question.id}/watch", {"watch": True}),
        ("POST", f"/bulletins/{bulletin.reference}/reports", {"ring": "lab", "outcome": "issue"}),
        ("POST", "/users/me/products", {"product": "acme-reader"}),
    ):
        answer = api(reader)(method, path, body)
        assert (answer.status_code, answer.json["detail"]) == (403, why), path


def test_page_and_api_say_alike_that_a_question_is_closed(app, login, api, things, other, moderator):
    question = things["question"]
    forum.close(question, "off-topic", by=moderator)
    db.session.commit()
    page = login(other).post(question.url, data={"body": BODY})
    program = api(other)("POST", f"/questions/{question.id}/answers", {"body": BODY})
    assert page.status_code == program.status_code == 403
    assert program.json["detail"] == "This question is closed. It takes no more answers."
    assert program.json["detail"] in page.text
