"""The demo community: its texts keep the site's rules, its history could have happened, it is loaded once."""

import re
import shutil
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app import create_app
from auth import reputation
from auth.models import ReputationEvent, User
from auth.passwords import passwords
from auth.privileges import Privilege, threshold
from bulletins.models import Bulletin
from core.database.db import UTCDateTime, clock_set_to, db, utcnow
from core.jobs import events
from demo import cli, loader
from demo.story import FOLDER, Story
from deployment.models import DeploymentReport, HelpfulMark
from forum.models import Answer, Question
from forum.schemas import AnswerSchema, QuestionSchema
from home import queries
from kb.models import Article
from moderation import queries as moderation_queries
from moderation.models import Decision, Flag
from moderation.schemas import FlagSchema
from posts.models import Comment, Post, Revision, Tag, Vote
from posts.schemas import CommentSchema

EDITS = (
    select(Revision)
    .join(Post, Post.id == Revision.post_id)
    .where(Revision.number > 1, Post.imported_from == "demo")
)  # a bulletin has revisions of its mitigations too
ROOT = Path(__file__).resolve().parent.parent.parent
QUESTION_FILES = sorted((FOLDER / "questions").glob("*.md"))


@pytest.fixture(scope="module")
def seeded(tmp_path_factory, empty_database):
    """A site with the demo community, loaded once by the command, and what the command printed."""
    folder = tmp_path_factory.mktemp("seeded")
    shutil.copy(empty_database, folder / "redoubt.db")
    app = create_app(REDOUBT_INSTANCE=folder, REDOUBT_WORKER="off", REDOUBT_RATE_LIMITS="off")
    app.testing = True
    printed = app.test_cli_runner().invoke(args=["seed"])
    assert printed.exit_code == 0, printed.output
    yield app, printed.output
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def site(seeded):
    """That site, inside its application context."""
    app, _ = seeded
    with app.app_context():
        yield app
        db.session.rollback()


@pytest.fixture(scope="module")
def acts(seeded):
    """The story as the files tell it."""
    return Story(utcnow()).acts()


def points_at(user_id, at_time):
    """The reputation of a member at a time."""
    return db.session.scalar(
        select(func.coalesce(func.sum(ReputationEvent.points), 0)).where(
            ReputationEvent.user_id == user_id, ReputationEvent.created_at <= at_time
        )
    )


def test_there_is_enough_to_judge_by(site):
    kinds = Counter(db.session.scalars(select(Post.kind).where(Post.is_public)))
    assert kinds["question"] >= 24
    assert kinds["answer"] >= 40
    assert kinds["comment"] >= 40
    assert len(queries.unanswered_questions(User(id=None), limit=10)) in (3, 4)


def test_every_question_file_became_one_question(site):
    found = db.session.scalars(select(Question.external_id).where(Question.imported_from == "demo"))
    assert sorted(found) == [path.stem for path in QUESTION_FILES]


def test_the_cases_a_forum_must_show(site):
    duplicate = db.session.scalar(select(Question).where(Question.close_reason == "duplicate"))
    assert db.session.get(Question, duplicate.duplicate_of_id).accepted_answer_id
    outscored = [
        accepted
        for accepted in db.session.scalars(select(Answer).where(Answer.accepted))
        if db.session.scalar(
            select(func.max(Answer.score)).where(Answer.parent_id == accepted.parent_id, Answer.is_public)
        )
        > accepted.score + 1
    ]
    assert outscored


@pytest.mark.parametrize("path", QUESTION_FILES, ids=lambda path: path.stem)
def test_texts_pass_the_schemas_of_the_site(site, acts, path):
    for act in (act for act in acts if act.thread == path.stem):
        if act.verb == "ask":
            QuestionSchema().load({"title": act.facts["title"], "tags": act.facts["tags"], "body": act.text})
        elif act.verb == "answer":
            AnswerSchema().load({"body": act.text})
        elif act.verb == "comment":
            CommentSchema().load({"body": act.text})
        elif act.verb == "flag":
            FlagSchema().load({"reason": act.facts["reason"], "note": act.text.strip()})
        elif act.verb in ("close", "keep", "hide"):
            assert len(act.text.strip()) <= 300


def test_revised_texts_pass_them_too(site):
    for question in db.session.scalars(select(Question)):
        QuestionSchema().load(
            {"title": question.title, "tags": [t.name for t in question.tags], "body": question.body}
        )
    for answer in db.session.scalars(select(Answer)):
        AnswerSchema().load({"body": answer.body})


def test_every_author_is_a_member_who_tells_something(acts):
    members = {row["username"]: row for row in Story(utcnow()).members}
    assert {act.author for act in acts} - {""} <= set(members)
    assert all(len(row["about"]) >= 40 for row in members.values())


def test_every_tag_says_when_to_use_it_and_is_used(site):
    written = {row["name"]: row["excerpt"] for row in Story(utcnow()).tags}
    used = set(db.session.scalars(select(Tag.name).where(Tag.post_count > 0)))
    assert used == set(written)
    for name, excerpt in written.items():
        assert len(re.findall(r"[.?!](?:\s|$)", excerpt)) >= 2, name
        assert len(excerpt) <= 600, name


def test_nothing_happened_in_the_future(site):
    now = utcnow()
    for table in db.metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, UTCDateTime) and not column.name.startswith("claimed"):
                newest = db.session.scalar(select(func.max(column)))
                assert newest is None or newest <= now, f"{table.name}.{column.name}"
    assert db.session.scalar(select(func.max(Article.verified_on))) <= date.today()


def test_the_history_is_spread_over_the_past(site):
    today = Story(utcnow()).today
    for column in (
        Post.created_at,
        Post.last_activity_at,
        Revision.created_at,
        Vote.cast_at,
        ReputationEvent.created_at,
        Decision.created_at,
        Flag.created_at,
        User.created_at,
    ):
        assert db.session.scalar(select(func.max(column))) < today, column
    for user in db.session.scalars(select(User).where(User.role == "member")):
        days = set(db.session.scalars(select(ReputationEvent.day).where(ReputationEvent.user_id == user.id)))
        assert max(days) - min(days) > timedelta(days=90), user.username
        assert len({(day.year, day.month) for day in days}) >= 4, user.username


def test_children_are_younger_than_their_parents_and_their_authors_members(site):
    for post in db.session.scalars(select(Post).where(Post.imported_from == "demo")):
        assert post.created_at > post.author.created_at, post.external_id
        if post.parent is not None:
            assert post.created_at > post.parent.created_at, post.external_id


def test_the_ledger_is_clean(site):
    assert reputation.verify() == []


def test_nobody_voted_without_the_privilege(site):
    need = threshold(Privilege.VOTE_UP), threshold(Privilege.VOTE_DOWN)
    for vote, user in db.session.execute(select(Vote, User).join(User, User.id == Vote.user_id)):
        if not user.is_moderator:
            assert points_at(user.id, vote.cast_at) >= need[vote.value < 0], (user.username, vote.post_id)


def test_nobody_commented_flagged_or_edited_without_the_privilege(site):
    for comment in db.session.scalars(select(Comment).where(Comment.imported_from == "demo")):
        thread = comment.parent.parent or comment.parent
        if not comment.author.is_moderator and comment.author_id not in (
            comment.parent.author_id,
            thread.author_id,
        ):
            earned = points_at(comment.author_id, comment.created_at)
            assert earned >= threshold(Privilege.COMMENT_ANYWHERE), comment.external_id
    for flag, user in db.session.execute(select(Flag, User).join(User, User.id == Flag.user_id)):
        assert points_at(user.id, flag.created_at) >= threshold(Privilege.FLAG), user.username
    for revision in db.session.scalars(EDITS):
        assert revision.author_id == db.session.get(Post, revision.post_id).author_id, revision.post_id


def test_scores_are_what_the_files_say(site, acts):
    wanted = Counter()
    for act in (act for act in acts if act.verb == "vote"):
        wanted[act.key] += act.facts["value"]
    posts = {post.external_id: post for post in db.session.scalars(select(Post))}
    wrong = {
        key: (score, posts[key].score) for key, score in wanted.items() if abs(score - posts[key].score) > 1
    }
    assert wrong == {}


def test_every_edit_changed_the_text_and_says_why(site, acts):
    edits = [act for act in acts if act.verb == "edit"]
    revisions = list(db.session.scalars(EDITS))
    assert len(revisions) == len(edits) >= 2
    for revision in revisions:
        before = db.session.scalar(
            select(Revision.body).where(
                Revision.post_id == revision.post_id, Revision.number == revision.number - 1
            )
        )
        assert revision.summary
        assert revision.body != before


def test_moderators_find_one_flag_and_the_public_a_log_in_order(site):
    events.drain()
    assert db.session.scalar(select(func.count()).where(Flag.outcome.is_(None))) == 1
    log = moderation_queries.log(size=500).items[::-1]
    assert {"keep", "hide", "close", "reopen"} <= {decision.action for decision in log}
    times = [decision.created_at for decision in log]
    assert times == sorted(times)


def test_links_within_the_site_lead_somewhere(seeded):
    app, _ = seeded
    with app.app_context():
        pages = list(db.session.scalars(select(Post.body_html).where(Post.is_public)))
        pages += list(db.session.scalars(select(User.about_html)))
    everything = {link for page in pages for link in re.findall(r'href="([^"#]+)', page)}
    links = {link for link in everything if link.startswith("/")}
    assert links
    assert all(re.match(r"https?://", link) for link in everything - links)
    client = app.test_client()
    answers = {link: client.get(link, follow_redirects=True).status_code for link in links}
    broken = {link: status for link, status in answers.items() if status != 200}
    assert broken == {}


def test_each_role_can_be_tried_with_the_printed_password(seeded):
    app, printed = seeded
    assert "http://localhost:8000/login" in printed
    accounts = re.findall(r"^  (administrator|moderator|member) +(demo_\w+) +(\S+)$", printed, re.M)
    assert {role for role, _, _ in accounts} == {"administrator", "moderator", "member"}
    with app.app_context():
        users = {user.username: user for user in db.session.scalars(select(User))}
        for role, name, password in accounts:
            assert users[name].role == role
            assert passwords.verify(users[name].password_hash, password)
        others = set(users) - {name for _, name, _ in accounts}
        assert not [name for name in others if users[name].password_hash or users[name].email]


def test_a_second_run_changes_nothing(seeded):
    app, _ = seeded

    def rows():
        with app.app_context():
            events.drain()
            return {
                table.name: db.session.execute(select(table)).all() for table in db.metadata.sorted_tables
            }

    before = rows()
    printed = app.test_cli_runner().invoke(args=["seed"])
    assert printed.exit_code == 0
    assert "already loaded" in printed.output
    assert rows() == before


def test_once_leaves_an_instance_with_accounts_alone(app, make_user):
    make_user("alice")
    assert app.test_cli_runner().invoke(args=["seed", "--once"]).output == ""
    assert db.session.scalar(select(func.count()).select_from(User)) == 1


def test_a_run_that_dies_leaves_nothing_and_the_next_completes(app, monkeypatch):
    story = [act for act in Story(utcnow()).acts() if act.verb == "join" or "02" < act.thread < "04"]
    monkeypatch.setattr(Story, "acts", lambda self: story)
    with monkeypatch.context() as patch:
        patch.setattr(loader.Loader, "_comment", lambda self, act: 1 / 0)
        assert app.test_cli_runner().invoke(args=["seed"]).exit_code == 1
    db.session.rollback()
    assert cli.is_empty()
    assert app.test_cli_runner().invoke(args=["seed"]).exit_code == 0
    assert db.session.scalar(select(func.count()).select_from(Comment)) > 0
    assert reputation.verify() == []


def test_at_sets_the_clock_for_its_block_only(app):
    at_time = utcnow() - timedelta(days=30)
    with clock_set_to(at_time):
        assert utcnow() == at_time
        db.session.add(tag := Tag(name="past"))
    assert tag.created_at == at_time
    assert utcnow() - at_time > timedelta(days=29)


def test_only_the_demo_sets_the_clock():
    users = [
        str(path.relative_to(ROOT))
        for path in ROOT.glob("*/*.py")
        if re.search(r"from core\.database\.db import .*\bclock_set_to\b", path.read_text())
    ]
    assert sorted(users) == ["demo/bulletins.py", "demo/loader.py", "demo/reports.py"]


def test_members_report_deployments_and_one_bulletin_has_a_warning(site):
    reports = db.session.scalars(select(DeploymentReport)).all()
    assert len(reports) >= 8 and all(len(row.note) <= 600 for row in reports)
    people = {user.id: user for user in db.session.scalars(select(User))}
    assert all(people[row.user_id].created_at < row.created_at < utcnow() for row in reports)
    [warned] = db.session.scalars(select(Bulletin).where(Bulletin.has_failures))
    assert warned.tracking_id == "MS17-010"
    for mark in db.session.scalars(select(HelpfulMark)):
        assert mark.user_id != mark.author_id and mark.turns == 1
