"""Search: identifiers, language, visibility, hostile input."""

from urllib.parse import quote_plus

import pytest

from auth.models import Visitor
from core.limits.bounds import MAX_QUERY_BYTES
from posts import actions
from search import queries
from search.analysis import terms
from search.parser import parse


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("CVE-2017-0144", "cve-2017-0144"),
        ("cve20170144", "cve-2017-0144"),
        ("kb 4012598", "kb4012598"),
        ("KB4012598", "kb4012598"),
        ("ms17010", "ms17-010"),
        ("0X80070643", "0x80070643"),
        ("10.0.19045.3930", "10.0.19045.3930"),
    ],
)
def test_identifiers_stay_whole(text, term):
    assert term in terms(text)


def test_logging_is_stemmed_right():
    assert terms("logging") == terms("log") == ["log"]


def test_language():
    query = parse('tag:dns user:ada is:accepted layer:host after:2026-01 "zone transfer" -bind resolver')
    assert query.only == {"tag": ["dns"], "author": ["ada"], "state": ["accepted"], "layer": ["host"]}
    assert query.phrases == [terms("zone transfer")]
    assert query.excluded == [terms("bind")] and query.terms == terms("resolver")
    assert query.after.year == 2026


HOSTILE = [
    "[a TO z]",
    "word~9",
    "(" * 1000,
    "*",
    "NOT " * 1000,
    "a" * 100_000,
    '"' * 999,
    "tag:" * 200,
    "\x00\x1b",
    "before:9999-99-99",
    "kind:nothing",
    "-",
    "--",
    ":::",
    "con*",
    "~2 " * 20,
    "😀" * 300,
]


@pytest.mark.every_database(long=True)
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_no_query_is_an_error(client, make_question, drain, text):
    make_question()
    drain()
    is_bounded = len(quote_plus(text)) > MAX_QUERY_BYTES - 2  # refused before it is read
    assert client.get("/search", query_string={"q": text}).status_code == (414 if is_bounded else 200)
    query = parse(text)
    assert len(query.terms) <= 32 and len(query.excluded) <= 12


def found(text):
    return [hit.title for hit in queries.search(text, user=Visitor()).hits]


@pytest.mark.every_database(long=True)
def test_a_new_post_is_found_and_a_removed_one_is_not(make_question, drain, member):
    question = make_question("Where does KB4012598 leave its log file?")
    drain()
    assert found("kb4012598") == [question.title]
    actions.delete(question, by=member)
    assert found("kb4012598") == [], "hidden at once, before the index hears of it"
    drain()
    results = queries.search("kb4012598", user=Visitor())
    assert results.total == 0 and not any(results.facets.get("kind", {}).values())


@pytest.mark.every_database(long=True)
def test_a_lost_index_is_said_and_healed(client, make_question, drain, lose_index):
    make_question("Where does KB4012598 leave its log file?")
    drain()
    lose_index()
    assert "being rebuilt" in client.get("/search?q=kb4012598").text
    make_question("A second question about something else")
    drain()
    assert found("kb4012598")
