"""Markdown folders become linked articles, once."""

import json
import re

import pytest
from sqlalchemy import select

from core.database.db import db
from kb.cli import import_articles
from kb.models import Article
from search.queries import search
from tests.conftest import DATA


def run(app, folder):
    result = app.test_cli_runner().invoke(import_articles, [str(folder)])
    report = json.loads(result.output.strip().splitlines()[-1])
    assert result.exit_code == bool(report["errors"]), result.output
    return report


def write(folder):
    folder.mkdir()
    (folder / "a.md").write_text(
        "# First one\n\nSee [b](B_File.md#what--why) and [c][1], "
        "![pic](../x.png).\n\n`[no](B_File.md)`\n\n[1]: ./sub/c.html\n"
    )
    (folder / "B_File.md").write_text("---\ntitle: Second\nlayer: data\n---\n## What & Why\n\nText.\n")
    (folder / "sub").mkdir()
    (folder / "sub" / "c.md").write_text("# Third\n\nBack to [a](../a.md).\n")
    (folder / "bad.md").write_text("---\ntitle: [unclosed\n---\nx\n")
    return folder


def test_links_images_and_a_bad_file(app, tmp_path):
    folder = write(tmp_path / "docs")
    report = run(app, folder)
    assert report["added"]["articles"] == 3
    assert len(report["errors"]) == 1 and report["errors"][0].startswith("bad.md")
    first, second = (
        db.session.scalar(select(Article).where(Article.title == t)) for t in ("First one", "Second")
    )
    assert f'href="{second.url}#h-what-why"' in first.body_html
    assert 'class="missing-image"' in first.body_html and "`[no](B_File.md)`" in first.body
    assert second.layer == "data" and second.is_public
    again = run(app, folder)
    assert again["added"]["articles"] == again["updated"]["articles"] == 0
    (folder / "sub" / "c.md").write_text("# Third\n\nChanged.\n")
    assert run(app, folder)["updated"]["articles"] == 1


@pytest.mark.realdata
def test_cheatsheets(app):
    folder = DATA / "owasp-cheatsheets"
    report = run(app, folder)
    files = list(folder.rglob("*.md"))
    assert report["errors"] == [] and report["added"]["articles"] == len(files)
    articles = {a.id: a for a in db.session.scalars(select(Article))}
    for article in articles.values():
        for target, anchor in re.findall(r'href="/articles/(\d+)/[^"#]*(?:#([^"]*))?"', article.body_html):
            assert int(target) in articles, article.title
            if anchor:
                assert f'id="{anchor}"' in articles[int(target)].body_html, (article.title, anchor)
    assert sum("<table" in a.body_html for a in articles.values()) > 5
    assert sum("<pre" in a.body_html for a in articles.values()) > 20
    for article in articles.values():
        found = search(article.title, user=None).hits
        assert found[0].thing.id == article.id, (article.title, found[0].title)
