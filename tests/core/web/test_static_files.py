"""Static files are kept for a year under the hash of what they hold, and under no other."""

import re

import pytest


@pytest.fixture
def address(client):
    return re.search(r'href="(/static/css/[^"]+)"', client.get("/help").text)[1]


def test_the_file_that_the_address_names_is_kept(client, address):
    kept = client.get(address).cache_control
    assert kept.public and kept.immutable and kept.max_age == 365 * 24 * 3600


def test_another_versions_address_is_answered_but_not_kept(client, address):
    """While hosts are upgraded one by one, the old one is asked for the new file."""
    answer = client.get(re.sub("v=.*", "v=0123456789ab", address))
    assert answer.status_code == 200 and answer.cache_control.no_cache and not answer.cache_control.max_age


def test_a_missing_file_is_not_kept(client):
    answer = client.get("/static/css/nothing.css?v=0123456789ab")
    assert answer.status_code == 404 and not answer.cache_control.immutable
