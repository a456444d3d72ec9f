"""A form that is sent again, because the answer got lost or the button was pressed twice, posts once."""

import pytest
from sqlalchemy import func, select

from core.database.db import db, utcnow
from posts.models import Comment, Post
from tests.conftest import BODY

QUESTION = {"title": "Which update mends the spooler?", "body": BODY, "tags": "printing"}


def count(kind: str) -> int:
    return db.session.scalar(select(func.count()).where(Post.kind == kind))


@pytest.mark.every_database
def test_the_same_question_is_asked_once_and_shown_again(app, member, login):
    browser = login(member)
    first, again = (browser.post("/questions/ask", data=QUESTION) for _ in range(2))
    assert (first.status_code, first.location) == (again.status_code, again.location) == (302, again.location)
    assert count("question") == 1


def test_the_same_answer_by_api_is_one_answer(app, make_question, other, api):
    program, path = api(other), f"/questions/{make_question().id}/answers"
    first, again = (program("POST", path, {"body": BODY}) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201) and first.json["id"] == again.json["id"]
    assert count("answer") == 1


def test_the_same_comment_is_one_comment(app, make_question, other, api):
    program, path = api(other), f"/posts/{make_question().id}/comments"
    for _ in range(2):
        assert program("POST", path, {"body": "Have you tried to restart it?"}).status_code == 201
    assert db.session.scalar(select(func.count()).select_from(Comment)) == 1


def test_other_texts_places_people_and_days_are_new_posts(app, make_question, member, other, api):
    here, there = make_question(), make_question()
    for person, place, body in (
        (other, here, BODY),
        (other, here, BODY + "!"),
        (other, there, BODY),
        (member, here, BODY),
    ):
        assert api(person)("POST", f"/questions/{place.id}/answers", {"body": body}).status_code == 201
    assert count("answer") == 4
    db.session.execute(db.update(Post).values(created_at=utcnow().replace(year=2020)))
    db.session.commit()
    api(other)("POST", f"/questions/{here.id}/answers", {"body": BODY})
    assert count("answer") == 5


def test_what_was_deleted_may_be_posted_again(app, make_question, other, api):
    path = f"/questions/{make_question().id}/answers"
    first = api(other)("POST", path, {"body": BODY}).json["id"]
    db.session.get(Post, first).deleted_at = utcnow()
    db.session.commit()
    assert api(other)("POST", path, {"body": BODY}).json["id"] != first
