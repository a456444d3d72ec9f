"""What other sites show of a link to a public post, and that they learn nothing of others."""

import re

from core.database.db import db


def head_of(client, path):
    page = client.get(path).text
    return dict(re.findall(r'<meta (?:name|property)="([^"]+)" content="([^"]*)"', page.split("</head>")[0]))


def test_a_public_question_and_article_describe_themselves(client, make_question, make_article):
    question = make_question(
        title="Why does the restore fail after the upgrade?", body="A **bold** beginning of it all."
    )
    article = make_article("Prove that a backup can be restored")
    head = head_of(client, question.url)
    assert head["og:title"] == question.title
    assert head["description"] == head["og:description"] == "A bold beginning of it all."
    assert head["og:url"].startswith("http") and head["og:url"].endswith(question.url)
    assert head_of(client, article.url)["og:title"] == article.title


def test_a_deleted_question_does_not(make_question, moderator, login):
    question = make_question()
    login(moderator).post(f"/posts/{question.id}/delete", data={"reason": "A reason that is long enough"})
    db.session.expire_all()
    assert question.is_deleted
    assert "og:title" not in head_of(login(moderator), question.url)
