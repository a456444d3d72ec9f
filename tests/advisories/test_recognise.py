"""Formats are recognised by content; hostile files cost little and say why and where they are refused."""

import json

import pytest

from advisories import parsing, recognise
from advisories.advisory import Unusable
from advisories.unpacking import archives
from tests.advisories.documents import CSAF, CVE, CVRF, copy_of

ENTITY = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
BODY = CVRF.partition("?>")[2]
HOSTILE = {
    "entities": (ENTITY + BODY.replace("Gate falls open", "&b;"), "document type"),
    "file": (
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + BODY.replace("Box", "&e;"),
        "document type",
    ),
    "doctype": ("<!DOCTYPE cvrfdoc>" + BODY, "document type"),
    "deep xml": ("<a>" * 100_000, "nested deeper"),
    "half xml": (CVRF[:2000], "line "),
    "other xml": ("<html/>", "/html: this is a web page"),
    "encoding": ('<?xml version="1.0" encoding="no-such"?><cvrfdoc/>', "encoding"),
    "deep json": ('{"a": ' * 100_000, "nested too deeply"),
    "deep lists": ('{"document": ' + "[" * 100_000, "nested too deeply"),
    "long number": ('{"document": ' + "9" * 5000 + "}", "number"),
    "half json": ('{"document": {', "line 1, column 15"),
    "other json": ('{"document": {"title": "x"}}', "no advisory of a known format"),
    "csaf 1": ('{"document": {"csaf_version": "1.0"}}', "csaf_version"),
    "many parts": ('{"a": [' + "[]," * 2_000_001 + "[]]}", "objects and lists"),
    "list": ("[]", "an empty list"),
    "nothing": ("", "an empty file"),
    "archive": ("PK\x03\x04", "the zip file is broken"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_with_a_reason(name):
    text, reason = HOSTILE[name]
    with pytest.raises(Unusable) as error:
        recognise.read(text.encode(), "some file")
    assert str(error.value).startswith("some file: ") and reason in str(error.value)
    assert "passwd" not in str(error.value)


def test_what_is_no_utf8_or_too_large_is_refused(monkeypatch):
    with pytest.raises(Unusable, match="byte 15: this is not UTF-8"):
        recognise.read(b'{"document": "\x20\xff"}', "f")
    monkeypatch.setattr(archives, "MAX_BYTES", 10)
    with pytest.raises(Unusable, match="larger than"):
        recognise.read(b"{" + b" " * 10, "f")


def test_the_content_tells_the_format_with_and_without_a_byte_order_mark():
    for document, name in ((json.dumps(CSAF), "csaf"), (json.dumps(CVE), "cve"), (CVRF, "cvrf")):
        for mark in (b"", b"\xef\xbb\xbf", b"\n "):
            data = mark + document.encode() if mark != b"\n " or name != "cvrf" else document.encode()
            assert recognise.read(data, "x.pdf")[0].format == name


def test_long_texts_are_cut_and_odd_characters_dropped():
    document = copy_of(CSAF)
    document["document"]["title"] = "a\x00b\ud800 \r\n c" + "x" * 5000
    document["document"]["notes"][0]["text"] = "y" * 300_000
    (advisory,) = recognise.read(json.dumps(document).encode(), "f")
    assert advisory.title.startswith("ab cxxx") and len(advisory.title) <= parsing.MAX_LINE_LENGTH
    assert len(advisory.notes[0].text) == parsing.MAX_TEXT_LENGTH
    assert {warning.partition(":")[0] for warning in advisory.warnings} == {
        "/document/title",
        "/document/notes/0/text",
    }


def test_warnings_are_bounded():
    document = copy_of(CSAF)
    document["document"]["notes"] = [1] * 10_000
    (advisory,) = recognise.read(json.dumps(document).encode(), "f")
    assert len(advisory.warnings) == parsing.MAX_WARNINGS + 1


@pytest.mark.parametrize(
    "html",
    [
        "<span>" * 5000 + "x",
        "<ul><li>" * 1900 + "x",
        "<table><tr><td>" * 900 + "x",
        "<p " + "a=b " * 20_000 + ">x",
    ],
)
def test_absurd_html_keeps_its_words(html):
    assert "x" in parsing.Log().html(html, "/")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("<p>One</p><p>Two</p>", "One\n\nTwo"),
        ("Update to&nbsp;4.9", "Update to 4.9"),
        ("A<br/>b", "A\\\nb"),
        ("Type <interface> or <b>", "Type <interface> or <b>"),
        ("a < b > c & d", "a < b > c & d"),
        ("A tag &lt;b&gt; in a page", "A tag \\<b> in a page"),
    ],
)
def test_html_is_told_from_plain_words(text, kept):
    assert parsing.Log().prose(text, "/").replace("\u00a0", " ") == kept
