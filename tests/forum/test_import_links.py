"""Links between imported posts lead to the posts here; document types are read; skipped kinds are counted."""

import json

import pytest

from core.database.db import db
from forum.cli import import_stackexchange
from forum.models import Answer, Question
from posts import kinds
from posts.models import Comment, Post, Revision
from tests.forum import dumps
from tests.forum.dumps import answer, question, row, user


@pytest.fixture
def bring(app):
    """bring(folder, *options) → the report of an import."""

    def run(folder, *options):
        result = app.test_cli_runner().invoke(import_stackexchange, [str(folder), *options])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.output
        return json.loads(result.stdout.strip().splitlines()[-1])

    return run


def by_key(key):
    return db.session.scalar(db.select(Post).where(Post.external_id == key))


@pytest.mark.every_database
@pytest.mark.parametrize(
    "options",
    [("--site", "own.example"), ("--url", "https://own.example"), ()],
    ids=["site", "url", "derived"],
)
def test_links_to_posts_that_are_here_lead_to_them(bring, tmp_path, options):
    report = bring(dumps.linked(tmp_path / "dump"), *options)
    assert report["errors"] == []
    linking, target, reply = by_key("10"), by_key("12"), by_key("13")
    shown = linking.body_html
    for n in range(5):
        assert f'<a href="{target.url}">n{n}</a>' in shown, (n, shown)
    for n in range(5, 9):
        assert f'<a href="{kinds.url(reply)}">n{n}</a>' in shown, (n, shown)
    for n in (9, 10):
        assert f'<a href="{kinds.url(by_key("comment:5"))}">n{n}</a>' in shown, (n, shown)
    assert "own.example/questions/99/gone" in shown and "https://else.example/q/12" in shown
    assert f'<a href="{target.url}">Question number 12</a>' in shown  # a bare address becomes the title
    assert "<code>https://own.example/q/12</code>" in shown
    said = db.session.scalar(db.select(Comment).where(Comment.external_id == "comment:6"))
    assert f'href="{kinds.url(reply)}"' in said.body_html and f'href="{linking.url}"' in said.body_html


def test_a_second_run_changes_nothing_and_what_was_edited_here_stays(bring, tmp_path):
    folder = dumps.linked(tmp_path / "dump")
    bring(folder, "--site", "own.example")
    before = {post.id: (post.body, post.edited_at) for post in db.session.scalars(db.select(Post))}
    texts = sorted(db.session.scalars(db.select(Revision.body)))
    assert by_key("10").body in texts
    again = bring(folder, "--site", "own.example")
    assert set(again["added"].values()) == set(again["updated"].values()) == {0}
    assert {p.id: (p.body, p.edited_at) for p in db.session.scalars(db.select(Post))} == before
    post = by_key("10")
    post.body = "Written here: https://own.example/q/12"
    db.session.commit()
    bring(folder, "--site", "own.example")
    assert by_key("10").body == "Written here: https://own.example/q/12"


def test_a_site_without_a_name_loses_only_links_that_lead_nowhere(bring, tmp_path):
    body = '<p><a href="/q/12">in</a> <a href="/help/asking">out</a></p>'
    report = bring(
        dumps.write(tmp_path / "dump", Users=user(1, "Ann"), Posts=question(10, Body=body) + question(12))
    )
    assert report["losses"] == {"links": 1}
    assert f'<a href="{by_key("12").url}">in</a> out' in by_key("10").body_html


@pytest.mark.parametrize(
    "declared",
    [
        "<!DOCTYPE posts>",
        '<!DOCTYPE posts SYSTEM "posts.dtd">',
        "<!DOCTYPE posts [\n<!ELEMENT posts (row*)>\n<!ELEMENT row EMPTY>\n]>",
    ],
)
def test_a_document_type_without_entities_is_read(bring, tmp_path, declared):
    folder = dumps.small(tmp_path / "dump", Comments="")
    path = folder / "Posts.xml"
    path.write_bytes(path.read_bytes().replace(b"<posts>", declared.encode() + b"<posts>"))
    report = bring(folder)
    assert report["errors"] == [] and report["added"]["questions"] == report["added"]["answers"] == 1


@pytest.mark.parametrize(
    "declared",
    [
        '<!DOCTYPE posts [<!ENTITY a "x">]>',
        '<!DOCTYPE posts [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE posts [<!ENTITY % a SYSTEM "http://127.0.0.1:9/x"> %a;]>',
    ],
)
def test_entities_are_still_refused(bring, tmp_path, declared):
    folder = dumps.small(tmp_path / "dump", Comments="")
    path = folder / "Posts.xml"
    path.write_bytes(path.read_bytes().replace(b"<posts>", declared.encode() + b"<posts>"))
    report = bring(folder)
    assert "refused" in report["errors"][0] and report["added"]["questions"] == 0


def test_every_kind_that_is_skipped_is_counted(bring, tmp_path):
    folder = dumps.small(
        tmp_path / "dump",
        Comments="",
        Tags=row(Id=1, TagName="dns", ExcerptPostId=20, WikiPostId=21),
        Posts=question(10, Body='<p><img src="https://i.example/a.png" alt="a"></p>')
        + answer(11, 10)
        + "".join(
            row(Id=n, PostTypeId=kind, Body="<p>Words.</p>")
            for n, kind in ((20, 4), (21, 5), (22, 3), (23, 6), (24, 7), (25, 8), (26, 99))
        ),
    )
    (folder / "PostHistory.xml").write_text("<posthistory></posthistory>")
    report = bring(folder)
    skipped = {name: count for name, count in report["skipped"].items() if count}
    assert skipped == {
        "tag wikis": 1,
        "wikis": 1,
        "moderator nominations": 1,
        "wiki placeholders": 1,
        "privilege wikis": 1,
        "posts of other kinds": 1,
        "PostHistory.xml": 1,
    }
    assert report["losses"] == {"files": 1, "images": 1}


def test_a_fault_of_a_file_that_is_read_several_times_is_named_once(bring, tmp_path):
    folder = dumps.small(tmp_path / "dump", Comments="")
    path = folder / "Posts.xml"
    path.write_bytes(path.read_bytes().replace(b"</posts>", b"  <row Id=1 />\r\n</posts>"))
    assert len(bring(folder)["errors"]) == 1


def test_a_spoiler_is_marked(bring, tmp_path):
    bring(
        dumps.write(
            tmp_path / "dump",
            Users=user(1, "Ann"),
            Posts=question(10, Body='<blockquote class="spoiler"><p>The butler.</p></blockquote>'),
        )
    )
    assert "<strong>Spoiler</strong>" in db.session.scalar(db.select(Question)).body_html
    assert db.session.scalar(db.select(Answer)) is None
