"""From a dump to a member: an imported person's account waits until a moderator lets them in."""

import re

import pytest

from auth import queries
from auth.models import User
from core.database.db import db
from core.database.models import OutgoingMail
from forum.cli import import_stackexchange
from forum.models import Question
from tests.forum import dumps

PASSWORD = "violet kettle orbit 93 marsh"
ADDRESS = "ann@example.org"


@pytest.fixture
def ann(app, tmp_path):
    """Somebody from elsewhere, with 900 points there and a question."""
    people = dumps.user(1, "Ann Bee", Reputation=900) + dumps.user(2, "Bo")
    folder = dumps.small(tmp_path / "site", Users=people)
    assert app.test_cli_runner().invoke(import_stackexchange, [str(folder)]).exit_code == 0
    return db.session.scalars(db.select(User).filter_by(external_id="1")).one()


def attach(client, user, address=ADDRESS):
    return client.post(f"/users/{user.username}/attach-email", data={"email": address})


def mailed():
    return db.session.scalars(db.select(OutgoingMail)).all()


def log_in(client, name):
    return client.post("/login", data={"username": name, "password": PASSWORD}).status_code == 302


def test_nobody_enters_an_imported_account_by_themselves(ann, client):
    for name in (ann.username, "ann bee", ADDRESS):
        assert not log_in(client, name)
    client.post("/reset", data={"email": ADDRESS})
    assert mailed() == []


def test_a_moderator_lets_them_in_by_mail(ann, client, login, moderator):
    attach(login(moderator), ann)
    (mail,) = mailed()
    link = re.search(r"/claim/\S+", mail.body)[0]
    assert mail.recipient == ADDRESS
    assert client.get(link).status_code == 200 and queries.by_email(ADDRESS).password_hash is None
    assert client.post(link, data={"password": PASSWORD}).status_code == 302
    assert client.post(link, data={"password": PASSWORD}).status_code == 404, "the link is good once"
    assert log_in(client, ADDRESS)
    assert "Question number 10" in client.get(ann.profile_url).text
    question = db.session.scalars(db.select(Question)).one()
    assert f"/questions/{question.id}/edit" in client.get(question.url).text, "their words are theirs again"
    vote = client.post(f"/posts/{question.accepted_answer_id}/vote", data={"value": "-1"})
    assert vote.status_code == 403, "points from elsewhere open nothing"


def test_only_moderators_and_only_imported_accounts(ann, login, member, other, moderator):
    assert attach(login(other), ann).status_code == 403
    assert attach(login(moderator), member).status_code == 403
    attach(login(moderator), ann, member.email)
    assert ann.email is None and mailed() == []
