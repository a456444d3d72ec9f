"""Addresses from outside: what may be linked to, and how it is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisories.addresses import MAX_URI_LENGTH, is_uri, is_web_address, percent_encode

GOOD = [
    "https://acme.example/a?b=c#d",
    "http://[::1]:80/",
    "https://u:p@acme.example/%41",
    "HTTPS://ACME.EXAMPLE",
]
BAD = [
    "",
    "acme.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "//acme.example",
    "http://",
    "http:///a",
    "https://a b/",
    "http://[::1",
    "http://[x]/",
    "http://a:b/",
    "https://a/#b#c",
    "https://a/\n",
    "ftp://a/",
    "https://a/" + "x" * MAX_URI_LENGTH,
]


@pytest.mark.parametrize("address", GOOD)
def test_web_addresses(address):
    assert is_web_address(address) and is_uri(address) and percent_encode(address) == address


@pytest.mark.parametrize("address", BAD)
def test_what_is_none(address):
    assert not is_web_address(address)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("https://a/ü x", "https://a/%C3%BC%20x"),
        ("https://a/[b]?q=a|b", "https://a/%5Bb%5D?q=a%7Cb"),
        ("https://a/100%", "https://a/100%25"),
        ("https://a/%41", "https://a/%41"),
    ],
)
def test_what_may_not_stand_in_an_address_is_encoded(written, kept):
    assert percent_encode(written) == kept and is_web_address(kept)


@given(st.text())
def test_tidying_twice_is_tidying_once(text):
    assert percent_encode(percent_encode(text)) == percent_encode(text)
