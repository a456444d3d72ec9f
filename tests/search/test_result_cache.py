"""What was found is remembered until the index changes, and for nobody who must not see it."""

from core.database.db import db
from posts import actions as posts
from search import queries, similar_queries
from search.result_cache import ResultCache


def test_a_question_is_asked_once_in_a_generation():
    recent, asked = ResultCache(), []

    def find():
        asked.append(1)
        return len(asked)

    assert [recent.get(1, "dns", find), recent.get(1, "dns", find), recent.get(1, "ntp", find)] == [1, 1, 2]
    assert recent.get(2, "dns", find) == 3, "another generation"
    assert recent.get(1, "dns", find) == 4, "nothing of an older one is kept"


def test_no_more_is_kept_than_said(monkeypatch):
    monkeypatch.setattr("search.result_cache.MAX_ENTRIES", 2)
    recent, asked = ResultCache(), []
    for _ in range(2):
        for question in "abc":
            recent.get(1, question, lambda: asked.append(1))
    assert len(asked) == 4, "the third is asked again"


def test_a_new_post_and_a_hidden_one_are_seen_at_once(app, make_question, drain, member, moderator):
    first = make_question("How do I flush the resolver?")
    drain()

    def found():
        return {hit.thing.id for hit in queries.search("resolver", user=member).hits if hit.is_post}

    assert found() == {first.id} == found()
    second = make_question("Why does the resolver forget?")
    drain()
    assert found() == {first.id, second.id}
    posts.delete(db.session.merge(first), by=moderator)
    db.session.commit()
    assert found() == {second.id}, "before the index has heard of it"


def test_alike_questions_are_looked_for_once_and_hidden_ones_left_out(
    app, make_question, drain, member, moderator, monkeypatch
):
    rows = [make_question(f"How do I flush the resolver of host {number}?") for number in range(2)]
    drain()
    asked, alike = [], similar_queries._similar_ids
    monkeypatch.setattr(similar_queries, "_similar_ids", lambda *words: asked.append(words) or alike(*words))

    def found():
        return {post.id for post in similar_queries.similar("flush resolver", "", user=member)}

    assert found() == {row.id for row in rows} == found() and len(asked) == 1
    posts.delete(db.session.merge(rows[0]), by=moderator)
    db.session.commit()
    assert found() == {rows[1].id}, "before the index has heard of it"
