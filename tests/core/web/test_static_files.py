"""Static files are kept for a year under the hash of what they hold, and under no other."""

import re
from pathlib import Path

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


def test_styles_name_the_fonts_by_the_hash_of_their_content(client):
    """Fonts are named in CSS, which no template makes; a new file needs a new address there."""
    styles = client.get(re.search(r'href="(/static/css/base[^"]+)"', client.get("/help").text)[1]).text
    fonts = re.findall(r'url\("\.\.(/fonts/[^"]+)"\)', styles)
    assert len(fonts) == 4
    assert all(client.get(f"/static{font}").cache_control.immutable for font in fonts)
    preloaded = re.search(r'rel="preload" href="(/static/fonts/sans[^"]+)"', client.get("/help").text)[1]
    assert preloaded.removeprefix("/static") in fonts


def test_every_icon_that_a_template_names_exists():
    shapes = set(re.findall(r'<symbol id="([a-z]+)"', Path("static/img/icons.svg").read_text()))
    named = set()
    for template in Path("templates").rglob("*.html"):
        named |= set(re.findall(r"(?:icon\(|symbol=)'([a-z]+)'", template.read_text()))
    assert {"search", "bell", "flag"} <= named <= shapes
