"""A role gives rights only in good standing: by page, by token, in queries and in what is exported."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from auth import actions as accounts
from auth import queries
from auth.erasure import actions
from auth.models import User
from auth.security_log.models import SecurityEvent
from bulletins import actions as bulletins
from core.database.db import db, utcnow
from core.web.forms import Invalid
from moderation import policy as moderation
from posts import actions as posts

SECRET = "canaryquartz in a bulletin that nobody may read yet"
PARALLEL = 30


@pytest.fixture
def embargoed(moderator):
    bulletin = bulletins.create(
        {"title": SECRET, "severity": "critical", "notes": [], "products": [], "vulnerabilities": []},
        by=moderator,
    )
    bulletins.schedule(bulletin, utcnow() + timedelta(days=3), by=moderator)
    db.session.commit()
    return bulletin


def suspend(user, days=3):
    accounts.suspend(user, utcnow() + timedelta(days=days), "A reason.")
    db.session.commit()


def unconfirm(user):
    user.confirmed_at = None
    db.session.commit()


def demote(user):
    accounts.set_role(user, "member", by=None)
    db.session.commit()


@pytest.mark.parametrize("end", [suspend, unconfirm, demote])
def test_who_began_an_embargoed_bulletin_reads_it_no_longer(login, api, moderator, embargoed, end):
    client, call, path = login(moderator), api(moderator, scope="read"), embargoed.url
    db.session.commit()
    assert SECRET in client.get(path).text
    assert call("get", f"/bulletins/{embargoed.reference}").status_code == 200
    end(moderator)
    pages = (f"/posts/{embargoed.id}/history", f"/posts/{embargoed.id}/revisions/1", "/settings/data.json")
    for page in (path, *pages):
        assert SECRET not in client.get(page, follow_redirects=True).text, page
    post = f"/posts/{embargoed.id}"
    addresses = (f"/bulletins/{embargoed.reference}", post, f"{post}/revisions")
    for page in addresses:
        answer = call("get", page)
        assert answer.status_code == 404 and SECRET not in answer.text, page


def test_hidden_posts_and_the_queue_close_while_suspended(login, api, moderator, make_question):
    question = make_question()
    posts.delete(question, by=moderator)
    db.session.commit()
    client, call = login(moderator), api(moderator, scope="read")
    db.session.commit()
    for is_open in (True, False, True):
        for answer in (client.get(question.url), call("get", f"/questions/{question.id}")):
            assert answer.status_code == (200 if is_open else 404)
        assert (client.get("/moderation").status_code == 200) == is_open
        suspend(moderator) if is_open else accounts.unsuspend(moderator)
        db.session.commit()


def test_a_right_never_outlives_good_standing_whatever_the_role(app, make_user):
    for role in ("moderator", "administrator"):
        user = make_user(role=role)
        assert user.is_moderator and (user.is_admin or role == "moderator")
        for column, value in (
            ("suspended_until", utcnow() + timedelta(days=1)),
            ("erased_at", utcnow()),
            ("confirmed_at", None),
        ):
            before = getattr(user, column)
            setattr(user, column, value)
            db.session.flush()
            assert not user.is_moderator and not user.is_admin, column
            assert user not in db.session.scalars(queries.with_role("moderator", "administrator")).all()
            setattr(user, column, before)


def test_a_suspended_administrator_is_still_protected_and_does_not_count_as_the_last(app, make_user, admin):
    other = make_user("anna", role="administrator")
    suspend(other)
    assert not moderation.can_suspend(admin, other)
    with pytest.raises(Invalid):
        actions.erase(admin, by=admin, keep_words=True)


@pytest.mark.every_database
def test_thirty_at_once_change_a_role_once(app, member, admin):
    """One change is one line of the log, however many ask for it."""

    def run():
        with app.app_context():
            user = db.session.get(User, ids[0])
            accounts.set_role(user, "moderator", by=db.session.get(User, ids[1]))
            db.session.commit()

    ids = member.id, admin.id
    db.session.commit()
    threads = [threading.Thread(target=run) for _ in range(PARALLEL)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.expire_all()
    assert db.session.get(User, member.id).role == "moderator"
    changes = select(func.count()).where(SecurityEvent.kind == "role_changed")
    assert db.session.scalar(changes) == 1
