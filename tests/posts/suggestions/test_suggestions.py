"""Suggested edits: who proposes, who decides, what it earns, and what two at once cannot do."""

import contextvars
import re
import threading

import pytest

from auth import reputation
from auth.models import ReputationEvent
from core.database.db import db
from core.markup.markup import render
from moderation import actions as moderation
from posts import actions
from posts.models import Revision
from posts.suggestions import actions as suggestions
from posts.suggestions import credits, queries
from posts.suggestions.models import Suggestion, SuggestionCredit

NEW = "The text as it should have been from the start, with the missing step in it."
NEWER = "Another text altogether, which the author wrote in the meantime, quite long enough."


@pytest.fixture
def helper(make_user):
    """Who proposes: may not edit directly."""
    return make_user("helper", reputation=20)


@pytest.fixture
def reviewer(make_user):
    """A member with 500, who may review and not edit directly."""
    return make_user("rita", reputation=500)


@pytest.fixture
def propose(login):
    """propose(user, post, **fields) → the answer of the form."""

    def send(user, post, **fields):
        data = {
            "title": post.title,
            "body": NEW,
            "tags": " ".join(t.name for t in post.tags),
            "summary": "The missing step",
            "base": post.revision_count,
            **fields,
        }
        return login(user).post(f"/posts/{post.id}/suggest", data=data)

    return send


def only():
    return db.session.scalar(db.select(Suggestion).order_by(Suggestion.id.desc()))


def press(client, suggestion, verb="approve", **data):
    return client.post(f"/suggestions/{suggestion.id}/{verb}", data={"seen": suggestion.version, **data})


def clean():
    """No difference between records and ledger but the points the fixtures gave."""
    db.session.commit()
    return [fault for fault in reputation.verify() if not fault.startswith("test:")] == []


def earned(user):
    return sum(
        db.session.scalars(
            db.select(ReputationEvent.points).where(
                ReputationEvent.user_id == user.id, ReputationEvent.kind == "edit_accepted"
            )
        )
    )


class TestProposing:
    @pytest.mark.parametrize("kind", ["question", "answer", "article"])
    def test_of_every_kind_and_the_text_stays_until_approved(
        self, propose, helper, make_question, make_answer, make_article, client, kind
    ):
        question = make_question()
        post = {"question": question, "answer": make_answer(question), "article": make_article()}[kind]
        assert propose(helper, post).status_code == 302
        assert only().body == NEW and only().is_open
        assert NEW not in client.get(post.url).text and post.revision_count == 1

    def test_a_summary_is_required_and_what_was_typed_stays(self, propose, helper, make_question):
        answer = propose(helper, make_question(), summary="")
        assert answer.status_code == 422 and NEW in answer.text and only() is None

    def test_no_change_is_no_proposal(self, propose, helper, make_question):
        question = make_question()
        assert propose(helper, question, body=question.body).status_code == 422 and only() is None

    def test_a_preview_proposes_nothing(self, propose, helper, make_question):
        page = propose(helper, make_question(), action="preview", body=NEW + " **bold**", summary="")
        assert "<strong>bold</strong>" in page.text and only() is None

    def test_one_proposal_a_post_and_ones_own_may_be_changed(self, propose, helper, reviewer, make_question):
        question = make_question()
        propose(helper, question)
        assert propose(reviewer, question, body=NEWER).status_code == 422
        propose(helper, question, body=NEWER)
        assert only().body == NEWER
        assert db.session.scalar(db.select(db.func.count(Suggestion.id))) == 1

    def test_five_wait_at_once_and_no_more(self, propose, helper, make_question):
        for _ in range(5):
            assert propose(helper, make_question()).status_code == 302
        assert propose(helper, make_question()).status_code == 422

    def test_not_of_ones_own_locked_hidden_or_directly_editable_posts(
        self, propose, helper, member, moderator, make_user, make_question
    ):
        question, locked, hidden = make_question(by=member), make_question(), make_question()
        moderation.lock(locked, by=moderator)
        actions.delete(hidden, by=member)
        assert propose(member, question).status_code == 403
        assert propose(helper, locked).status_code == 403
        assert propose(helper, hidden).status_code == 404
        assert propose(make_user("editor", reputation=2000), question).status_code == 403
        assert propose(make_user("unsure", confirmed=False), question).status_code == 403
        assert only() is None

    def test_comments_take_none(self, login, helper, member, make_question):
        comment = actions.comment(make_question(), render("A comment of some length."), by=member)
        assert login(helper).get(f"/posts/{comment.id}/suggest").status_code == 404

    def test_a_new_tag_takes_what_it_takes_elsewhere(self, propose, helper, make_question):
        answer = propose(helper, make_question(), tags="patching unheard-of")
        assert answer.status_code == 422 and "300 reputation" in answer.text


class TestDeciding:
    @pytest.fixture
    def question(self, make_question):
        return make_question()

    @pytest.fixture
    def proposed(self, propose, helper, question):
        propose(helper, question, title="A better title for this question", tags="patching")
        return only()

    def test_approval_is_a_revision_of_the_proposer_and_earns_two(
        self, login, proposed, question, reviewer, helper
    ):
        before = helper.reputation
        press(login(reviewer), proposed)
        assert (question.body, question.title) == (NEW, "A better title for this question")
        newest = db.session.scalar(db.select(Revision).where(Revision.number == 2))
        assert newest.author_id == helper.id and newest.summary == "The missing step"
        assert helper.reputation == before + 2 and clean()

    def test_the_author_the_reviewer_and_the_moderator_see_that_it_waits(
        self, login, proposed, question, reviewer, moderator, helper, other, client
    ):
        for user in (question.author, reviewer, moderator):
            assert "1 pending edit" in login(user).get(question.url).text
        assert "Your edit is pending" in login(helper).get(question.url).text
        for page in (login(other).get(question.url), client.get(question.url)):
            assert f"/suggestions/{proposed.id}" not in page.text

    def test_who_may_look_and_decide(self, login, proposed, question, helper, other, make_user):
        page = f"/suggestions/{proposed.id}"
        assert login(other).get(page).status_code == 404
        assert press(login(other), proposed).status_code == 404
        assert login(helper).get(page).status_code == 200
        strong_helper = make_user("late", reputation=499)
        assert press(login(strong_helper), proposed).status_code == 404
        assert proposed.is_open and question.revision_count == 1

    def test_nobody_decides_on_what_they_propose(self, login, propose, make_question, reviewer):
        propose(reviewer, make_question())
        client = login(reviewer)
        assert press(client, only()).status_code == 403
        assert press(client, only(), "reject", reason="I do not like it").status_code == 403
        assert client.get(f"/suggestions/{only().id}/improve").status_code == 403
        assert only().is_open

    def test_the_authors_approval_counts_below_500(self, login, proposed, question):
        press(login(question.author), proposed)
        assert question.body == NEW

    def test_the_diff_shows_text_title_and_tags(self, login, proposed, reviewer):
        page = login(reviewer).get(f"/suggestions/{proposed.id}").text
        assert "<ins>" in page and "<del>" in page and "Title and tags" in page

    def test_refusal_needs_a_reason_which_the_proposer_reads(
        self, login, proposed, question, reviewer, helper
    ):
        client = login(reviewer)
        press(client, proposed, "reject", reason="no")
        assert proposed.is_open
        press(client, proposed, "reject", reason="This changes what the author meant.")
        assert proposed.outcome == "rejected" and question.revision_count == 1 and earned(helper) == 0
        assert "what the author meant" in login(helper).get("/settings/edits").text

    def test_improving_makes_two_revisions(self, login, proposed, question, reviewer, helper):
        form = login(reviewer).get(f"/suggestions/{proposed.id}/improve")
        assert NEW in form.text
        answer = press(
            login(reviewer),
            proposed,
            "improve",
            title=question.title,
            body=NEW + " And more.",
            tags="patching",
            summary="One more step",
        )
        assert answer.status_code == 302 and question.body == NEW + " And more."
        authors = [r.author_id for r in db.session.scalars(db.select(Revision).order_by(Revision.number))]
        assert authors == [question.author_id, helper.id, reviewer.id]
        assert earned(helper) == 2 and clean()

    def test_a_refused_improvement_shows_both_texts(self, login, reviewer, moderator, question, proposed):
        client = login(reviewer)
        seen = proposed.version
        actions.revise(question, render(NEWER), by=moderator, title=question.title, tags=["patching"])
        db.session.commit()
        answer = client.post(
            f"/suggestions/{proposed.id}/improve",
            data={
                "seen": seen,
                "title": question.title,
                "body": NEW + " And more.",
                "tags": "patching",
                "summary": "My own summary",
            },
        )
        assert answer.status_code == 422 and "edited after" in answer.text
        assert "And more." in answer.text and "My own summary" in answer.text
        shown = re.sub(r"</?(ins|del|mark|span)\b[^>]*>", "", answer.text)
        assert "which the author wrote in the meantime" in shown

    def test_the_proposer_may_take_it_back_and_nobody_else(self, login, proposed, reviewer, helper):
        assert press(login(reviewer), proposed, "withdraw").status_code == 403
        press(login(helper), proposed, "withdraw")
        assert proposed.outcome == "withdrawn"

    def test_nothing_is_approved_that_was_changed_after_the_look(
        self, login, proposed, question, propose, helper, reviewer
    ):
        seen = proposed.version
        propose(helper, question, body="Buy pills at this address, they are cheap and they are good.")
        client = login(reviewer)
        client.post(f"/suggestions/{proposed.id}/approve", data={"seen": seen})
        assert "Check it again" in client.get(f"/suggestions/{proposed.id}").text
        assert question.revision_count == 1 and proposed.is_open

    def test_an_edit_in_between_is_a_conflict_that_loses_nothing(
        self, login, proposed, question, propose, helper, reviewer
    ):
        actions.revise(question, render(NEWER), by=question.author)
        client = login(reviewer)
        assert "Conflict" in client.get(f"/suggestions/{proposed.id}").text
        press(client, proposed)
        assert question.body == NEWER and proposed.is_open and earned(helper) == 0
        form = login(helper).get(f"/posts/{question.id}/suggest").text
        assert NEW in form and "Your text is safe" in form
        propose(helper, question)
        press(client, proposed)
        assert question.body == NEW and earned(helper) == 2

    def test_an_edit_while_one_types_is_shown_and_the_typing_kept(self, propose, question, helper):
        actions.revise(question, render(NEWER), by=question.author)
        answer = propose(helper, question, base=1)
        assert answer.status_code == 422 and "Your text is safe" in answer.text
        assert 'name="base" value="2"' in answer.text and NEW in answer.text
        assert only() is None

    def test_who_approved_stands_by_the_revision(self, login, proposed, question, reviewer, client):
        press(login(reviewer), proposed)
        assert f"/users/{reviewer.username}" in client.get(f"/posts/{question.id}/revisions/2").text

    def test_review_lists_what_waits_without_ones_own(
        self, login, proposed, propose, reviewer, helper, make_question
    ):
        own = make_question("A question whose proposal is one's own")
        propose(reviewer, own)
        page = login(reviewer).get("/review").text
        assert f"/suggestions/{proposed.id}" in page and own.title not in page
        assert 'href="/review"' in page
        assert login(helper).get("/review").status_code == 403
        assert 'href="/review"' not in login(helper).get("/").text

    def test_a_locked_post_is_for_moderators(self, login, proposed, question, reviewer, moderator):
        moderation.lock(question, by=moderator)
        assert press(login(reviewer), proposed).status_code == 403
        press(login(moderator), proposed)
        assert question.body == NEW

    def test_hidden_posts_hide_what_was_proposed(self, login, proposed, question, reviewer, helper):
        actions.delete(question, by=question.author)
        for user in (reviewer, helper):
            assert login(user).get(f"/suggestions/{proposed.id}").status_code == 404
        assert f"/suggestions/{proposed.id}" not in login(reviewer).get("/review").text


class TestPoints:
    def approve(self, helper, question, by):
        made = suggestions.propose(
            question,
            render(NEW),
            by=helper,
            base_number=question.revision_count,
            title=question.title,
            tags=[t.name for t in question.tags],
            summary="x",
        )
        found = queries.get(made.id, by)
        suggestions.approve(found, render(NEW), by=by, seen=found.version)
        return made

    def test_deleting_the_post_takes_them_and_restoring_gives_them_back(
        self, helper, moderator, member, make_question
    ):
        question = make_question()
        self.approve(helper, question, moderator)
        for _ in range(2):
            actions.delete(question, by=member)
            assert earned(helper) == 0 and clean()
            actions.undelete(question, by=member)
            assert earned(helper) == 2 and clean()

    def test_a_thousand_in_all_and_more_again_after_a_reversal(
        self, helper, moderator, member, make_question, monkeypatch
    ):
        monkeypatch.setattr(credits, "MAX_POINTS_FOR_EDITS", 5)
        posts = [make_question() for _ in range(4)]
        for post in posts[:3]:
            self.approve(helper, post, moderator)
        assert earned(helper) == 5 and clean()
        actions.delete(posts[0], by=member)
        self.approve(helper, posts[3], moderator)
        assert earned(helper) == 5
        actions.undelete(posts[0], by=member)
        assert earned(helper) == 5 and clean()

    def test_verify_finds_a_credit_that_was_tampered_with(self, helper, moderator, make_question):
        self.approve(helper, make_question(), moderator)
        db.session.scalar(db.select(SuggestionCredit)).points = 20
        assert not clean()


def at_once(app, *calls):
    """Run the calls in threads that start together; returns what they return."""
    start, answers = threading.Barrier(len(calls)), [None] * len(calls)

    def run(place, call):
        with app.app_context():
            start.wait()
            answers[place] = call()

    db.session.commit()
    threads = [
        threading.Thread(target=contextvars.Context().run, args=(run, i, c)) for i, c in enumerate(calls)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.expire_all()
    return answers


class TestRaces:
    def test_two_approve_at_once_and_it_happens_once(
        self, app, login, propose, helper, reviewer, moderator, make_question
    ):
        question = make_question()
        propose(helper, question)
        path, data = f"/suggestions/{only().id}/approve", {"seen": only().version}
        one, two = login(reviewer), login(moderator)
        answers = at_once(
            app, *[lambda c=c: c.post(path, data=data).status_code for c in (one, two, one, two)]
        )
        assert sorted(answers) == [302, 302, 409, 409]  # who was first may repeat it
        assert question.revision_count == 2 and earned(helper) == 2 and clean()
        assert db.session.scalar(db.select(db.func.count(SuggestionCredit.id))) == 1

    def test_approve_and_refuse_at_once_leave_one_outcome(
        self, app, login, propose, helper, reviewer, moderator, make_question
    ):
        question = make_question()
        propose(helper, question)
        number, seen = only().id, only().version
        yes, no = login(reviewer), login(moderator)
        at_once(
            app,
            lambda: yes.post(f"/suggestions/{number}/approve", data={"seen": seen}),
            lambda: no.post(f"/suggestions/{number}/reject", data={"reason": "Not like this."}),
        )
        assert (only().outcome, question.revision_count, earned(helper)) in (
            ("approved", 2, 2),
            ("rejected", 1, 0),
        )
        assert clean()

    def test_two_propose_at_once_and_one_waits(self, app, login, helper, other, make_question):
        question = make_question()
        data = {"title": question.title, "body": NEW, "tags": "patching", "summary": "x", "base": 1}
        clients = [login(helper), login(other)]
        answers = at_once(
            app,
            *[lambda c=c: c.post(f"/posts/{question.id}/suggest", data=data).status_code for c in clients],
        )
        assert sorted(answers) == [302, 422]
        assert db.session.scalar(db.select(db.func.count(Suggestion.id))) == 1


def test_links_to_propose_stand_under_posts_of_others_only(login, helper, member, make_question):
    question = make_question(by=member)
    link = re.compile(f'href="/posts/{question.id}/suggest"')
    assert link.search(login(helper).get(question.url).text)
    assert not link.search(login(member).get(question.url).text)
