"""Issuers' Markdown, HTML and plain text on the page: rendered, safe, and the same in our documents."""

import json

import pytest

from advisories import advisory as adv
from advisories import recognise
from bulletins import issuer_texts, queries, store_actions, text_tasks
from bulletins.catalogue import Catalogue
from core.database.db import db
from core.markup.markup import MARKUP_VERSION
from tests.advisories.documents import CSAF, copy_of
from tests.bulletins.conftest import MARCH, fix, vulnerability

TABLE = (
    "| Version | Fix |\n|---|---|\n| 9 | 9.1 |\n\nSee [the guide](https://acme.example/guide).\n\n"
    "```\nnet stop x\n```"
)
HTML = (
    "<p>Close <b>port</b> 99.</p><ul><li>one</li></ul><table><tr><th>A</th></tr><tr><td>1</td></tr></table>"
)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("One\ntwo", "<p>One<br>\ntwo</p>"),
        ("a *b _c_ <b>d</b>", "<p>a *b _c_ &lt;b&gt;d&lt;/b&gt;</p>"),
        ("1.5 is fixed", "<p>1.5 is fixed</p>"),
        ("    indented", "<p>indented</p>"),
        ("- one\n- two", "<ul>\n<li>one</li>\n<li>two</li>\n</ul>"),
        ("# Head\n\ntext", "<p><strong>Head</strong></p>\n<p>text</p>"),
        ("[x](javascript:alert(1)) **b**", "<p>[x](javascript:alert(1)) <strong>b</strong></p>"),
        (
            "See https://a.example/x_y?a=1&b=2.",
            '<p>See <a href="https://a.example/x_y?a=1&amp;b=2" rel="nofollow ugc noopener">'
            "https://a.example/x_y?a=1&amp;b=2</a>.</p>",
        ),
    ],
)
def test_plain_text_stays_as_it_is_and_markdown_is_rendered(app, text, html):
    assert issuer_texts.rendered([text])[issuer_texts.key(text)].strip() == html


def test_bounds_of_texts(app, monkeypatch):
    monkeypatch.setattr(issuer_texts, "MAX_TEXTS", 2)
    assert len(issuer_texts.rendered(["a", "b", "c"])) == 2
    monkeypatch.setattr(issuer_texts, "MAX_TEXTS", 100)
    monkeypatch.setattr(issuer_texts, "MAX_CHARACTERS", 10)
    assert len(issuer_texts.rendered(["a" * 6, "b" * 6])) == 1
    monkeypatch.setattr(issuer_texts, "MAX_CHARACTERS", 1_000)
    monkeypatch.setattr(issuer_texts, "MAX_SECONDS", 0)
    assert issuer_texts.rendered(["a"]) == {}


def test_notes_remedies_history_and_thanks_are_on_the_page(client, make_advisory, store):
    bulletin = store(
        make_advisory(
            acknowledgments=[
                {
                    "names": ["Ada"],
                    "organization": "Lab",
                    "summary": "for the report",
                    "urls": ["https://ada.example/"],
                }
            ],
            history=[
                adv.RevisionEntry("1", MARCH, "Initial release"),
                adv.RevisionEntry("2", MARCH, "Added **9.1**."),
            ],
            version="2",
            license="CC-BY-4.0",
            notes=[adv.Note("summary", "A file."), adv.Note("details", TABLE, "Details")],
            references=[adv.Reference(f"https://acme.example/{n}", f"Reference {n}") for n in range(25)],
            vulnerabilities=[
                vulnerability(
                    notes=[adv.Note("description", "Two\nlines", "Description")],
                    remedies=[fix("A", "B"), adv.Remedy("workaround", "- Close it.\n- Lock it.", ("A",))],
                    metrics=[
                        adv.Metric("epss", "0.91", "0.99", MARCH),
                        adv.Metric("ssvc", "Exploitation: Active"),
                    ],
                    other_cwes=[("CWE-20", "Improper Input Validation")],
                )
            ],
        )
    ).bulletin
    text = client.get(bulletin.url).text
    for words in (
        "<td>9.1</td>",
        '<a href="https://acme.example/guide" rel="nofollow ugc noopener">the guide</a>',
        "net stop x",
        "Two<br>",
        "<li>Close it.</li>",
        "Added <strong>9.1</strong>.",
        "Revisions by the issuer",
        "Ada, Lab: for the report",
        "https://ada.example/",
        "CC-BY-4.0",
        "Reference 24",
        "EPSS 91.0 %",
        "SSVC: Exploitation: Active",
        "CWE-20",
        "TLP:WHITE",
    ):
        assert words in text, words


def test_html_of_a_csaf_document_becomes_markup_not_tags(client, app):
    document = copy_of(CSAF)
    hole = document["vulnerabilities"][0]
    hole["notes"] = [{"category": "description", "text": HTML + "<script>alert(1)</script>", "title": "D"}]
    hole["remediations"][1]["details"] = "<p>Block <a href='javascript:alert(1)'>port</a> 99.</p>"
    (advisory,) = recognise.read(json.dumps(document).encode(), "f")
    bulletin = store_actions.store(advisory, catalogue=Catalogue()).bulletin
    db.session.commit()
    text = client.get(bulletin.url).text
    assert "<p>Close <strong>port</strong> 99.</p>" in text and "<td>1</td>" in text
    assert "alert(1)" not in text and "&lt;p&gt;" not in text


def test_what_could_not_be_rendered_is_shown_as_text_and_rendered_at_night(client, make_advisory, store):
    bulletin = store(
        make_advisory(notes=[adv.Note("summary", "x"), adv.Note("details", "A **b**.")])
    ).bulletin
    db.session.execute(
        db.update(type(bulletin))
        .where(type(bulletin).id == bulletin.id)
        .values(texts_html=None, texts_version=None)
    )
    db.session.commit()
    client.get("/bulletins")
    assert "A **b**." in client.get(f"{bulletin.url}?x").text
    text_tasks.render_texts()
    assert queries.get_whole(bulletin.id).texts_version == MARKUP_VERSION
    assert "A <strong>b</strong>." in client.get(f"{bulletin.url}?y").text
