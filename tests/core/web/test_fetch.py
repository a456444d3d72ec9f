"""Documents of other sites: only public addresses, checked at every hop, with bounds on everything."""

import gzip
import socket
import time

import pytest

from core.web import fetch
from core.web.fetch import Unfetchable, Validators
from tests import site_server


@pytest.fixture
def server(app):
    """A server on this machine that the setting for tests names."""
    with site_server.running() as server:
        app.config["REDOUBT_FETCH_LOOPBACK"] = (server.origin,)
        yield server


def get(url, **more):
    return fetch.fetch(url, **{"max_bytes": 1_000_000, "seconds": 5, **more})


@pytest.mark.parametrize(
    "address",
    (
        "127.0.0.1 10.1.2.3 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 240.0.0.1 "
        "255.255.255.255 192.0.2.1 198.18.0.1 ::1 :: fe80::1 fe80::1%eth0 fc00::1 ff02::1 ::ffff:127.0.0.1 "
        "::ffff:10.0.0.1 ::127.0.0.1 64:ff9b::7f00:1 64:ff9b::a00:1 2002:7f00:1:: 2001::1 2001:db8::1 name"
    ).split(),
)
def test_addresses_that_are_not_public(address):
    assert not fetch.is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_addresses_that_are_public(address):
    assert fetch.is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "https://user:secret@example.com/",
        "https://example.com@127.0.0.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0177.0.0.1/",
        "https://127.1/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://localhost/",
        "https://intranet/",
        "https://example.com:22/",
        "https://example.com:99999/",
        "https://example.com/a b",
        "https://example.com/\r\nX: 1",
        "https://ex\u00e4mple.com/",
        "https://example.com/" + "a" * 1000,
        "https:///path",
        "",
    ],
)
def test_addresses_that_are_refused_before_anything_is_resolved(app, monkeypatch, url):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_words, **_more: pytest.fail("resolved"))
    with pytest.raises(Unfetchable) as caught:
        get(url)
    assert caught.value.is_refused


def test_a_name_is_refused_when_any_of_its_addresses_is_not_public(app, monkeypatch):
    both = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8", 443)),
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.5", 443)),
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_words, **_more: both)
    with pytest.raises(Unfetchable, match=r"10\.0\.0\.5, which is not public"):
        get("https://two-faced.example/")


def test_the_connection_goes_to_the_address_that_was_checked(app, monkeypatch):
    """A resolver that answers otherwise the second time (rebinding) is not asked a second time."""
    answers = iter([("8.8.8.8", 443), ("127.0.0.1", 443)])
    asked, connected = [], []

    def resolve(host, *_words, **_more):
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", next(answers))]

    def connect(_socket, address):
        connected.append(address)
        raise ConnectionRefusedError(111, "refused")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket.socket, "connect", connect)
    with pytest.raises(Unfetchable, match="connection failed"):
        get("https://rebinding.example/")
    assert (asked, connected) == (["rebinding.example"], [("8.8.8.8", 443)])


def test_proxies_of_the_environment_are_not_used(server, monkeypatch):
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    server.pages["/a"] = b"text"
    assert get(f"{server.url}/a").body == b"text"


def test_only_the_named_server_of_this_machine_is_fetched(app, server):
    with site_server.running() as other:
        other.pages["/secret"] = b"secret"
        server.pages["/a"] = site_server.redirect(f"{other.url}/secret")
        for url in (f"{other.url}/secret", f"{server.url}/a"):
            with pytest.raises(Unfetchable) as caught:
                get(url)
            assert caught.value.is_refused
        assert not other.seen


def test_without_the_setting_this_machine_is_not_fetched(app, server):
    app.config["REDOUBT_FETCH_LOOPBACK"] = ()
    with pytest.raises(Unfetchable, match="https"):
        get(f"{server.url}/a")
    assert not server.seen


def test_three_redirects_are_followed_and_no_more(server):
    server.pages |= {f"/{n}": site_server.redirect(f"/{n + 1}", 301 + n % 2) for n in range(5)}
    server.pages["/3"] = b"text"
    found = get(f"{server.url}/0")
    assert (found.body, found.url) == (b"text", f"{server.url}/3")
    server.pages["/3"] = site_server.redirect("/4")
    with pytest.raises(Unfetchable, match="more than 3 redirects"):
        get(f"{server.url}/0")


def test_an_unchanged_document_is_not_transferred(server):
    server.pages["/a"] = b"text"
    first = get(f"{server.url}/a")
    second = get(f"{server.url}/a", validators=first.validators)
    assert (first.received, second.body, second.received) == (4, None, 0)
    assert second.validators == first.validators


def test_a_304_that_nobody_asked_for_is_an_error(server):
    server.pages["/a"] = lambda handler: handler.send(304)
    with pytest.raises(Unfetchable, match="304"):
        get(f"{server.url}/a")
    with pytest.raises(Unfetchable, match="304"):
        get(f"{server.url}/a", validators=Validators())


def test_a_missing_document_is_none_only_when_it_may_be_missing(server):
    assert get(f"{server.url}/a", is_optional=True) is None
    with pytest.raises(Unfetchable, match="404"):
        get(f"{server.url}/a")


@pytest.mark.parametrize("page", [site_server.endless, site_server.announced_large, site_server.bomb()])
def test_what_is_too_large_is_not_read(server, page):
    server.pages["/a"] = page
    started = time.monotonic()
    with pytest.raises(Unfetchable, match="larger than") as caught:
        get(f"{server.url}/a")
    assert caught.value.is_refused and caught.value.received <= 1_100_000
    assert time.monotonic() - started < 5


def test_a_compressed_answer_is_unpacked(server):
    text = b"words of all kinds " * 1000
    server.pages["/a"] = lambda handler: handler.send(200, gzip.compress(text), Content_Encoding="gzip")
    found = get(f"{server.url}/a")
    assert found.body == text and found.received < len(text) // 10


@pytest.mark.parametrize(
    ("page", "why"),
    [
        (site_server.cut_off, "connection failed"),
        (lambda handler: handler.send(200, b"no gzip", Content_Encoding="gzip"), "broken"),
        (lambda handler: handler.send(200, gzip.compress(b"a" * 99)[:-9], Content_Encoding="gzip"), "failed"),
        (lambda handler: handler.send(200, b"x", Content_Encoding="br"), "not asked for"),
        (lambda handler: handler.send(500, b"x"), "status 500"),
        (lambda handler: handler.send(206, b"x"), "status 206"),
    ],
)
def test_answers_that_cannot_be_used(server, page, why):
    server.pages["/a"] = page
    with pytest.raises(Unfetchable, match=why):
        get(f"{server.url}/a")


def test_a_slow_server_ends_at_the_deadline(server):
    server.pages["/a"] = site_server.dripping
    started = time.monotonic()
    with pytest.raises(Unfetchable, match="too long"):
        get(f"{server.url}/a", seconds=0.7)
    assert time.monotonic() - started < 3
