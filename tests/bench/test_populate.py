"""The made-up community keeps the rules of the packages, and is made once."""

import pytest
from sqlalchemy import func, select, text

from auth import reputation
from bench import populate
from bench.plan import Plan
from core.database.db import Base, db
from core.markup import markup
from forum.models import Question
from posts.models import Post, PostTag

pytestmark = pytest.mark.long
PLAN, TWO_SLICES = Plan(400), Plan(2_100)
WRONG = {
    "counters of a post": "SELECT p.id FROM posts p WHERE answer_count <> (SELECT count(*) FROM posts c "
    "WHERE c.parent_id = p.id AND c.kind = 'answer' AND c.deleted_at IS NULL) "
    "OR comment_count <> (SELECT count(*) FROM posts c WHERE c.parent_id = p.id "
    "AND c.kind = 'comment' AND c.deleted_at IS NULL)",
    "public": "SELECT p.id FROM posts p LEFT JOIN posts q ON q.id = p.parent_id WHERE p.is_public <> "
    "(p.status = 'published' AND p.deleted_at IS NULL AND (q.id IS NULL OR q.is_public))",
    "sort keys beside the tag": "SELECT 1 FROM post_tags t JOIN posts p ON p.id = t.post_id WHERE "
    "t.answer_count <> p.answer_count OR t.score <> p.score OR t.kind <> p.kind "
    "OR t.is_public <> p.is_public OR t.created_at <> p.created_at "
    "OR t.last_activity_at <> p.last_activity_at",
    "count of a tag": "SELECT name FROM tags t WHERE post_count <> "
    "(SELECT count(*) FROM post_tags p WHERE p.tag_id = t.id AND p.is_public)",
    "accepted": "SELECT a.id FROM posts a JOIN questions q ON q.id = a.parent_id WHERE a.kind = 'answer' "
    "AND a.accepted <> (coalesce(q.accepted_answer_id, 0) = a.id)",
    "revisions": "SELECT id FROM posts p WHERE revision_count <> (SELECT count(*) FROM revisions r "
    "WHERE r.post_id = p.id)",
    "text of the last revision": "SELECT p.id FROM posts p JOIN revisions r ON r.post_id = p.id "
    "AND r.number = p.revision_count WHERE r.body <> p.body",
    "score": "SELECT id FROM posts p WHERE score <> up_count - down_count OR up_count <> "
    "(SELECT count(*) FROM votes v WHERE v.post_id = p.id AND v.value > 0)",
    "votes on one's own": "SELECT v.id FROM votes v JOIN posts p ON p.id = v.post_id "
    "WHERE p.author_id = v.user_id",
    "change of a vote": "SELECT v.id FROM votes v JOIN vote_changes c ON c.id = v.change_id WHERE "
    "c.new_value <> CASE WHEN v.is_void THEN 0 ELSE v.value END",
    "helpful": "SELECT a.id FROM articles a WHERE helpful_count <> (SELECT count(*) FROM article_feedback f "
    "WHERE f.article_id = a.id AND f.helpful)",
}


@pytest.fixture
def community(app):
    """A site that was populated."""
    populate.fill(PLAN)
    return app


def _faults():
    """What is not as WRONG wants it."""
    found = {name: db.session.execute(text(query)).all() for name, query in WRONG.items()}
    return {name: rows for name, rows in found.items() if rows}


def _sizes():
    """How many rows each table has."""
    return {
        table.name: db.session.scalar(select(func.count()).select_from(table))
        for table in Base.metadata.sorted_tables
    }


@pytest.mark.every_database
def test_what_is_derived_says_what_the_rows_say(community):
    assert _faults() == {}
    assert reputation.verify() == []


def test_a_second_run_adds_nothing(community):
    before = _sizes()
    populate.fill(PLAN)
    assert _sizes() == before


def test_a_run_that_was_stopped_goes_on(app, monkeypatch):
    write = populate.write
    monkeypatch.setattr(
        populate, "write", lambda part: pytest.fail("stopped") if part.number else write(part)
    )
    with pytest.raises(pytest.fail.Exception):
        populate.fill(TWO_SLICES)
    monkeypatch.undo()
    db.session.rollback()
    populate.fill(TWO_SLICES)
    assert db.session.scalar(select(func.count(Post.id)).where(Post.kind != "bulletin")) == TWO_SLICES.posts
    assert _faults() == {}
    assert reputation.verify() == []


def test_another_community_is_refused(community):
    with pytest.raises(SystemExit, match="another community"):
        populate.fill(Plan(PLAN.posts, seed=8))


def test_texts_are_what_the_renderer_makes_of_them(community):
    for post in db.session.scalars(select(Post).where(Post.kind != "bulletin").limit(40)):
        assert markup.render(post.body).html == post.body_html


def test_some_threads_and_tags_are_very_large(community):
    most = db.session.scalars(select(Post.answer_count).order_by(Post.answer_count.desc()).limit(2)).all()
    assert min(most) > PLAN.posts // 10
    questions = db.session.scalar(select(func.count(Question.id)))
    tagged = db.session.scalar(select(func.count()).where(PostTag.tag_id == 1, PostTag.kind == "question"))
    assert tagged > questions / 2
