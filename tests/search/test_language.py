"""The query language: what each thing people type means, and what is said when it means nothing."""

import pytest

from search.analysis import identifier_prefix, positioned_terms, terms
from search.parser import parse


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("CVE-2017-0144", "cve-2017-0144"),
        ("cve20170144", "cve-2017-0144"),
        ("CVE 2017 0144", "cve-2017-0144"),
        ("CVE\u20112017\u20110144", "cve-2017-0144"),
        ("kb 4012598", "kb4012598"),
        ("KB4012598", "kb4012598"),
        ("ms17010", "ms17-010"),
        ("MS17-010", "ms17-010"),
        ("0X80070643", "0x80070643"),
        ("rb2026014", "rb-2026-014"),
        ("10.0.19045.3930", "10.0.19045.3930"),
        ("(19045.3930)", "19045.3930"),
        ("GHSA-jfh8-c2jp-5v3q", "ghsa-jfh8-c2jp-5v3q"),
    ],
)
def test_identifiers_stay_whole(text, term):
    assert terms(text) == [term]


@pytest.mark.parametrize(
    ("written", "called"),
    [("KB4012598", "4012598"), ("0x80070643", "80070643"), ("10.0.19045.3930", "19045.3930")],
)
def test_an_identifier_is_found_by_the_part_people_call_it_by(written, called):
    assert (called, 0) in positioned_terms(written) and terms(called) == [called]


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("cve-2017-01", "cve-2017-01"),
        ("CVE2017", "cve-2017"),
        ("kb 4012", "kb4012"),
        ("ms17-0", "ms17-0"),
        ("0x8007", "0x8007"),
        ("10.0.19", "10.0.19"),
        ("cve", ""),
        ("kbase", ""),
        ("17", ""),
    ],
)
def test_a_begun_identifier_has_the_spelling_of_the_index(text, start):
    assert identifier_prefix(text) == start


def test_words_are_stemmed_without_accents_and_stop_words():
    assert terms("logging") == terms("log") == ["log"]
    assert terms("The naïve Café’s patches") == terms("naive cafe patch")


def test_every_filter():
    query = parse('tag:dns user:Ada is:accepted layer:host after:2026-01 "zone transfer" -bind resolver')
    assert query.only == {"tag": ["dns"], "author": ["ada"], "state": ["accepted"], "layer": ["host"]}
    assert query.phrases == [terms("zone transfer")]
    assert query.excluded == [["bind"]] and query.terms == terms("resolver")
    assert query.after.year == 2026
    assert query.unfiltered == '"zone transfer" -bind resolver'


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("kind:articles", "kind", "article"),
        ("is:question", "kind", "question"),
        ("kind:members", "kind", "user"),
        ("KIND:Answer", "kind", "answer"),
        ("author:ada", "author", "ada"),
        ('tag:"two words"', "tag", "two words"),
    ],
)
def test_filters_are_forgiving(text, field, value):
    query = parse(text)
    assert query.only == {field: [value]} and not query.warnings


def test_minus_turns_a_filter_round():
    query = parse("-tag:dns -before:2025 dns")
    assert query.without == {"tag": ["dns"]} and query.only == {}
    assert query.after.year == 2025 and query.before is None


def test_minus_before_a_phrase_excludes_the_phrase_not_its_words():
    assert parse('backup -"full disk"').excluded == [terms("full disk")]


@pytest.mark.parametrize("text", ["http://example.org/a", "foo:bar", "C:\\Windows", "std::move"])
def test_other_words_with_colons_are_words(text):
    query = parse(text)
    assert query.terms == terms(text) and not query.filters and not query.warnings


@pytest.mark.parametrize(
    "text",
    [
        "kind:nothing",
        "is:happy",
        "layer:roof",
        "tag:",
        "before:yesterday",
        "after:2026-13",
        "before:0000",
        "what is it",
        "a" * 1001,
        "tag:x " * 9,
        '"a1 b1" "a2 b2" "a3 b3" "a4 b4"',
        " ".join(f"w{n}" for n in range(40)),
    ],
)
def test_what_is_not_understood_or_not_used_is_said(text):
    assert parse(text).warnings


def test_an_open_quote_is_no_phrase():
    query = parse('"zone transfer')
    assert query.terms == terms("zone transfer") and not query.phrases


def test_each_filter_knows_the_query_without_it():
    query = parse("tag:dns  resolver kind:answer")
    assert [(f.text, f.without) for f in query.filters] == [
        ("tag:dns", "resolver kind:answer"),
        ("kind:answer", "tag:dns resolver"),
    ]


@pytest.mark.parametrize("text", ["", "   ", "-", "--", '""', ":::", '"', "-:", "tag", "\x00\x1b"])
def test_nothing_is_asked_by_nothing(text):
    query = parse(text)
    assert query.is_empty or query.terms


def test_words_are_counted_for_the_whole_title():
    query = parse("patch the patch")
    assert query.sequence == ["patch", "patch"] and query.terms == ["patch"]
