"""Dumps that are damaged, hostile or not dumps: each fault is named, the rest comes in."""

import json

import pytest

from core.database.db import db
from forum.cli import import_stackexchange
from forum.models import Question
from forum.stackexchange import posts as stackexchange_posts
from posts.models import Comment
from tests.forum import dumps
from tests.forum.dumps import comment, question, row, user

BOMB = (
    '<?xml version="1.0"?><!DOCTYPE posts [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    '<posts><row Id="1" PostTypeId="1" Title="&b;"/></posts>'
)
OUTSIDE = (
    '<?xml version="1.0"?><!DOCTYPE posts [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    '<posts><row Id="1" PostTypeId="1" Title="&a;"/></posts>'
)


@pytest.fixture
def bring(app):
    """bring(folder) → (exit code, report or None, standard error)."""

    def run(folder):
        result = app.test_cli_runner().invoke(import_stackexchange, [str(folder)])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.output
        return result.exit_code, json.loads(result.stdout.strip().splitlines()[-1]), result.stderr

    return run


def titles():
    return list(db.session.scalars(db.select(Question.title).order_by(Question.id)))


@pytest.mark.parametrize(
    "bad",
    [
        question(1, CreationDate="yesterday"),
        question(1, CreationDate="2021-13-45T00:00:00"),
        question(1, CreationDate=""),
        question(1, Title=""),
        question(1, Title="\u200b \u202e"),
        question(1, Score="9" * 30),
        question(1, Score="many"),
        question(1, LastEditDate="x"),
        question("1e5"),
        question(""),
        row(PostTypeId=1),
        question(1, OwnerUserId="someone"),
        question(1, Body="<p>" + "word " * 60_000 + "</p>"),
    ],
    ids=range(13),
)
def test_a_bad_row_is_named_and_the_others_come_in(bring, tmp_path, bad):
    code, report, _ = bring(dumps.small(tmp_path / "site", Posts=bad + question(2), Comments=""))
    assert code == 0 and titles() == ["Question number 2"]
    assert len(report["errors"]) == 1 and report["errors"][0].startswith("Posts.xml row Id=")


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ('  <row Id="1" Title="no end\r\n', 4),
        ("  <row Id=1 />\r\n", 4),
        ("  <row Id='1'></post>\r\n", 4),
        ("  & loose \r\n", 4),
    ],
)
def test_a_malformed_line_costs_only_itself(bring, tmp_path, line, number):
    folder = dumps.small(tmp_path / "site", Posts=question(1) + "BAD" + question(2), Comments="")
    path = folder / "Posts.xml"
    path.write_bytes(path.read_bytes().replace(b"BAD", line.encode()))
    _, report, _ = bring(folder)
    assert titles() == ["Question number 1", "Question number 2"]
    assert f"line {number}" in report["errors"][0]


def test_a_file_that_ends_in_the_middle_gives_what_came_before(bring, tmp_path):
    folder = dumps.small(tmp_path / "site", Posts=question(1) + question(2), Comments="")
    path = folder / "Posts.xml"
    path.write_bytes(path.read_bytes()[:-60])
    _, report, _ = bring(folder)
    assert titles() == ["Question number 1"] and "cut off" in report["errors"][0]


@pytest.mark.parametrize("text", [BOMB, OUTSIDE], ids=["bomb", "outside"])
def test_entities_are_refused(bring, tmp_path, text):
    folder = dumps.small(tmp_path / "site", Comments="")
    (folder / "Posts.xml").write_text(text)
    _, report, _ = bring(folder)
    assert titles() == [] and "refused" in report["errors"][0] and report["added"]["users"] == 2


def test_control_characters_go(bring, tmp_path):
    folder = dumps.small(tmp_path / "site", Posts=question(1, Title="aXYb"), Comments="")
    path = folder / "Posts.xml"
    path.write_bytes(path.read_bytes().replace(b"X", b"\x07").replace(b"Y", b"&#x1F;&#0;"))
    _, report, _ = bring(folder)
    assert titles() == ["ab"] and report["errors"] == []


@pytest.mark.parametrize("encoding", ["utf-16", "iso-8859-1"])
def test_other_encodings_that_say_so(bring, tmp_path, encoding):
    folder = dumps.small(tmp_path / "site", Comments="")
    text = f'<?xml version="1.0" encoding="{encoding}"?>\n<posts>\n{question(1, Title="Grüße")}</posts>'
    (folder / "Posts.xml").write_bytes(text.encode(encoding))
    assert bring(folder)[1]["errors"] == [] and titles() == ["Grüße"]


def test_files_may_be_missing_empty_or_lower_case(bring, tmp_path):
    folder = dumps.write(tmp_path / "site", Posts=question(1))
    (folder / "Posts.xml").rename(folder / "posts.xml")
    (folder / "Comments.xml").write_bytes(b"")
    code, report, _ = bring(folder)
    assert code == 0 and titles() == ["Question number 1"]
    assert report["errors"] == ["Comments.xml is empty.", "Users.xml is missing."]


def test_doubles_and_orphans(bring, tmp_path):
    _, report, _ = bring(
        dumps.small(
            tmp_path / "site",
            Posts=question(1) + question(1, Title="Again the same number"),
            Comments=comment(1, 1) + comment(1, 1) + comment(2, 99),
        )
    )
    assert titles() == ["Question number 1"] and report["skipped"]["questions"] == 1
    assert report["added"]["comments"] == 1 and "post 99" in report["errors"][0]


def test_a_row_that_the_database_refuses_is_named(bring, tmp_path, monkeypatch):
    columns = stackexchange_posts.DraftFactory._columns

    def spoiled(self, row, key):
        found = columns(self, row, key)
        return found | {"external_id": "1"} if key == "7" else found

    monkeypatch.setattr(stackexchange_posts.DraftFactory, "_columns", spoiled)
    posts = "".join(map(question, range(1, 12)))
    _, report, _ = bring(dumps.small(tmp_path / "site", Posts=posts, Comments=""))
    assert report["added"]["questions"] == 10 and len(report["errors"]) == 1
    assert report["errors"][0].startswith("Posts.xml row Id=7: ")


def test_only_the_first_thousand_faults_are_spelled_out(bring, tmp_path):
    comments = "".join(comment(n, 99) for n in range(1100))
    _, report, _ = bring(dumps.small(tmp_path / "site", Comments=comments))
    assert len(report["errors"]) == 1001 and report["errors"][-1] == "… and 100 more"


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda folder: folder.mkdir(), "is not a Stack Exchange dump"),
        (lambda folder: dumps.small(folder / "inner"), "in a subfolder"),
        (lambda folder: (folder.mkdir(), (folder / "site.7z").write_bytes(b"7z")), "Unpack them"),
        (lambda folder: dumps.write(folder, Posts="", Users=""), "no rows"),
    ],
)
def test_a_folder_without_anything_usable_ends_with_a_sentence(bring, tmp_path, make, sentence):
    make(tmp_path / "site")
    code, report, output = bring(tmp_path / "site")
    assert code == 1 and sentence in output and sentence in report["errors"][-1]


def test_hostile_text_is_harmless(bring, tmp_path, client):
    evil = '<p onclick="x"><script>alert(1)</script><a href="javascript:1">a</a><img src=x onerror=1></p>'
    bring(
        dumps.small(
            tmp_path / "site",
            Posts=question(10, Title="<script>alert(2)</script>", Body=evil),
            Users=user(1, "<img src=x>", AboutMe=evil, WebsiteUrl="javascript:1"),
            Comments=comment(1, 10, Text="<script>alert(3)</script> [a](javascript:1)"),
        )
    )
    asked = db.session.scalar(db.select(Question))
    page = client.get(asked.url).text + client.get("/users/img-src-x").text
    for harm in ("<script>alert", "onerror=1", "onclick", 'href="javascript'):
        assert harm not in page
    assert "&lt;script&gt;" in db.session.scalar(db.select(Comment)).body_html
