"""Leaving: the person is gone at once and everywhere, votes are undone, words stay or go as chosen."""

import contextvars
import re
import threading

import pytest

from auth import actions as accounts
from auth import queries, reputation
from auth.erasure import actions as erasure_actions
from auth.models import ApiToken, EmailToken, Session, User
from auth.passwords import passwords
from core.database.db import db, utcnow
from core.database.models import OutgoingMail
from core.mail import mail
from core.markup.markup import render
from forum import actions as forum
from forum.models import Acceptance
from kb import actions as kb
from moderation.models import Decision
from posts import actions, voting
from posts.models import Post, Revision, Vote
from posts.suggestions.models import Suggestion
from search.queries import search

SECRET = "violet kettle orbit 93 marsh"
NAME = "Quentin Quartz"


@pytest.fixture
def quentin(make_user):
    """A member with a password and a telling name."""
    user = make_user("quentin", reputation=600)
    accounts.set_password(user, passwords.hash_password(SECRET))
    accounts.edit_profile(
        user,
        display_name=NAME,
        location="Quartztown",
        website="https://quartz.example",
        about=render("I am Quentin."),
    )
    db.session.commit()
    return user


@pytest.fixture
def leave(login, drain):
    """leave(user, words) → the answer; everything that follows is done."""

    def press(user, words="keep", password=SECRET):
        answer = login(user).post("/settings/erase", data={"current_password": password, "words": words})
        drain()
        return answer

    return press


def clean():
    db.session.commit()
    return [fault for fault in reputation.verify() if not fault.startswith("test:")] == []


def points(user):
    return db.session.get(User, user.id, populate_existing=True).reputation


class TestThePerson:
    def test_is_gone_from_the_account_and_every_way_in_is_closed(self, client, login, quentin, leave):
        inside = login(quentin)
        token = accounts.make_token(quentin, "script", "write")
        accounts.send_link(quentin, "reset", "reset", "Reset")
        mail.queue(quentin.email, "already", subject="A mail that waits", user=quentin)
        address = quentin.email
        assert leave(quentin).status_code == 302
        assert inside.get("/settings/profile").status_code == 302
        assert client.get("/api/v1/users/me", headers={"Authorization": f"Bearer {token}"}).status_code == 401
        for entity in (Session, ApiToken, EmailToken):
            assert db.session.scalar(db.select(entity).where(entity.user_id == quentin.id)) is None
        assert db.session.scalars(
            db.select(OutgoingMail.subject).where(OutgoingMail.recipient == address)
        ).all() == ["Your account was deleted"]
        for name in ("quentin", address):
            assert client.post("/login", data={"username": name, "password": SECRET}).status_code == 422
        row = db.session.get(User, quentin.id)
        stored = [str(value) for key, value in vars(row).items() if key != "username_key"]
        assert not any("uart" in value or "uentin" in value for value in stored)
        assert client.get("/users/quentin").status_code == 404
        assert client.get(f"/users/{row.username}").status_code == 404

    def test_one_mail_says_so_and_the_address_goes_when_it_was_sent(self, app, quentin, leave):
        address = quentin.email
        leave(quentin)
        row = db.session.scalar(db.select(OutgoingMail).where(OutgoingMail.recipient == address))
        assert NAME in row.body and not row.has_secret
        assert re.findall(r"http\S+", row.body) == ["http://localhost:8000/"], "no link in it opens anything"
        erasure_actions.delete_sent_notices()
        assert db.session.get(OutgoingMail, row.id, populate_existing=True), "it was not sent yet"
        row.sent_at = utcnow()
        db.session.flush()
        erasure_actions.delete_sent_notices()
        assert db.session.scalar(db.select(OutgoingMail.id).where(OutgoingMail.recipient == address)) is None

    def test_an_address_that_was_not_proved_gets_no_mail(self, app, make_user):
        user = make_user("quirin")
        user.confirmed_at = None
        erasure_actions.erase(user, by=user, keep_words=False)
        assert db.session.scalar(db.select(OutgoingMail.id)) is None

    def test_the_handle_stays_reserved_and_the_address_is_free(self, client, quentin, leave):
        address = quentin.email
        leave(quentin)
        data = {"username": "quentin", "email": address, "password": SECRET + "x"}
        assert client.post("/register", data=data).status_code == 422
        assert client.post("/register", data={**data, "username": "q-uent1n"}).status_code == 422
        assert client.post("/register", data={**data, "username": "somebody"}).status_code == 200
        assert queries.by_email(address).username == "somebody"

    def test_takes_the_password_and_a_choice(self, quentin, leave):
        assert leave(quentin, password="wrong wrong wrong").status_code == 422
        assert leave(quentin, words="").status_code == 422
        assert quentin.erased_at is None

    def test_shows_nowhere_any_more(
        self, app, client, quentin, leave, make_question, make_answer, make_article, moderator, drain, login
    ):
        question = make_question(by=quentin)
        answer = make_answer(question, by=quentin)
        article = make_article(by=quentin)
        kb.verify(article, by=quentin, on=article.created_at.date())
        actions.comment(question, render("A comment of Q in this thread."), by=quentin)
        other = make_question()
        actions.revise(other, render("A text that the editor has changed for the better."), by=quentin)
        forum.close(other, "opinion", by=quentin)
        drain()
        leave(quentin)
        pages = [
            "/",
            "/questions",
            question.url,
            other.url,
            article.url,
            f"/posts/{question.id}/history",
            f"/posts/{other.id}/history",
            f"/posts/{other.id}/revisions/2",
            "/users",
            "/moderation/log",
            "/moderation/log.atom",
            "/questions.atom",
            "/articles.atom",
            "/search?q=quentin",
            "/search?q=user:quentin",
            f"/api/v1/questions/{question.id}",
            f"/api/v1/posts/{answer.id}",
            f"/api/v1/articles/{article.id}",
            "/api/v1/moderation/log",
            "/api/v1/users",
        ]
        for reader in (client, login(moderator)):
            for page in pages:
                text = reader.get(page).text
                assert NAME not in text and "/users/quentin" not in text, page
                assert '"author": "quentin"' not in text and '"by": "quentin"' not in text, page
        assert "former member" in client.get(question.url).text
        assert question.author_id is None and answer.author_id is None
        with app.test_request_context():
            assert search("user:quentin", user=moderator).total == 0


class TestVotesAndPoints:
    def test_votes_are_reversed_and_removed(self, quentin, leave, make_question, make_answer, make_user):
        author, asker = make_user("author"), make_user("asker")
        up = make_answer(make_question(by=asker), by=author)
        down = make_answer(make_question(by=asker), by=author)
        voting.vote(up, quentin, 1)
        voting.vote(down, quentin, -1)
        removed = make_answer(make_question(by=asker), by=author)
        voting.vote(removed, quentin, 1)
        actions.delete(removed, by=author)
        assert points(author) == 1 + 10 - 2
        leave(quentin)
        assert points(author) == 1 and (up.score, down.score, removed.score) == (0, 0, 0)
        assert db.session.scalar(db.select(Vote).where(Vote.user_id == quentin.id)) is None
        actions.undelete(removed, by=author)
        assert points(author) == 1 and clean()

    def test_more_votes_than_one_part_takes(self, quentin, leave, make_question, monkeypatch):
        monkeypatch.setattr("posts.erasure.actions.BATCH_SIZE", 2)
        questions = [make_question() for _ in range(5)]
        for question in questions:
            voting.vote(question, quentin, 1)
        leave(quentin)
        assert [q.score for q in questions] == [0] * 5 and clean()

    @pytest.mark.parametrize(("words", "stays"), [("keep", True), ("remove", False)])
    def test_acceptances_stay_with_the_words_and_go_with_them(
        self, quentin, leave, make_question, make_answer, make_user, words, stays
    ):
        author = make_user("author")
        answer = make_answer(make_question(by=quentin), by=author)
        forum.accept(answer, by=quentin)
        leave(quentin, words)
        assert points(author) == (16 if stays else 1) and answer.accepted is stays and clean()
        current = db.select(Acceptance).where(Acceptance.withdrawn_at.is_(None))
        assert (db.session.scalar(current) is not None) is stays

    def test_votes_on_what_they_wrote_go_with_the_words(
        self, quentin, leave, make_question, make_answer, make_user
    ):
        answer, voter = make_answer(make_question(), by=quentin), make_user("critic", reputation=130)
        before = points(voter)
        voting.vote(answer, voter, -1)
        leave(quentin, "remove")
        assert points(voter) == before and clean()


class TestWords:
    def test_are_kept_under_former_member_and_can_still_be_voted_on(
        self, client, login, quentin, leave, make_question, member
    ):
        question = make_question("A question that stays when its author leaves", by=quentin)
        leave(quentin, "keep")
        assert question.is_public and question.title in client.get("/questions").text
        assert login(member).post(f"/posts/{question.id}/vote", data={"value": "1"}).status_code == 302
        assert question.score == 1 and clean()

    def test_are_removed_with_their_history_and_cannot_come_back(
        self, client, login, quentin, leave, admin, make_question, make_answer
    ):
        question = make_question("Canaryquestion that goes with its author", by=quentin, tags=("canarytag",))
        actions.revise(question, render("A canarytext in the second version of it."), by=quentin)
        answer = make_answer(make_question(), "canaryanswer " * 10, by=quentin)
        comment = actions.comment(answer.parent, render("A canarycomment in this thread."), by=quentin)
        hidden = make_question("Canaryhidden question that was removed before", by=quentin)
        actions.delete(hidden, by=admin)
        leave(quentin, "remove")
        staff = login(admin)
        for post in (question, answer, comment, hidden):
            assert not post.is_public and not post.body and not post.title and post.author_id is None
            staff.post(f"/posts/{post.id}/restore")
            staff.post(f"/posts/{post.id}/undelete")
            assert not db.session.get(Post, post.id, populate_existing=True).is_public
            assert "canary" not in staff.get(f"/posts/{post.id}/history").text.lower()
        ids = [post.id for post in (question, answer, comment, hidden)]
        texts = [
            r.title + r.body + r.summary + str(r.tags)
            for r in db.session.scalars(db.select(Revision).where(Revision.post_id.in_(ids)))
        ]
        assert texts and not any("anary" in text for text in texts)
        for path in ("/tags", "/questions", answer.parent.url, "/search?q=canarytext"):
            assert "canary" not in client.get(path).text.lower().replace("q=canarytext", "").replace(
                'value="canarytext"', ""
            ).replace("canarytext", ""), path
        assert answer.parent.answer_count == 0 and clean()

    def test_a_question_that_others_answered_keeps_its_place_emptied(
        self, client, quentin, leave, other, make_question, make_answer
    ):
        question = make_question("Canaryquestion that somebody else has answered", by=quentin)
        answer = make_answer(question, by=other)
        own = make_answer(question, "canaryanswer " * 10, by=quentin)
        leave(quentin, "remove")
        page = client.get(question.url)
        assert page.status_code == 200 and "anary" not in page.text
        assert "Removed by its author" in page.text and f'id="answer-{answer.id}"' in page.text
        assert not own.is_public and answer.is_public

    def test_articles_stay_with_the_site(self, client, quentin, leave, make_article):
        article = make_article("An article written by one who left", by=quentin)
        leave(quentin, "remove")
        assert article.is_public and article.author_id is None and article.body
        assert client.get(article.url).status_code == 200

    def test_proposals_that_wait_are_taken_back(self, login, quentin, leave, make_user, make_question, other):
        novice = make_user("novice")
        accounts.set_password(novice, passwords.hash_password(SECRET))
        question = make_question(by=other)
        login(novice).post(
            f"/posts/{question.id}/suggest",
            data={
                "title": question.title,
                "body": "A canarytext that nobody has approved yet.",
                "tags": "patching",
                "summary": "canary",
                "base": 1,
            },
        )
        leave(novice, "remove")
        row = db.session.scalar(db.select(Suggestion))
        assert row.outcome == "withdrawn" and row.author_id is None and not row.body and not row.summary

    def test_a_second_delivery_changes_nothing(self, quentin, leave, make_question, other, drain):
        question = make_question(by=other)
        voting.vote(question, quentin, 1)
        leave(quentin, "remove")
        row = db.session.scalar(
            db.select(erasure_actions.events.Event).where(erasure_actions.events.Event.name == "user.erased")
        )
        row.done_at = None
        drain()
        assert question.score == 0 and clean()


class TestAdministrators:
    @pytest.fixture
    def admin(self, admin):
        accounts.set_password(admin, passwords.hash_password(SECRET))
        db.session.commit()
        return admin

    def test_erase_a_member_and_the_log_says_so_without_a_name(self, client, login, admin, quentin, drain):
        boss = login(admin)
        assert "/users/quentin/erase" in boss.get(quentin.profile_url).text
        answer = boss.post("/users/quentin/erase", data={"current_password": SECRET, "words": "keep"})
        assert answer.status_code == 302 and quentin.erased_at
        drain()
        drain()
        log = client.get("/moderation/log").text
        assert log.count("account deleted") == 1 and "a former member" in log and NAME not in log
        assert db.session.scalar(db.select(Decision).where(Decision.action == "erase")).actor_id == admin.id

    def test_need_their_own_password(self, login, admin, quentin):
        answer = login(admin).post(
            "/users/quentin/erase", data={"current_password": "x" * 12, "words": "keep"}
        )
        assert answer.status_code == 422 and not quentin.erased_at

    def test_do_not_erase_each_other_and_moderators_erase_nobody(
        self, login, admin, moderator, quentin, make_user
    ):
        second = make_user("second", role="administrator")
        data = {"current_password": SECRET, "words": "keep"}
        assert login(admin).post(f"/users/{second.username}/erase", data=data).status_code == 403
        assert login(moderator).post("/users/quentin/erase", data=data).status_code == 403
        assert login(quentin).get(f"/users/{moderator.username}/erase").status_code == 403

    def test_the_last_one_stays_and_is_told_why(self, login, admin, leave, make_user):
        answer = leave(admin)
        assert answer.status_code == 422 and "last administrator" in answer.text
        assert not admin.erased_at and admin.is_admin
        make_user("second", role="administrator")
        assert leave(admin).status_code == 302 and admin.erased_at

    def test_the_last_two_do_not_leave_at_once(self, app, login, admin, make_user):
        second = make_user("second", role="administrator")
        accounts.set_password(second, passwords.hash_password(SECRET))
        db.session.commit()
        start, clients = threading.Barrier(2), [login(admin), login(second)]

        def go(client):
            with app.app_context():
                start.wait()
                client.post("/settings/erase", data={"current_password": SECRET, "words": "keep"})

        threads = [threading.Thread(target=contextvars.Context().run, args=(go, c)) for c in clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        db.session.expire_all()
        left = db.session.scalars(db.select(User).where(User.role == "administrator")).all()
        assert len(left) == 1 and left[0].erased_at is None


class TestMyData:
    def test_is_one_file_with_all_of_mine_and_none_of_others(
        self, login, quentin, other, make_question, make_answer, moderator
    ):
        question = make_question(by=other)
        answer = make_answer(question, "An answer of Quentin's own, with enough words in it.", by=quentin)
        voting.vote(question, quentin, 1)
        login(quentin).post(f"/posts/{question.id}/flag", data={"reason": "other", "note": "Look at this"})
        accounts.make_token(quentin, "backup script", "read")
        file = login(quentin).get("/settings/data.json")
        assert file.headers["Cache-Control"] == "private, no-store"
        assert "attachment" in file.headers["Content-Disposition"]
        data = file.json
        assert data["account"]["email"] == quentin.email and data["account"]["display_name"] == NAME
        assert [post["id"] for post in data["posts"]] == [answer.id]
        assert data["revisions"][0]["body"].startswith("An answer of Quentin's own")
        assert data["votes"][0]["post_id"] == question.id and data["flags"][0]["note"] == "Look at this"
        assert data["api_tokens"][0]["name"] == "backup script" and data["sessions"]
        assert sum(line["points"] for line in data["reputation"]) == quentin.reputation
        assert "hash" not in file.text and other.email not in file.text and question.body not in file.text

    def test_is_for_its_owner_only(self, client):
        assert client.get("/settings/data.json").status_code == 302
