"""An import of Markdown says what it did not take: in numbers, in a list, and no more than that is gone."""

import csv
import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from core.database.db import db
from kb import actions
from kb.cli import import_articles
from kb.models import Article
from posts.models import PostTag
from tests import compare_markdown
from tests.conftest import DATA

CASES = DATA.parent / "cases"


@pytest.fixture
def folder(tmp_path):
    """write(name=text, …) → the folder with these files; `/` in a name is written `__`."""
    root = tmp_path / "guides"

    def write(files):
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return root

    return write


@pytest.fixture
def bring(app, tmp_path):
    """bring(folder, *options) → (report, rows of the list of losses, standard error)."""

    def run(root, *options):
        listed = tmp_path / "losses.csv"
        listed.unlink(missing_ok=True)
        result = app.test_cli_runner().invoke(import_articles, [str(root), "--losses", str(listed), *options])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.output
        rows = list(csv.DictReader(listed.open(newline=""))) if listed.exists() else []
        return json.loads(result.stdout.strip().splitlines()[-1]), rows, result.stderr

    return run


def article(key):
    return db.session.scalar(select(Article).where(Article.external_id == key))


LINKS = """# Links

[page](b.md) [heading](b.md#steps-to-take) [none](b.md#nowhere) [folder](sub/) [spaces](<c d.md>) 
[raw](c d.md)
[out](../other/x.md) [root](/en/x) [file](files/a.pdf) [web](https://e.example/) [mail](mailto:a@e.example)
[phone](tel:123) [own](#links) [lost](#lost) [again][ref] [ref]
![picture](img/a.png "Titled") <img src="img/b.png">
[![inner](img/c.png)](b.md) `[code](x.md)` [[b]] [[Second page|words]] [empty]() ![far](https://e.example/a.png)

[ref]: sub/index.md "title"
[unused]: b.md
"""


def test_every_link_and_picture_that_is_not_taken_is_counted_and_listed(bring, folder):
    root = folder(
        {
            "a.md": LINKS,
            "b.md": "# Second page\n\n## Steps to take\n",
            "c d.md": "# Spaces\n",
            "sub/index.md": "# Sub\n\n[up](../a.md#links)\n",
            "files/a.pdf": b"%PDF",
            "x.adoc": "= x",
        }
    )
    report, rows, output = bring(root)
    assert report["errors"] == [] and report["losses"] == {
        "anchors": 1,
        "definitions": 1,
        "files": 2,
        "images": 4,
        "links": 5,
    }
    assert report["skipped"][".pdf"] == report["skipped"][".adoc"] == 1
    assert len(rows) == sum(report["losses"].values()) and "losses.csv" in output
    links = {row["what"] for row in rows if row["kind"] == "links"}
    assert links == {"../other/x.md", "/en/x", "files/a.pdf", "tel:123", "#lost"}
    assert all(row["page"] == "a.md" and row["why"] for row in rows if row["kind"] == "links")
    shown, second = article("a.md").body_html, article("b.md").url
    for words in ("page", "none", "b", "words"):
        assert f'<a href="{second}">{words}</a>' in shown
    assert f'<a href="{second}#h-steps-to-take">heading</a>' in shown
    assert shown.count(f'href="{article("c d.md").url}"') == 2
    assert shown.count(f'href="{article("sub/index.md").url}"') == 3
    assert "[code](x.md)" in shown and shown.count('class="missing-image"') == 3
    assert '<a href="https://e.example/a.png"' in shown and "unused" not in shown


def test_addresses_out_of_the_folder_are_kept_with_a_base(bring, folder):
    root = folder(
        {
            "a.md": LINKS,
            "b.md": "# Second page\n\n## Steps to take\n",
            "c d.md": "# S\n",
            "sub/index.md": "# Sub\n\n[out](../../far/y.md) ![p](q.png)\n",
        }
    )
    report, rows, _ = bring(root, "--base-url", "https://docs.example/en/guides")
    shown = article("a.md").body_html
    for address in (
        "https://docs.example/en/other/x.md",
        "https://docs.example/en/x",
        "https://docs.example/en/guides/files/a.pdf",
        "https://docs.example/en/guides/img/a.png",
    ):
        assert f'href="{address}"' in shown, address
    assert 'href="https://docs.example/en/far/y.md"' in article("sub/index.md").body_html
    assert 'href="https://docs.example/en/guides/sub/q.png"' in article("sub/index.md").body_html
    assert {row["what"] for row in rows if row["kind"] == "links"} == {"tel:123", "#lost"}
    assert report["losses"]["images"] == 5  # a link is no picture


def test_links_within_html_tables_and_lists_are_links(bring, folder):
    root = folder(
        {
            "a.md": "# A\n\n<table><tr><td><a href='b.md'>x</a></td><td><img src='p.png' alt='P'></td></tr>"
            "</table>\n\n1. one\n\n   <table>\n   <tr><td>in a list</td></tr>\n   </table>\n\n"
            "| k | v |\n|---|---|\n| a | <ul><li>b</li><li>c</li></ul> |\n",
            "b.md": "# B\n",
        }
    )
    report, _, _ = bring(root)
    shown = article("a.md").body_html
    assert f'<a href="{article("b.md").url}">x</a>' in shown and report["losses"] == {"images": 1}
    assert shown.count("<table") == 3 and "<td>• b<br>\n• c</td>" in shown


@pytest.mark.every_database
@pytest.mark.parametrize(
    ("front", "created", "edited"),
    [
        ("---\ndate: 2014-02-01\nlastmod: 2016-03-04T05:06:07Z\n---\n", "2014-02-01", "2016-03-04"),
        ("---\ntitle: x\nms.date: 02/13/2014\n---\n", "2014-02-13", None),
        ('+++\ntitle = "x"\ndate = 2019-03-04T10:00:00+02:00\n+++\n', "2019-03-04", None),
        ("---\nlast_update:\n  date: 1 March 2020\n  author: x\n---\n", "2020-03-01", None),
        ("---\ndate:\n  created: 2020-01-02\n  updated: 2021-02-03\n---\n", "2020-01-02", "2021-02-03"),
    ],
    ids=range(5),
)
def test_original_dates_stay(bring, folder, front, created, edited):
    root = folder({"a.md": front.replace("---\n", "---\ntags: [dns]\n", 1) + "# Words\n\nText.\n"})
    report, _, _ = bring(root)
    found = article("a.md")
    assert report["losses"] == {} and f"{found.created_at:%Y-%m-%d}" == created
    assert (found.edited_at and f"{found.edited_at:%Y-%m-%d}") == edited
    for tag in db.session.scalars(select(PostTag)):
        assert tag.created_at == found.created_at and tag.last_activity_at == found.last_activity_at
    (root / "a.md").write_text((root / "a.md").read_text().replace(created[:4], "2013") + "More.\n")
    bring(root)
    assert article("a.md").created_at.year == (
        2013 if "20" + created[2:4] in front else found.created_at.year
    )


def test_a_date_that_cannot_be_is_counted_and_a_file_s_time_is_none(bring, folder):
    root = folder(
        {"a.md": "---\ndate: 2131-01-01\n---\n# A\n", "b.md": "---\ndate: soon\ntitle: B\n---\nx\n"}
    )
    report, rows, _ = bring(root)
    assert report["losses"] == {"dates": 2} and "2131" in rows[0]["what"]
    assert article("a.md").created_at.date() == datetime.now(UTC).date()


@pytest.mark.parametrize(
    ("text", "title", "rest"),
    [
        ("---\ntitle: Server: harden it\n---\n\nx\n", "Server: harden it", "x"),
        ("---\ntitle: 'Quoted': not quite\n---\nx\n", "'Quoted': not quite", "x"),
        ("---\ntitle: @home\nkeywords:\n\t- a\n---\nx\n", "@home", "x"),
        ('---\ntitle: "Good: yaml" # remark\n---\nx\n', "Good: yaml", "x"),
        ('+++\ntitle = "Toml"\n[extra]\na = 1\n+++\nx\n', "Toml", "x"),
        ("---\n---\n# Empty\n\nx\n", "Empty", "x"),
        ("\ufeff---\r\ntitle: Mark\r\n---\r\nx\r\n", "Mark", "x"),
        ("---\ntitle: Dots\n...\nx\n", "Dots", "x"),
        ('{\n  "title": "Json"\n}\n\nx\n', "Json", "x"),
        ("Setext\n======\n\nx\n", "Setext", "x"),
        ("---\nwords between rules\n---\n", "A", "<hr"),
    ],
    ids=range(11),
)
def test_front_matter_of_every_kind(bring, folder, text, title, rest):
    report, _, _ = bring(folder({"a.md": text}))
    assert report["errors"] == [] and report["losses"] == {}
    assert article("a.md").title == title and rest in article("a.md").body_html


def test_suffixes_encodings_and_parts(bring, folder):
    root = folder(
        {
            "UP.MD": "# Up\n",
            "b.markdown": "# B\n",
            "c.txt": "# C\n",
            "LICENSE.txt": "Free.\n",
            "latin.md": "# Größe\n\nändern\n".encode("latin-1"),
            "d.mdx": "import X from 'x'\n\n# D\n\n<Note title=\"Mind\">\n  Words <X a={1}/> here.\n</Note>\n",
            "includes/part.md": "---\nms.topic: include\n---\nShared [up](../UP.MD).\n",
            "sub/e.md": "# E\n\n[!INCLUDE [x](../includes/part.md)]\n\n[!INCLUDE [y](gone.md)]\n",
        }
    )
    report, rows, _ = bring(root)
    assert report["added"]["articles"] == 6 and report["errors"] == []
    assert report["skipped"]["includes"] == report["skipped"][".txt"] == 1
    assert report["losses"] == {"components": 2, "encodings": 1, "files": 2, "includes": 1}, rows
    assert article("latin.md").title == "Größe"
    assert f'Shared <a href="{article("UP.MD").url}">up</a>' in article("sub/e.md").body_html
    shown = article("d.mdx").body_html
    assert "<strong>Note: Mind</strong>" in shown and "<blockquote" in shown and "import" not in shown
    assert "&lt;X" not in shown


DIALECTS = {
    "> [!WARNING]\n> Turn **it** off.": "Warning",
    "> [!note]- Folded title\n> Turn **it** off.": "Note: Folded title",
    '!!! danger "Backup first"\n    Turn **it** off.': "Danger: Backup first",
    "!!!tip\n    Turn **it** off.": "Tip",
    '??? info "More"\n    Turn **it** off.': "Info: More",
    ":::caution Look\nTurn **it** off.\n:::": "Caution: Look",
    ":::tip[Look]\nTurn **it** off.\n:::": "Tip: Look",
    "::: {.warning}\nTurn **it** off.\n:::": "Warning",
    "```{important}\nTurn **it** off.\n```": "Important",
    "{{< hint warning >}}\nTurn **it** off.\n{{< /hint >}}": "Warning",
    '{{% notice note "Mind this" %}}Turn **it** off.{{% /notice %}}': "Note: Mind this",
    '{{< callout type="info" >}}\n  Turn **it** off.\n{{< /callout >}}': "Info",
    '{% hint style="danger" %}\nTurn **it** off.\n{% endhint %}': "Danger",
    "{% note %}\n\nTurn **it** off.\n\n{% endnote %}": "Note",
    "{: .warning }\nTurn **it** off.": "Warning",
    "Turn **it** off.\n{: .note }": "Note",
}


@pytest.mark.parametrize(("text", "label"), DIALECTS.items(), ids=range(len(DIALECTS)))
def test_callouts_of_every_dialect_are_quotes_under_a_label(bring, folder, text, label):
    report, _, _ = bring(folder({"a.md": f"# A\n\nbefore\n\n{text}\n\nafter\n"}))
    shown = article("a.md").body_html
    assert f"<blockquote>\n<p><strong>{label}</strong></p>\n<p>Turn <strong>it</strong> off.</p>" in shown, (
        shown
    )
    assert report["losses"] == {} and "<p>after</p>" in shown and "pre>" not in shown


@pytest.mark.parametrize(
    "text",
    [
        '=== "Windows"\n\n    Do **this**.\n\n=== "Linux"\n\n    Do that.',
        "# [Windows](#tab/win)\n\nDo **this**.\n\n# [Linux](#tab/lin)\n\nDo that.\n\n---",
        '{{< tabs >}}\n{{< tab "Windows" >}}\nDo **this**.\n{{< /tab >}}\n{{< tab "Linux" >}}\nDo that.\n'
        "{{< /tab >}}\n{{< /tabs >}}",
        '{% tabs %}\n{% tab title="Windows" %}\nDo **this**.\n{% endtab %}\n'
        '{% tab title="Linux" %}\nDo that.\n'
        "{% endtab %}\n{% endtabs %}",
        "::::{tab-set}\n:::{tab-item} Windows\nDo **this**.\n:::\n:::{tab-item} Linux\nDo that.\n:::\n::::",
    ],
    ids=range(5),
)
def test_tabs_are_headings(bring, folder, text):
    report, _, _ = bring(folder({"a.md": f"# A\n\n## Steps\n\n{text}\n\nafter\n"}))
    shown = article("a.md").body_html
    assert '<h3 id="h-windows">Windows</h3>\n<p>Do <strong>this</strong>.</p>' in shown, shown
    assert '<h3 id="h-linux">Linux</h3>\n<p>Do that.</p>' in shown and report["losses"] == {}
    assert "<hr" not in shown and "<p>after</p>" in shown


def test_what_only_a_generator_understands_goes_and_is_counted(bring, folder):
    text = (
        '# A\n\n[x](https://e.example){: target="_blank" } {{< param Name >}} `{{< kept >}}`\n\n'
        '{{< figure src="p.png" alt="Alt" >}}\n\n:::moniker range="x"\nWords.\n:::moniker-end\n\n'
        '[!VIDEO https://v.example/1]\n\n{{< youtube abc >}}\n\n<iframe src="https://v.example/2"></iframe>\n\n'
        "```text {linenos=true}\n{{< kept too >}}\n!!! note\n    code\n```\n\n"
        "<!-- hidden -->\n[//]: # (hidden)\n"
    )
    report, _, _ = bring(folder({"a.md": text}))
    assert report["losses"] == {
        "attributes": 2,
        "comments": 2,
        "directives": 1,
        "embeds": 3,
        "images": 1,
        "shortcodes": 1,
    }
    shown = article("a.md").body_html
    assert "{{&lt; kept &gt;}}" in shown and "{{&lt; kept too &gt;}}" in shown and "param" not in shown
    assert "moniker" not in shown and "hidden" not in shown and "Words." in shown
    for address in ("https://v.example/1", "https://www.youtube.com/watch?v=abc", "https://v.example/2"):
        assert f'href="{address}"' in shown


@pytest.mark.every_database
def test_files_that_vanished_are_named_and_taken_out_if_wished(bring, folder):
    root = folder({"one.md": "# Page one\n\nSee [two](two.md).\n", "two.md": "# Page two\n\nText.\n"})
    bring(root)
    two = (root / "two.md").read_text()
    (root / "two.md").unlink()
    report, rows, _ = bring(root)
    assert report["losses"] == {"links": 1, "vanished files": 1} and report["updated"]["articles"] == 1
    assert [row["page"] for row in rows if row["kind"] == "vanished files"] == ["two.md"]
    assert article("two.md").is_public
    report, _, _ = bring(root, "--unpublish-missing")
    assert report["updated"]["unpublished"] == 1 and not article("two.md").is_public
    report, _, _ = bring(root, "--unpublish-missing")
    assert report["updated"].get("unpublished", 0) == 0 and report["losses"] == {"links": 1}
    (root / "two.md").write_text(two)
    report, _, _ = bring(root, "--unpublish-missing")
    assert article("two.md").is_public and report["losses"] == {}


def test_who_publishes_a_vanished_article_again_has_the_last_word(bring, folder, moderator):
    root = folder({"one.md": "# Page one\n", "two.md": "# Page two\n"})
    bring(root)
    (root / "two.md").unlink()
    bring(root, "--unpublish-missing")
    actions.publish(article("two.md"), by=moderator)
    db.session.commit()
    bring(root, "--unpublish-missing")
    assert article("two.md").is_public


def test_a_file_that_is_refused_has_not_vanished(bring, folder):
    root = folder({"one.md": "# Page one\n", "two.md": "# Page two\n"})
    bring(root)
    (root / "two.md").write_bytes(b"\x00\x01")
    report, _, _ = bring(root, "--unpublish-missing")
    assert len(report["errors"]) == 1 and article("two.md").is_public and report["losses"] == {}


def test_a_second_run_counts_the_same_and_changes_nothing(bring, folder):
    root = folder({"a.md": LINKS, "b.md": "# Second page\n"})
    first, _, _ = bring(root)
    second, rows, _ = bring(root)
    assert second["losses"] == first["losses"] and len(rows) == sum(second["losses"].values())
    assert set(second["added"].values()) == set(second["updated"].values()) == {0}
    assert second["skipped"]["articles"] == 2


@pytest.mark.long
@pytest.mark.realdata
@pytest.mark.parametrize(
    "name",
    [
        "markdown/sysinternals",
        "markdown/prometheus-runbooks",
        "markdown/incident-response-docs",
        "owasp-cheatsheets",
        "../cases/markdown-import",
    ],
)
def test_losses_are_those_of_an_independent_count(name, tmp_path):
    report, shown, lost = compare_markdown.bring(DATA / name, tmp_path / "instance")
    count = compare_markdown.compare(DATA / name, shown, lost)
    assert report["errors"] == [] and count.differing == []
    assert count.pages == len(shown) or name.endswith("import")  # .txt pages are not compared
    for kind in ("links", "images"):
        assert count.source[kind] - count.result[kind] == report["losses"].get(kind, 0)
    for kind in ("tables", "code blocks", "headings", "callouts"):
        assert count.source[kind] == count.result[kind]


def test_front_matter_that_is_not_taken_is_counted(bring, folder):
    facts = {
        "title": "T" * 210, "summary": "S" * 310, "tags": [*"abcdef", "not/usable"], "Owner": "the team",
        "version": "1.2", "applies_to": [f"p{number}" for number in range(52)], "weight": 5, "layout": "page",
    }  # fmt: skip
    report, rows, _ = bring(folder({"a.md": f"---\n{json.dumps(facts)}\n---\nText.\n"}))
    assert report["losses"] == {"front matter": 6, "tags": 2}, rows
    assert len(article("a.md").tags) == 5


def test_lines_of_text_between_rules_stay_text(bring, folder):
    text = "# Page\n\n"
    lines = "---\nStatus: closed since May\nOwner: the team\n---\n"
    report, _, _ = bring(folder({"a.md": lines + text, "b.md": "---\nsee-also: the other page\n---\n"}))
    assert report["losses"] == {}
    shown = article("a.md").body_html
    assert "closed since May" in shown and "the team" in shown and "the other" in article("b.md").body_html


@pytest.mark.parametrize("front", ["---\ndraft: true\n---\n", "+++\ndraft = true\n+++\n"])
def test_a_draft_is_imported_and_published_once_it_is_none(bring, folder, front):
    root = folder({"a.md": f"{front}# Page\n\nText.\n"})
    report, rows, _ = bring(root)
    assert report["losses"] == {"drafts": 1} and rows[0]["why"].startswith("draft")
    assert article("a.md").status == "draft" and not article("a.md").is_public
    assert bring(root)[0]["skipped"]["articles"] == 1 and not article("a.md").is_public
    for now, is_public in ((front.replace("true", "false"), True), (front, False), ("", True)):
        (root / "a.md").write_text(f"{now}# Page\n\nText.\n")
        bring(root)
        db.session.expire_all()
        assert article("a.md").is_public is is_public
