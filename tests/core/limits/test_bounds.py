"""Queries, forms and JSON are counted before they are decoded; answers about what is wrong are short."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.exceptions import HTTPException

from core.limits import bounds
from core.limits.bounds import (
    MAX_DEPTH,
    MAX_ERRORS,
    MAX_FORM_FIELDS,
    MAX_KEYS,
    MAX_NAME_CHARACTERS,
    MAX_QUERY_BYTES,
    MAX_QUERY_PARAMETERS,
    MAX_VALUES,
)
from core.web.forms import Invalid

FORM = "application/x-www-form-urlencoded"
MAX_ANSWER_BYTES = 30_000
OVER = {
    "keys": json.dumps({f"k{n}": 1 for n in range(MAX_KEYS + 1)}),
    "one key again and again": "{" + ",".join(['"a":1'] * (MAX_KEYS + 1)) + "}",
    "keys of many objects": json.dumps({"a": [{"b": 1}] * MAX_KEYS}),
    "items": json.dumps({"a": [1] * (MAX_VALUES + 1)}),
    "empty lists": json.dumps({"a": [[]] * (MAX_VALUES + 1)}),
    "strings without commas": '{"a": ' + '""' * 500_000,
    "long name": json.dumps({"k" * (MAX_NAME_CHARACTERS + 1): 1}),
    "long escaped name": '{"' + "\\u0041" * (MAX_NAME_CHARACTERS + 1) + '": 1}',
    "long name inside": json.dumps({"a": [{"k" * 100_000: 1}]}),
    "depth": "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1),
    "depth of objects": '{"a":' * (MAX_DEPTH + 1),
    "endless": "[" * 1_000_000,
}


@pytest.mark.parametrize("body", OVER.values(), ids=OVER)
@pytest.mark.parametrize("path", ["/api/v1/alerts", "/alerts", "/preview", "/posts/1/vote"])
def test_json_over_a_bound_is_refused_in_few_words(world, login, body, path):
    answer = login(world.people["admin"]).post(path, data=body, content_type="application/json")
    assert answer.status_code in (400, 413)
    assert len(answer.data) < MAX_ANSWER_BYTES


def test_a_refusal_says_what_is_too_much(client):
    answer = client.post("/api/v1/alerts", data=OVER["keys"], content_type="application/json")
    assert answer.status_code == 413 and f"more than {MAX_KEYS} fields" in answer.json["detail"]
    answer = client.post("/api/v1/alerts", data=OVER["depth"], content_type="application/json")
    assert answer.status_code == 400 and f"more than {MAX_DEPTH} levels deep" in answer.json["detail"]


def test_structure_in_strings_is_not_counted():
    value = {"body": '",:[]{}\\' * 10_000, "b": ["\\", '"', '\\"[[']}
    assert bounds.BoundedJson.loads(json.dumps(value).encode()) == value


def test_other_encodings_cannot_hide_structure(client):
    body = json.dumps({f"k{n}": 1 for n in range(20_000)}).encode("utf-16")
    assert client.post("/api/v1/alerts", data=body, content_type="application/json").status_code == 400


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=20), inner, max_size=5),
    max_leaves=40,
)


@given(VALUES, st.booleans())
def test_what_is_within_the_bounds_is_decoded_as_before(value, escaped):
    text = json.dumps(value, ensure_ascii=escaped).encode("utf-8", "replace")
    try:
        assert bounds.BoundedJson.loads(text) == json.loads(text)
    except bounds.TooDeep:
        assert text.count(b"[") + text.count(b"{") > MAX_DEPTH


@given(st.text(alphabet='[]{}",:\\ a1', max_size=200))
def test_any_text_is_decoded_or_refused(text):
    with suppress(ValueError, HTTPException):
        bounds.BoundedJson.loads(text.encode())


@pytest.mark.parametrize(
    "body",
    [
        "&".join(["a=1"] * (MAX_FORM_FIELDS + 1)),
        "&" * 2_000_000,
        "a" * (MAX_NAME_CHARACTERS + 1) + "=1",
        "%61" * (MAX_NAME_CHARACTERS + 1) + "=1",
    ],
    ids=["many", "separators", "long name", "long escaped name"],
)
@pytest.mark.parametrize("path", ["/theme", "/alerts", "/login", "/preview"])
def test_forms_over_a_bound_are_refused(world, login, app, path, body):
    app.config["WTF_CSRF_ENABLED"] = True  # what guards forms is the first that reads them
    answer = login(world.people["admin"]).post(path, data=body, content_type=FORM)
    assert answer.status_code == 413 and "<h1" in answer.text


def test_a_multipart_form_has_the_same_bounds(world, login):
    client = login(world.people["admin"])
    assert client.post("/theme", data={"n" * 300: "1"}, content_type="multipart/form-data").status_code == 413
    many = {f"f{n}": "1" for n in range(300)}
    assert client.post("/theme", data=many, content_type="multipart/form-data").status_code == 413


@pytest.mark.parametrize(
    "query", ["q=" + "a" * MAX_QUERY_BYTES, "&" * 5_000, "&".join(["a=1"] * (MAX_QUERY_PARAMETERS + 1))]
)
@pytest.mark.parametrize("path", ["/", "/search", "/alerts", "/api/v1/questions", "/nothing", "/healthz"])
def test_queries_over_a_bound_are_refused(client, path, query):
    answer = client.get(f"{path}?{query}")
    assert answer.status_code == 414


def test_errors_are_counted_and_short():
    nested = {number: {"c": ["x" * 5_000]} for number in range(10_000)}
    many = Invalid({"a" * 5_000: [f"sentence {n}" for n in range(30)], "b": nested})
    sentences = [each for found in many.errors.values() for each in found]
    assert len(sentences) == MAX_ERRORS + 1 and len(many.text) < 40_000
    assert many.errors["_"] == ["There are more errors than listed here."]
    assert max(map(len, many.errors)) == MAX_NAME_CHARACTERS


def test_as_many_unknown_keys_as_may_be_get_a_short_answer(client):
    body = {f"k{n}": 1 for n in range(MAX_KEYS)}
    answer = client.post("/api/v1/alerts", json=body)
    assert answer.status_code == 422 and len(answer.data) < MAX_ANSWER_BYTES
    assert 0 < len(answer.json["errors"]) <= MAX_ERRORS + 1
