"""Imports take the pictures that lie beside the texts, once, and nothing from outside the folder."""

import pytest
from sqlalchemy import select

from core.database.db import db
from forum.cli import import_stackexchange
from kb.cli import import_articles
from posts.attachments.models import Attachment
from posts.models import Post
from tests.forum import dumps
from tests.posts.attachments.files import picture, png_header


def attachments():
    db.session.expire_all()
    return db.session.scalars(select(Attachment).order_by(Attachment.id)).all()


def test_articles_bring_their_pictures(app, client, tmp_path):
    folder, outside = tmp_path / "docs", tmp_path / "secret.png"
    (folder / "guides" / "img").mkdir(parents=True)
    (folder / "media").mkdir()
    outside.write_bytes(picture())
    (folder / "guides" / "img" / "net work.png").write_bytes(picture())
    (folder / "media" / "b.jpg").write_bytes(picture("JPEG"))
    (folder / "guides" / "img" / "bad.png").write_bytes(png_header(65_535, 65_535))
    (folder / "guides" / "img" / "page.png").write_bytes(b"<script>alert(1)</script>")
    (folder / "guides" / "img" / "link.png").symlink_to(outside)
    (folder / "guides" / "a.md").write_text(
        "# Segment the network\n\nStart with the plan, then cut the network into parts.\n\n"
        '![The plan](img/net%20work.png) ![again](./img/net%20work.png) ![b](/media/b.jpg "B")\n\n'
        "![bad](img/bad.png) ![page](img/page.png) ![link](img/link.png) ![up](../../secret.png) "
        "![far](https://example.org/c.png)\n"
    )
    run = app.test_cli_runner()
    result = run.invoke(import_articles, [str(folder)])
    assert result.exit_code == 0, result.output
    first = attachments()
    assert [each.name for each in first] == ["net-work.png", "b.jpg"]
    article = db.session.scalars(select(Post).where(Post.kind == "article")).one()
    assert article.picture_key == first[0].key and {each.post_id for each in first} == {article.id}
    assert article.body_html.count("<img") == 3 and 'class="missing-image">bad' in article.body_html
    assert (
        article.body_html.count("missing-image") == 4
        and 'href="https://example.org/c.png"' in article.body_html
    )
    assert client.get(f"/attachments/{first[1].key}/b.jpg").status_code == 200
    keys = [each.key for each in first]
    run.invoke(import_articles, [str(folder)])
    assert [each.key for each in attachments()] == keys
    assert db.session.scalars(select(Post.revision_count).where(Post.kind == "article")).one() == 1


@pytest.mark.parametrize("url", ["https://i.sstatic.net/Abc1.png", "/images/abc1.png"])
def test_a_dump_brings_pictures_that_lie_beside_it(app, client, tmp_path, url):
    shown = f'<a href="{url}"><img src="{url}" alt="a dialog"></a>'
    gone = '<img src="https://i.sstatic.net/absent.png" alt="gone">'
    posts = dumps.question(1, Body=f"<p>See {shown} {gone}</p>")
    (tmp_path / "Posts.xml").write_text(f"<posts>\n{posts}</posts>")
    (tmp_path / "Users.xml").write_text(f"<users>\n{dumps.user(1, 'Ann')}</users>")
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "abc1.png").write_bytes(picture())
    run = app.test_cli_runner()
    for _again in range(2):
        run.invoke(import_stackexchange, [str(tmp_path), "--url", "https://old.example"])
        [made] = attachments()
        post = db.session.scalars(select(Post).where(Post.kind == "question")).one()
        path = f"/attachments/{made.key}/abc1.png"
        assert f'<a href="{path}"><img src="{path}" alt="a dialog"' in post.body_html
        assert 'href="https://i.sstatic.net/absent.png"' in post.body_html
        assert post.picture_key == made.key and client.get(path).status_code == 200
