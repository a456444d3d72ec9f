"""Inboxes: a line for every event that notifies, once for each recipient."""

import pytest

from auth.erasure import actions as erasure_actions
from core.database.db import db, utcnow
from core.database.models import Event
from core.jobs import events
from core.markup.markup import render
from forum import actions as forum
from kb import actions as kb
from moderation import actions as moderation
from notifications import actions, queries
from notifications.kinds import NONE
from notifications.models import Notification, Watch
from posts import actions as posts
from posts.suggestions import actions as suggestions
from tests.conftest import BODY

CALL = "Perhaps @carol knows this, she wrote the first tool for it."


@pytest.fixture
def carol(make_user):
    return make_user("carol", reputation=300)


@pytest.fixture
def question(make_question):
    return make_question("How do I patch a server?")


class TestWhoIsTold:
    def test_the_asker_of_an_answer(self, inbox, question, make_answer):
        make_answer(question)
        assert inbox(question.author) == ["bob answered your question: How do I patch a server?"]

    def test_the_answerer_of_a_comment(self, inbox, question, make_answer, other, member):
        answer = make_answer(question)
        posts.comment(answer, render(BODY), by=member)
        assert inbox(other) == ["alice commented on your answer: How do I patch a server?"]

    @pytest.mark.parametrize(
        "write",
        [
            lambda q, by: forum.answer(q, render(CALL), by=by),
            lambda q, by: posts.comment(q, render(CALL), by=by),
            lambda q, by: forum.ask("Does anybody know this one?", render(CALL), ["patching"], by=by),
        ],
    )
    def test_who_is_called_by_name(self, inbox, question, other, carol, write):
        write(question, other)
        (found,) = inbox(carol)
        assert found.startswith("bob mentioned you in a")

    def test_who_is_called_in_an_edit_and_only_once(self, inbox, question, make_answer, other, carol):
        answer = make_answer(question)
        for text in (CALL, CALL + " And again.", CALL + " And once more."):
            posts.revise(answer, render(text), by=other)
            assert len(inbox(carol)) == 1

    def test_whose_answer_is_accepted_and_only_once(self, inbox, question, make_answer, other):
        answer = make_answer(question)
        for _ in range(2):
            forum.accept(answer, by=question.author)
            assert inbox(other) == ["alice accepted your answer: How do I patch a server?"]
            forum.unaccept(answer, by=question.author)

    def test_the_author_of_a_proposed_edit_and_then_its_proposer(self, inbox, question, make_user, member):
        proposer = make_user("steve")
        proposal = suggestions.propose(
            question,
            render(BODY + " More."),
            by=proposer,
            base_number=1,
            title=question.title,
            tags=["patching"],
            summary="",
        )
        assert inbox(member) == ["steve suggested an edit of your question: How do I patch a server?"]
        suggestions.reject(proposal, "Not needed here.", by=member)
        assert inbox(proposer) == ["alice rejected your edit of a question: How do I patch a server?"]

    def test_the_flagger_of_the_outcome_but_not_who_decided(self, inbox, login, question, other, moderator):
        moderation.flag(question, "other", by=other)
        moderation.dismiss_flags(question, by=moderator, note="It is fine here.")
        assert inbox(other) == [
            "A moderator reviewed the post you flagged and dismissed the flag.: Your flags"
        ]
        page = login(other).get("/inbox").text
        assert "It is fine here." in page and "/settings/flags" in page and moderator.username not in page

    def test_nobody_of_their_own_deed(self, inbox, question, member):
        answer = forum.answer(question, render("I found it myself, thanks to @alice, that is me."), by=member)
        posts.comment(answer, render(BODY), by=member)
        forum.accept(answer, by=member)
        assert inbox(member) == []


class TestWatching:
    def test_a_thread(self, inbox, login, question, make_answer, other, carol):
        assert login(carol).post(f"/posts/{question.id}/watch", data={"watch": "true"}).status_code == 302
        answer = make_answer(question)
        posts.comment(answer, render(BODY), by=question.author)
        assert inbox(carol) == [
            "alice commented on an answer you follow: How do I patch a server?",
            "bob answered a question you follow: How do I patch a server?",
        ]

    def test_an_article_that_changes(self, inbox, make_article, moderator, carol):
        article = make_article("Harden the host")
        actions.watch(carol, article, True)
        posts.revise(article, render(BODY + " One step more."), by=moderator)
        assert inbox(carol) == ["An article you follow was changed: Harden the host"]

    def test_a_tag(self, inbox, login, question, make_question, other, carol):
        login(carol).post("/tags/patching/watch", data={"watch": "true"})
        make_question("What else can be patched here?", by=other)
        make_question("What has nothing to do with it?", by=other, tags=("cooking",))
        assert inbox(carol) == [
            "bob posted a question under a tag you follow: What else can be patched here?"
        ]

    def test_an_article_of_a_tag_once_though_it_was_a_draft_first(self, inbox, question, make_article, carol):
        actions.watch(carol, question.tags[0], True)
        draft = make_article("Harden the host", tags=("patching",), publish=False)
        assert inbox(carol) == []
        kb.publish(draft, by=draft.author)
        kb.unpublish(draft, by=draft.author)
        kb.publish(draft, by=draft.author)
        assert len(inbox(carol)) == 1

    def test_taking_part_watches_by_itself(self, inbox, question, make_answer, other, carol):
        make_answer(question)
        inbox(other)
        forum.answer(question, render(BODY), by=carol)
        assert inbox(other) == ["carol answered a question you follow: How do I patch a server?"]

    def test_turned_off_it_stays_off(self, inbox, question, make_answer, other, carol):
        inbox(other)
        actions.watch(question.author, question, False)
        make_answer(question)
        posts.comment(question, render(BODY), by=question.author)
        forum.answer(question, render(BODY), by=question.author)
        forum.answer(question, render(BODY), by=carol)
        assert inbox(question.author) == []
        forum.answer(question, render("So says @alice herself, on her own page."), by=other)
        assert inbox(question.author) == ["bob mentioned you in an answer: How do I patch a server?"]

    def test_the_button_says_what_it_does(self, login, question, carol, make_article, client):
        browser = login(carol)
        for thing in (question.url, make_article().url, "/tags/patching"):
            assert 'value="true">Follow<' in browser.get(thing).text, thing
            assert "Follow<" not in client.get(thing).text
        browser.post(f"/posts/{question.id}/watch", data={"watch": "true"})
        assert 'value="false">Unfollow<' in browser.get(question.url).text
        assert question.title in browser.get("/settings/notifications").text

    def test_answers_are_watched_with_their_question_only(self, login, question, make_answer, carol):
        answer = make_answer(question)
        assert login(carol).post(f"/posts/{answer.id}/watch", data={"watch": "true"}).status_code == 404

    def test_who_is_suspended_watches_nothing_new(self, login, question, carol):
        moderation.suspend(carol, 3, "Rest a little.", by=question.author)
        assert login(carol).post(f"/posts/{question.id}/watch", data={"watch": "true"}).status_code == 403
        assert db.session.scalar(db.select(Watch).where(Watch.user_id == carol.id)) is None


class TestSilence:
    def test_a_repeated_event_adds_nothing(self, inbox, question, make_answer, carol):
        actions.watch(carol, question, True)
        make_answer(question, CALL)
        before = inbox(carol), inbox(question.author)
        db.session.execute(db.update(Event).values(done_at=None))
        assert (inbox(carol), inbox(question.author)) == before
        assert all(len(lines) == 1 for lines in before)

    def test_of_hidden_posts(self, inbox, question, make_answer, moderator, member, client):
        hidden = make_answer(question)
        posts.delete(hidden, by=moderator)
        assert inbox(member) == []
        shown = make_answer(question)
        assert len(inbox(member)) == 1
        posts.delete(shown, by=moderator)
        assert inbox(member) == [] and queries.unread(member) == 0

    def test_of_a_first_post_until_it_is_approved(self, app, inbox, question, moderator, member, make_user):
        app.config["REDOUBT_FIRST_POST_APPROVAL"] = True
        waiting = forum.answer(question, render(BODY), by=make_user())
        assert waiting.status == "pending"
        assert inbox(member) == []
        moderation.approve(waiting, by=moderator)
        assert len(inbox(member)) == 1

    def test_of_who_is_suspended_or_gone(self, inbox, question, make_answer, member, other, moderator):
        make_answer(question)
        assert len(inbox(member)) == 1
        moderation.suspend(other, 3, "Rest a little.", by=moderator)
        assert inbox(member) == []
        moderation.unsuspend(other, by=moderator)
        assert len(inbox(member)) == 1
        erasure_actions.erase(other, by=other, keep_words=True)
        assert inbox(member) == []

    def test_to_who_is_suspended_unconfirmed_or_gone(self, inbox, question, make_answer, member, moderator):
        moderation.suspend(member, 3, "Rest a little.", by=moderator)
        make_answer(question)
        moderation.unsuspend(member, by=moderator)
        member.confirmed_at = None
        make_answer(question)
        assert inbox(member) == []

    def test_about_what_one_wants_to_hear_nothing_of(self, inbox, question, make_answer, member):
        actions.choose(member, {"answer": NONE})
        make_answer(question)
        assert inbox(member) == []

    def test_after_leaving(self, inbox, question, make_answer, member):
        make_answer(question)
        actions.choose(member, {"answer": NONE})
        inbox(member)
        erasure_actions.erase(member, by=member, keep_words=True)
        inbox(member)
        for table in ("notifications", "watches", "notification_choices"):
            rows = db.session.execute(db.metadata.tables[table].select()).all()
            assert all(row.user_id != member.id for row in rows), table


class TestPages:
    def test_unread_is_marked_counted_and_read(self, login, question, make_answer, member, drain):
        answers = [make_answer(question) for _ in range(3)]
        drain()
        browser = login(member)
        page = browser.get("/inbox").text
        assert page.count(">new<") == 3 and 'class="count">3<' in browser.get("/questions").text
        assert answers[2].url in page
        line = db.session.scalar(db.select(Notification.id).where(Notification.user_id == member.id).limit(1))
        browser.post(f"/inbox/{line}/read")
        assert browser.get("/inbox?unread").text.count(">new<") == 2
        browser.post("/inbox/read")
        assert ">new<" not in browser.get("/inbox").text
        assert 'class="count"' not in browser.get("/questions").text

    def test_pages_are_keyset_pages(self, login, question, make_answer, member, drain):
        for _ in range(23):
            make_answer(question)
        drain()
        browser = login(member)
        first = browser.get("/inbox").text
        assert first.count("answered your question") == 20
        following = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0]
        assert browser.get(following).text.count("answered your question") == 3

    def test_nobody_reads_anothers(self, login, api, question, make_answer, member, carol, drain):
        make_answer(question)
        drain()
        line = db.session.scalar(db.select(Notification).where(Notification.user_id == member.id))
        assert login(carol).post(f"/inbox/{line.id}/read").status_code == 404
        assert api(carol)("POST", f"/inbox/{line.id}/read").status_code == 404
        assert "answered" not in login(carol).get("/inbox").text
        assert line.read_at is None

    def test_one_query_more_for_members_at_any_size(
        self, login, client, member, question, make_answer, drain, count_queries
    ):
        def sent(browser):
            with count_queries() as statements:
                browser.get("/tags")
            return len([s for s in statements if "notifications" in s])

        browser = login(member)
        for _ in range(2):
            assert sent(browser) == 1 and sent(client) == 0
            for _ in range(5):
                make_answer(question)
            drain()

    def test_the_api_says_the_same(self, api, question, make_answer, member, drain):
        make_answer(question)
        drain()
        call = api(member)
        found = call("GET", "/inbox").json
        assert found["unread"] == 1 and found["items"][0]["title"] == question.title
        assert found["items"][0]["author"] == "bob" and "#answer-" in found["items"][0]["url"]
        call("POST", "/inbox/read")
        assert call("GET", "/inbox").json["unread"] == 0
        assert call("GET", "/inbox?unread=1").json["items"] == []

    def test_watches_in_the_api(self, api, question, carol):
        call = api(carol)
        assert call("PUT", f"/posts/{question.id}/watch", {"watch": True}).json["watching"]
        assert call("PUT", "/tags/patching/watch", {"watch": True}).json["kind"] == "tag"
        assert [row["title"] for row in call("GET", "/users/me/watches").json["items"]] == [
            "patching",
            question.title,
        ]
        call("PUT", f"/posts/{question.id}/watch", {"watch": False})
        assert len(call("GET", "/users/me/watches").json["items"]) == 1


def test_the_export_contains_notifications_and_watches(login, question, make_answer, member, drain):
    make_answer(question)
    drain()
    data = login(member).get("/settings/data.json").json
    assert data["notifications"][0]["kind"] == "answer" and data["watches"][0]["post_id"] == question.id
    assert data["notification_choices"]["answer"] == "mail" and data["alerts"] is None


def test_an_event_of_something_gone_is_no_fault(drain, member):
    for name in ("question.created", "answer.accepted", "suggestion.approved", "release.ended"):
        events.record(name)
        db.session.scalars(db.select(Event).where(Event.name == name)).one().subject_id = 4711
    drain()
    assert db.session.scalar(db.select(Event.error).where(Event.error.is_not(None))) is None


def test_an_account_confirmed_later_hears_from_then_on(inbox, question, make_user, make_answer):
    late = make_user("late", confirmed=False)
    make_answer(question, "So says @late, and he should know about servers.")
    assert inbox(late) == []
    late.confirmed_at = utcnow()
    make_answer(question, "So says @late, and he should know about servers.")
    assert len(inbox(late)) == 1
