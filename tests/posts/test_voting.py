"""Votes and reputation: exact, capped, reversible."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from auth import reputation
from auth.models import ReputationEvent, User
from auth.privileges import Privilege
from core.database.db import clock_set_to, db, utcnow
from core.markup.markup import render
from forum import actions as forum
from forum.models import Acceptance
from kb import actions as kb
from moderation import actions as moderation
from posts import actions, voting
from posts.models import Post, Vote, VoteChange

pytestmark = pytest.mark.every_database
DAY = "2026-03-10 12:00:00+00:00"


@pytest.fixture(autouse=True)
def always_provable(app):
    """Whatever a test did: total = ledger = recomputation."""
    yield
    db.session.commit()
    assert [fault for fault in reputation.verify() if not fault.startswith("test:")] == []


def points(user):
    db.session.flush()
    return db.session.get(User, user.id, populate_existing=True).reputation


def on_day(user, day):
    """What the ledger says of votes on one day."""
    return reputation.earned(user.id, day)


def test_up_switch_and_withdraw(make_question, make_answer, member, make_user):
    question = make_question()
    answer = make_answer(question, by=make_user("dave"))
    author, start = answer.author, points(answer.author)
    voting.vote(answer, member, 1)
    assert points(author) == start + 10
    before = points(member)
    voting.vote(answer, member, -1)
    assert points(member) == before - 1
    voting.vote(answer, member, 0)
    assert points(author) == start
    assert points(member) == before
    assert answer.score == 0


def test_cap_is_exactly_200_a_day_and_accepts_are_outside(make_question, make_answer, make_user):
    author = make_user("erin")
    with time_machine.travel(DAY, tick=False):
        for number in range(25):
            answer = make_answer(make_question(by=make_user(f"asker{number}")), by=author)
            voting.vote(answer, make_user(f"voter{number}"), 1)
        assert points(author) == 201
        forum.accept(answer, by=answer.parent.author)
        assert points(author) == 216


def test_deletion_reverses_and_restoring_gives_back(make_question, make_answer, member, make_user):
    author = make_user("frank")
    answer = make_answer(make_question(), by=author)
    voting.vote(answer, make_user(), 1)
    forum.accept(answer, by=member)
    assert points(author) == 1 + 10 + 15
    actions.delete(answer, by=author)
    assert points(author) == 1
    actions.undelete(answer, by=author)
    assert points(author) == 1 + 10 + 15


def test_down_vote_then_delete_never_pays(make_question, make_answer, make_user):
    author = make_user("gail")
    answer = make_answer(make_question(), by=author)
    for _ in range(5):
        voting.vote(answer, make_user(), -1)
    assert points(author) == 1
    actions.delete(answer, by=author)
    assert points(author) == 1


def test_six_ups_a_day_on_one_person(make_question, make_answer, member, make_user):
    author = make_user("henry")
    answers = [make_answer(make_question(), by=author) for _ in range(7)]
    voter = make_user("iris")
    for answer in answers[:6]:
        voting.vote(answer, voter, 1)
    with pytest.raises(voting.VoteRefused):
        voting.vote(answers[6], voter, 1)


def test_vote_is_locked_after_five_minutes(make_question, make_answer, make_user):
    answer, voter = make_answer(make_question()), make_user()
    with time_machine.travel(DAY, tick=False) as clock:
        voting.vote(answer, voter, 1)
        clock.shift(301)
        with pytest.raises(voting.VoteRefused):
            voting.vote(answer, voter, 0)


def test_own_words_cannot_be_voted_on(login, make_question, member):
    question = make_question()
    assert login(member).post(f"/posts/{question.id}/vote", data={"value": "1"}).status_code == 403
    assert db.session.get(Post, question.id).score == 0


def test_the_limit_of_a_day_counts_that_day_only(make_question, make_answer, make_user):
    author, voter = make_user("jack"), make_user("kate")
    answers = [make_answer(make_question(), by=author) for _ in range(7)]
    for answer in answers[:6]:
        voting.vote(answer, voter, 1)
    with clock_set_to(utcnow() - timedelta(days=2)):
        assert voting.vote(answers[6], voter, 1)


class TestTheCap:
    def test_clips_195_and_10_to_200_and_gives_back_only_that(self, make_user):
        author = make_user()
        reputation.award(author.id, "question_up", cause="test:nearly", points=195)
        assert reputation.award(author.id, "answer_up", cause="test:next") == 5
        assert points(author) == 1 + 200
        assert reputation.reverse("test:next", by_cause="test:undo") == -5
        assert points(author) == 1 + 195

    def test_is_of_a_utc_day(self, make_question, make_user):
        author = make_user()
        with time_machine.travel("2026-03-10 23:59:00+00:00", tick=False) as clock:
            questions = [make_question(by=author) for _ in range(2)]
            voters = [make_user() for _ in range(21)]
            for voter in voters:
                voting.vote(questions[0], voter, 1)
            assert points(author) == 201
            clock.shift(60)
            voting.vote(questions[1], voters[0], 1)
            assert points(author) == 211

    def test_a_reversal_frees_the_day_of_what_it_reverses(self, make_question, make_user):
        author = make_user()
        with time_machine.travel(DAY, tick=False) as clock:
            question, day = make_question(by=author), utcnow().date()
            voters = [make_user() for _ in range(20)]
            for voter in voters:
                voting.vote(question, voter, 1)
            clock.shift(timedelta(days=1))
            actions.revise(question, render("Another text, which is long enough for a question."), by=author)
            voting.vote(question, voters[0], 0)
            assert on_day(author, day) == 190 and on_day(author, utcnow().date()) == 0

    def test_holds_for_votes_that_come_back_with_a_post(self, make_question, make_user):
        author = make_user()
        with time_machine.travel(DAY, tick=False):
            first, second = make_question(by=author), make_question(by=author)
            voters = [make_user() for _ in range(20)]
            for voter in voters:
                voting.vote(first, voter, 1)
            actions.delete(first, by=author)
            for voter in voters[:15]:
                voting.vote(second, voter, 1)
            actions.undelete(first, by=author)
            assert points(author) == 201

    def test_down_votes_are_outside(self, make_question, make_user):
        author = make_user()
        question = make_question(by=author)
        for value in [-1] * 5 + [1] * 20:
            voting.vote(question, make_user(), value)
        assert points(author) == 1 + 200 - 10


class TestTheLimits:
    def test_forty_votes_a_day_until_midnight_utc(self, make_question, make_user):
        with time_machine.travel("2026-03-10 22:00:00+00:00", tick=False) as clock:
            voter, questions = make_user(), [make_question(by=make_user()) for _ in range(41)]
            for question in questions[:40]:
                voting.vote(question, voter, 1)
            with pytest.raises(voting.VoteRefused):
                voting.vote(questions[40], voter, 1)
            clock.shift(timedelta(hours=2))
            assert voting.vote(questions[40], voter, 1)

    def test_three_downs_a_day_on_one_person(self, make_question, make_user):
        author, voter = make_user(), make_user()
        questions = [make_question(by=author) for _ in range(4)]
        for question in questions[:3]:
            voting.vote(question, voter, -1)
        with pytest.raises(voting.VoteRefused):
            voting.vote(questions[3], voter, -1)
        assert voting.vote(questions[3], voter, 1), "up-votes are counted apart"

    def test_going_back_and_forth_counts(self, make_question, make_user):
        question, voter = make_question(by=make_user()), make_user()
        for _ in range(3):
            voting.vote(question, voter, -1)
            voting.vote(question, voter, 0)
        with pytest.raises(voting.VoteRefused):
            voting.vote(question, voter, -1)

    def test_people_nobody_knows_are_not_one_person(self, make_question, make_user):
        voter = make_user()
        questions = [make_question(by=make_user()) for _ in range(7)]
        for question in questions:
            question.author_id = None
        db.session.flush()
        assert all(voting.vote(question, voter, 1) for question in questions)

    def test_an_edit_unlocks(self, make_question, make_user):
        author, voter = make_user(), make_user()
        with time_machine.travel(DAY, tick=False) as clock:
            question = make_question(by=author)
            voting.vote(question, voter, 1)
            clock.shift(300)
            assert voting.vote(question, voter, -1), "at five minutes it is still open"
            clock.shift(301)
            actions.revise(question, render("Another text, which is long enough for a question."), by=author)
            assert voting.vote(question, voter, 0)

    def test_what_was_removed_just_now_takes_no_vote(self, app, make_question, make_user, moderator):
        question, voter = make_question(by=make_user()), make_user()
        assert question.is_public
        db.session.execute(
            db.update(Post)
            .where(Post.id == question.id)
            .values(is_public=False)
            .execution_options(synchronize_session=False)
        )
        with pytest.raises(voting.VoteRefused):
            voting.vote(question, voter, 1)


class TestWhatIsWorthWhat:
    def test_a_down_vote_costs_its_voter_on_answers_only(
        self, make_question, make_answer, make_article, make_user
    ):
        author, voter = make_user(reputation=50), make_user(reputation=50)
        question, answer = make_question(by=author), make_answer(make_question(by=make_user()), by=author)
        for post, cost in ((question, 0), (make_article(by=author), 0), (answer, 1)):
            before = points(voter), points(author)
            voting.vote(post, voter, -1)
            assert (points(voter), points(author)) == (before[0] - cost, before[1] - 2)

    def test_accepting_gives_15_and_2_and_nothing_for_ones_own(self, make_question, make_answer, make_user):
        asker, author = make_user(), make_user()
        question = make_question(by=asker)
        theirs, own = make_answer(question, by=author), make_answer(question, by=asker)
        forum.accept(theirs, by=asker)
        assert (points(asker), points(author)) == (3, 16)
        forum.accept(own, by=asker)
        assert (points(asker), points(author)) == (1, 1)
        forum.unaccept(own, by=asker)
        assert (points(asker), points(author)) == (1, 1)

    def test_publishing_an_article_gives_20_once(self, make_article, make_user, moderator):
        author = make_user()
        article = make_article(by=author)
        assert points(author) == 21
        kb.unpublish(article, by=moderator)
        assert points(author) == 21
        kb.publish(article, by=moderator)
        assert points(author) == 21

    def test_a_removed_article_takes_them_back_as_often_as_it_is_removed(
        self, make_article, make_user, moderator
    ):
        author = make_user()
        article = make_article(by=author)
        for _ in range(2):
            actions.delete(article, by=moderator)
            assert points(author) == 1
            actions.undelete(article, by=moderator)
            assert points(author) == 21

    @pytest.mark.parametrize("imported", [5_000, -5_000])
    def test_imported_points_give_no_privilege(self, make_user, imported):
        user = make_user()
        reputation.award(user.id, "imported", cause="test:import", points=imported)
        points(user)
        assert not user.can(Privilege.VOTE_UP)

    def test_suspending_changes_nothing_in_the_ledger(self, make_question, make_user, moderator):
        author, voter = make_user(), make_user()
        voting.vote(make_question(by=author), voter, 1)
        rows = select(func.count()).select_from(ReputationEvent)
        before = db.session.scalar(rows)
        for user in (author, voter):
            moderation.suspend(user, 3, "Cool down.", by=moderator)
        assert db.session.scalar(rows) == before
        assert points(author) == 11


class TestRemovalAndReturn:
    def test_a_question_takes_its_own_votes_and_its_answers_keep_theirs(
        self, make_question, make_answer, make_user, moderator
    ):
        asker, author = make_user(), make_user()
        question = make_question(by=asker)
        answer = make_answer(question, by=author)
        voting.vote(question, make_user(), 1)
        voting.vote(answer, make_user(), 1)
        forum.accept(answer, by=asker)
        actions.delete(question, by=moderator)
        assert (points(asker), points(author)) == (3, 26)
        actions.undelete(question, by=moderator)
        assert (points(asker), points(author)) == (13, 26)

    def test_an_accepted_answer_removed_under_a_removed_question_comes_back_accepted(
        self, make_question, make_answer, make_user, moderator
    ):
        asker, author = make_user(), make_user()
        question = make_question(by=asker)
        answer = make_answer(question, by=author)
        forum.accept(answer, by=asker)
        actions.delete(question, by=moderator)
        actions.delete(answer, by=moderator)
        assert (points(asker), points(author)) == (1, 1) and question.accepted_answer_id is None
        actions.undelete(question, by=moderator)
        actions.undelete(answer, by=moderator)
        assert (points(asker), points(author)) == (3, 16) and question.accepted_answer_id == answer.id

    def test_it_is_accepted_as_on_the_day_it_was(self, make_question, make_answer, make_user, moderator):
        asker = make_user()
        with time_machine.travel(DAY, tick=False) as clock:
            answer, day = make_answer(make_question(by=asker), by=make_user()), utcnow().date()
            forum.accept(answer, by=asker)
            clock.shift(timedelta(days=3))
            actions.delete(answer, by=moderator)
            actions.undelete(answer, by=moderator)
        kinds = select(ReputationEvent.day).where(ReputationEvent.kind == "answer_accepted")
        assert set(db.session.scalars(kinds)) == {day}

    def test_it_is_not_accepted_again_when_another_took_its_place(
        self, make_question, make_answer, make_user, moderator
    ):
        asker, first, second = make_user(), make_user(), make_user()
        question = make_question(by=asker)
        old, new = make_answer(question, by=first), make_answer(question, by=second)
        forum.accept(old, by=asker)
        actions.delete(old, by=moderator)
        forum.accept(new, by=asker)
        actions.undelete(old, by=moderator)
        assert question.accepted_answer_id == new.id
        assert (points(first), points(second), points(asker)) == (1, 16, 3)

    def test_a_withdrawn_acceptance_does_not_return(self, make_question, make_answer, make_user, moderator):
        asker, author = make_user(), make_user()
        answer = make_answer(make_question(by=asker), by=author)
        forum.accept(answer, by=asker)
        forum.unaccept(answer, by=asker)
        actions.delete(answer, by=moderator)
        actions.undelete(answer, by=moderator)
        assert points(author) == 1 and not answer.accepted

    def test_an_imported_acceptance_survives_and_gives_nothing(
        self, make_question, make_answer, make_user, moderator
    ):
        asker, author = make_user(), make_user()
        question = make_question(by=asker)
        answer = make_answer(question, by=author)
        question.accepted_answer_id, question.accepted, answer.accepted = answer.id, True, True
        db.session.flush()
        actions.delete(answer, by=moderator)
        assert question.accepted_answer_id is None
        actions.undelete(answer, by=moderator)
        assert question.accepted_answer_id == answer.id and answer.accepted
        assert (points(asker), points(author)) == (1, 1)

    def test_a_removed_answer_is_not_accepted(self, make_question, make_answer, make_user, moderator):
        asker = make_user()
        answer = make_answer(make_question(by=asker))
        actions.delete(answer, by=moderator)
        assert forum.accept(answer, by=asker) is False
        assert db.session.scalar(select(Acceptance.id)) is None

    def test_removing_twice_is_removing_once(self, make_question, make_user, moderator):
        author = make_user()
        question = make_question(by=author)
        voting.vote(question, make_user(), 1)
        assert actions.delete(question, by=moderator) and not actions.delete(question, by=author)
        assert points(author) == 1
        assert actions.undelete(question, by=moderator) and not actions.undelete(question, by=moderator)
        assert points(author) == 11


class TestADepartingVoter:
    @pytest.fixture
    def cast(self, make_question, make_answer, make_user):
        """(voter, author, their posts): an up, a down on an answer, and an up on what is removed."""
        voter, author = make_user(reputation=100), make_user(reputation=100)
        posts = [
            make_question(by=author),
            make_answer(make_question(by=make_user()), by=author),
            make_question(by=author),
        ]
        for post, value in zip(posts, (1, -1, 1), strict=True):
            voting.vote(post, voter, value)
        actions.delete(posts[2], by=author)
        db.session.commit()
        return voter, author, posts

    def test_takes_every_vote_along_and_what_it_did(self, cast):
        voter, author, posts = cast
        assert (points(voter), points(author)) == (99, 108)
        voting.remove_votes_of(voter.id)
        assert (points(voter), points(author)) == (100, 100)
        assert [post.score for post in posts] == [0, 0, 0]
        assert db.session.scalar(select(Vote.id).where(Vote.user_id == voter.id)) is None

    def test_votes_on_hidden_posts_do_not_return_with_them(self, cast):
        voter, author, posts = cast
        voting.remove_votes_of(voter.id)
        actions.undelete(posts[2], by=author)
        assert points(author) == 100 and posts[2].score == 0

    def test_may_go_little_by_little_and_twice(self, cast):
        voter, author, _ = cast
        assert [voting.remove_votes_of(voter.id, max_votes=2) for _ in range(3)] == [2, 1, 0]
        assert (points(voter), points(author)) == (100, 100)


class TestVerify:
    @pytest.fixture(params=[1, reputation.VERIFY_BATCH_ROWS], ids=["user after user", "all at once"])
    def some(self, request, monkeypatch, make_question, make_answer, make_user):
        """(voter, author) of a vote that was changed, one that was cast and an acceptance."""
        monkeypatch.setattr(reputation, "VERIFY_BATCH_ROWS", request.param)
        voter, author, asker = (make_user(reputation=500) for _ in range(3))
        answer = make_answer(make_question(by=asker), by=author)
        voting.vote(answer, voter, -1)
        voting.vote(answer, voter, 1)
        voting.vote(make_question(by=author), asker, 1)
        forum.accept(answer, by=asker)
        db.session.commit()
        return voter, author

    @staticmethod
    def faults():
        return [fault for fault in reputation.verify() if not fault.startswith("test:")]

    def test_a_missing_row_is_found(self, some):
        lost = db.session.scalar(select(ReputationEvent).where(ReputationEvent.kind == "answer_up"))
        cause = lost.cause
        db.session.delete(lost)
        assert f"{cause}: missing from the ledger: ({some[1].id}, 'answer_up', 10)" in self.faults()
        db.session.rollback()

    def test_a_changed_row_and_the_total_that_no_longer_fits_are_found(self, some):
        wrong = db.session.scalar(select(ReputationEvent).where(ReputationEvent.kind == "answer_accepted"))
        wrong.points = 16
        assert len(self.faults()) == 2
        db.session.rollback()

    def test_a_row_that_no_record_stands_behind_is_found(self, some):
        db.session.add(
            ReputationEvent(
                user_id=some[0].id, kind="answer_up", points=0, cause="vote:0:author", day=utcnow().date()
            )
        )
        db.session.flush()
        assert [fault.partition(":")[0] for fault in self.faults()] == ["vote"]
        db.session.rollback()

    def test_a_shown_total_that_was_touched_is_found(self, some):
        db.session.get(User, some[0].id).reputation += 1
        assert [fault.partition(":")[0] for fault in self.faults()] == [f"user {some[0].id}"]
        db.session.rollback()

    def test_what_an_author_who_left_had_is_undone_in_their_share(self, some):
        """The change that undoes it names no author any more; the one that it undoes does."""
        _voter, author = some
        change = db.session.scalars(select(VoteChange).order_by(VoteChange.id)).all()[1]
        change.author_id = None
        given = db.session.scalar(
            select(ReputationEvent).where(ReputationEvent.cause == f"vote:{change.id}:author")
        )
        db.session.delete(given)
        db.session.flush()
        reputation.recount([author.id])
        assert self.faults() == []
        db.session.rollback()
