"""Articles: drafts, publishing and its credit, facts, feedback, entry points."""

from auth import reputation
from core.database.db import db
from kb.models import Article, ArticleFeedback

BODY = "## Steps\n\nPatch the server, then check that the build number went up.\n\n## Undo\n\nRoll back."


def form(**more):
    return {"title": "Harden the file server", "layer": "host", "body": BODY, **more}


def test_moderators_write_publish_once_and_are_credited_once(login, moderator, client):
    browser = login(moderator)
    before = moderator.reputation
    page = browser.post("/articles/new", data=form(tags="smb", verified_on=""))
    assert page.status_code == 302
    article = db.session.scalar(db.select(Article))
    assert client.get(article.url).status_code == 404
    for step in ("publish", "unpublish", "publish"):
        assert browser.post(f"/articles/{article.id}/{step}").status_code == 302
    assert client.get(article.url).status_code == 200
    assert moderator.reputation == before + 20
    assert not reputation.verify()


def test_members_do_not_curate(login, member, make_article):
    browser, article = login(member), make_article(publish=False)
    assert browser.post("/articles/new", data=form()).status_code == 403
    assert browser.post(f"/articles/{article.id}/publish").status_code == 404


def test_pages_of_an_article(client, login, moderator, make_article):
    article = make_article(body=BODY)
    for path in (
        "/articles",
        "/articles?sort=helpful",
        "/layers/host",
        "/articles.atom",
        "/layers/host.atom",
        article.url,
        f"/articles/{article.id}/print",
        f"/articles/{article.id}.md",
    ):
        assert client.get(path).status_code == 200, path
    assert b'href="#h-steps"' in client.get(article.url).data
    assert client.get("/layers/nowhere").status_code == 404
    assert b"h-steps" in login(moderator).get(article.url).data


def test_feedback_counts_once_a_member(login, member, make_article):
    article, browser = make_article(), login(member)
    for said in ("true", "false", "true"):
        browser.post(f"/articles/{article.id}/feedback", data={"helpful": said})
    db.session.refresh(article)
    assert (article.helpful_count, article.unhelpful_count) == (1, 0)
    assert db.session.scalar(db.select(db.func.count(ArticleFeedback.id))) == 1


def test_verify_shows_build_and_name(client, login, moderator, make_article):
    article = make_article()
    login(moderator).post(
        f"/articles/{article.id}/verify",
        data={"verified_on": "2026-01-13", "verified_build": "10.0.19045.3930"},
    )
    assert b"10.0.19045.3930" in client.get(article.url).data


def test_edit_keeps_a_revision(login, moderator, make_article):
    article = make_article()
    login(moderator).post(f"/articles/{article.id}/edit", data=form(body=BODY + "\n\nMore."))
    db.session.refresh(article)
    assert article.revision_count == 2 and article.body.endswith("More.")


def test_api_lists_only_public(client, make_article):
    shown, _draft = make_article(), make_article(publish=False)
    assert [i["id"] for i in client.get("/api/v1/articles").json["items"]] == [shown.id]
