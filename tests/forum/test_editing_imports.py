"""What was imported can be edited, however short it came; what is written here keeps to the limits."""

import pytest

from core.database.db import db
from core.markup.markup import render
from forum.cli import import_stackexchange
from forum.models import Question
from kb.cli import import_articles
from kb.models import Article
from posts import actions
from posts.models import Comment, Post
from tests.conftest import DATA
from tests.forum import dumps
from tests.forum.dumps import answer, comment, question, user

ODD = DATA.parent / "cases" / "stackexchange-odd"
PATHS = {
    "question": "/questions/{}",
    "answer": "/answers/{}",
    "comment": "/comments/{}",
    "article": "/articles/{}",
}


@pytest.fixture
def bring(app):
    """bring(folder) → the posts that its import made."""

    def run(folder):
        result = app.test_cli_runner().invoke(import_stackexchange, [str(folder)])
        assert result.exit_code == 0, result.output
        db.session.expire_all()
        return list(db.session.scalars(db.select(Post).where(Post.imported_from.is_not(None))))

    return run


def tiny(folder):
    return dumps.write(
        folder,
        Users=user(1, "Ann") + user(2, "Bob"),
        Posts=question(1, Title="Why?", Body="<p>?</p>", Tags="<.net><c++><windows_update>")
        + question(2, Title="T" * 160, Body=f"<p>{'Long. ' * 6000}</p>", Tags="")
        + answer(3, 1, Body="<p>No</p>"),
        Comments=comment(1, 1, Text="ok") + comment(2, 1, Text="+1 " * 250),
    )


def edit_pages(client, post, **changed):
    """Send the edit form of a post as it is shown, with these fields changed."""
    values = {
        "title": post.title,
        "body": post.body,
        "tags": " ".join(tag.name for tag in post.tags),
        **changed,
    }
    return client.post(PATHS[post.kind].format(post.id) + "/edit", data=values)


def edit_api(call, post, **changed):
    return call("PATCH", PATHS[post.kind].format(post.id), changed or {"body": post.body})


@pytest.mark.parametrize("source", ["odd", "tiny"])
def test_every_imported_post_can_be_edited(app, bring, tmp_path, login, api, moderator, source):
    if source == "odd" and not ODD.exists():
        pytest.skip("the cases are not here")
    found = bring(ODD if source == "odd" else tiny(tmp_path / "tiny"))
    assert {post.kind for post in found} == {"question", "answer", "comment"}
    client, call = login(moderator), api(moderator)
    for post in found:
        number = post.id
        answered = edit_pages(client, post)
        assert answered.status_code == 302, (post.kind, post.title, answered.text)
        for text in (post.body + "." if len(post.body) < 600 else post.body[:-1], "x"):
            answered = edit_pages(client, db.session.get(Post, number), body=text)
            assert answered.status_code == 302, (post.kind, post.title)
        assert edit_api(call, db.session.get(Post, number)).status_code == 200, post.kind
        assert edit_api(call, db.session.get(Post, number), body="y").status_code == 200, post.kind
        db.session.expire_all()
        assert db.session.get(Post, number).body == "y"


def test_a_short_title_of_an_import_stays_and_changes(bring, tmp_path, login, moderator, api):
    bring(tiny(tmp_path / "tiny"))
    asked = db.session.scalar(db.select(Question).where(Question.title == "Why?"))
    assert edit_pages(login(moderator), asked, title="Why so?").status_code == 302
    assert api(moderator)("PATCH", f"/questions/{asked.id}", {"title": "Why?!"}).json["title"] == "Why?!"
    assert api(moderator)("PATCH", f"/questions/{asked.id}", {"title": ""}).status_code == 422
    assert api(moderator)("PATCH", f"/questions/{asked.id}", {"title": "x" * 151}).status_code == 422


def test_an_edit_of_an_import_may_be_suggested(bring, tmp_path, login, other):
    bring(tiny(tmp_path / "tiny"))
    asked = db.session.scalar(db.select(Question).where(Question.title == "Why?"))
    answered = login(other).post(
        f"/posts/{asked.id}/suggest",
        data={
            "title": "Why??",
            "body": "??",
            "tags": ".net",
            "summary": "Clearer",
            "base": asked.revision_count,
        },
    )
    assert answered.status_code == 302, answered.text


def test_a_short_article_can_be_edited(app, tmp_path, login, api, moderator):
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "a.md").write_text("# DNS\n\nSee.\n")
    app.test_cli_runner().invoke(import_articles, [str(folder)])
    article = db.session.scalar(db.select(Article).where(Article.title == "DNS"))
    assert edit_pages(login(moderator), article, body="See it.", layer=article.layer).status_code == 302
    assert api(moderator)("PATCH", f"/articles/{article.id}", {"title": "DNS2"}).status_code == 200


def test_what_is_written_here_keeps_to_the_limits(
    login, api, make_question, make_answer, make_article, moderator, member
):
    question, article = make_question(), make_article()
    given = make_answer(question)
    remark = actions.comment(question, render("A comment that is long enough."), by=moderator)
    db.session.commit()
    client, call = login(moderator), api(moderator)
    wrong = [
        (question, {"title": "Short?"}),
        (question, {"title": "x" * 151}),
        (question, {"body": "Short."}),
        (question, {"tags": []}),
        (question, {"body": "x" * 30_001}),
        (given, {"body": "Short."}),
        (article, {"title": "Abc"}),
        (article, {"body": "Short."}),
        (remark, {"body": "Short."}),
        (remark, {"body": "x" * 601}),
    ]
    for post, changed in wrong:
        [name] = changed
        answered = edit_api(call, post, **changed)
        assert answered.status_code == 422 and set(answered.json["errors"]) == {name}, (post.kind, changed)
        form = {key: " ".join(value) if isinstance(value, list) else value for key, value in changed.items()}
        answered = edit_pages(client, db.session.get(Post, post.id), layer="host", **form)
        assert answered.status_code == 422, (post.kind, changed)
        if name == "body":
            assert form["body"] in answered.text  # what was typed is there again


def test_new_posts_keep_to_the_limits(api, member, make_question):
    call, question = api(member), make_question()
    body = "A text of a question that is long enough."
    short = {"title": "Why?", "body": body, "tags": ["patching"]}
    assert call("POST", "/questions", short).status_code == 422
    assert call("POST", f"/questions/{question.id}/answers", {"body": "No"}).status_code == 422
    assert call("POST", f"/posts/{question.id}/comments", {"body": "ok"}).status_code == 422
    assert db.session.scalar(db.select(Comment)) is None
