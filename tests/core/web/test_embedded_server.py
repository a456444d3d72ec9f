"""The server of `python app.py`: what one client holds is bounded."""

import json
import socket
import threading
import time
from contextlib import contextmanager, suppress

import pytest
from flask import url_for

from app import create_app
from core.web import embedded_server, sent_forms
from core.web.body_limits import largest_body
from core.web.embedded_server import Bounds, address_group, create_server

BIG = b"x" * 3_000_000  # more than the kernel takes for a client that does not read
SMALL = {"max_connections": 40, "max_connections_per_address": 8, "max_body_bytes": 1000}


class App:
    """Answers with what it got; /big with a large page, /hold waits until the test lets it go on."""

    def __init__(self):
        self.may_go, self.held = threading.Event(), threading.Semaphore(0)

    def __call__(self, environ, start_response):
        body = environ["wsgi.input"].read()
        if environ["PATH_INFO"] == "/hold":
            self.held.release()
            self.may_go.wait(30)
        length = int(environ.get("CONTENT_LENGTH") or 0)
        status = "413 Content Too Large" if length > len(body) else "200 OK"
        answer = (
            BIG
            if environ["PATH_INFO"] == "/big"
            else json.dumps(
                {
                    "length": length,
                    "stored": len(body),
                    "address": environ["REMOTE_ADDR"],
                    "forwarded": environ.get("HTTP_X_FORWARDED_FOR"),
                }
            ).encode()
        )
        start_response(status, [("Content-Length", str(len(answer)))])
        return [answer]


@contextmanager
def running(app, *, is_proxied=False, **bounds):
    """The port of a server with these bounds, in a thread; the server's count of connections at `.adj`."""
    server = create_server(
        app, Bounds(**{**SMALL, **bounds}), host="127.0.0.1", port=0, is_proxied=is_proxied
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield server
    finally:

        def end():
            raise SystemExit

        server.handle_read = end  # in its own loop, at the next connection
        server.handle_accept = end
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", server.socket.getsockname()[1])).close()
        thread.join(10)
        for channel in server.adj.connections.all():
            channel.handle_close()
        server.close()


def connect(server, source="127.0.0.1", receive_buffer=None):
    client = socket.socket()
    if receive_buffer:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    client.settimeout(20)
    client.bind((source, 0))
    client.connect(("127.0.0.1", server.socket.getsockname()[1]))
    return client


def read_all(client):
    parts = []
    with suppress(ConnectionError):
        while part := client.recv(65_536):
            parts.append(part)
    return b"".join(parts)


def get(server, path="/", source="127.0.0.1", head=""):
    with connect(server, source) as client:
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n{head}Connection: close\r\n\r\n".encode())
        return read_all(client)


HALF = {
    "idle": b"",
    "head": b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ",
    "body": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\nabc",
    "chunks": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n80\r\nabc",
    "reader": b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n",
}


@pytest.mark.parametrize("sent", HALF.values(), ids=HALF)
def test_many_connections_of_one_address_keep_nobody_out(sent):
    """Neither visitors at other addresses nor one at the same address."""
    with running(App()) as server:
        slow = [connect(server, receive_buffer=2048) for _ in range(60)]
        for client in slow:
            with suppress(ConnectionError):
                client.sendall(sent)
        for number in range(20):
            assert get(server, source=f"127.0.0.{number + 2}").startswith(b"HTTP/1.1 200")
        assert get(server).startswith(b"HTTP/1.1 200")
        assert len(server.adj.connections.groups.get("127.0.0.1", ())) <= 8
        for client in slow:
            client.close()


def test_when_all_is_taken_the_address_with_most_gives_way():
    with running(App(), max_connections_per_address=30) as server:
        modest = [connect(server, f"127.0.1.{number}") for number in range(1, 11)]
        greedy = [connect(server, "127.0.0.2") for _ in range(60)]
        assert get(server, source="127.0.0.3").startswith(b"HTTP/1.1 200")
        for client in modest:
            client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert read_all(client).startswith(b"HTTP/1.1 200")
        for client in greedy:
            client.close()


def test_a_request_in_work_is_never_closed_for_another():
    app = App()
    with running(app) as server:
        working = [connect(server) for _ in range(8)]
        for client in working:
            client.sendall(b"GET /hold HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        for _ in working:
            assert app.held.acquire(timeout=20)
        with connect(server) as ninth:
            assert read_all(ninth).startswith(b"HTTP/1.1 503"), "all eight are being served"
        app.may_go.set()
        assert all(read_all(client).startswith(b"HTTP/1.1 200") for client in working)


def test_behind_a_proxy_its_address_is_not_counted():
    with running(App(), is_proxied=True, max_connections_per_address=None) as server:
        held = [connect(server) for _ in range(30)]
        for client in held:
            client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert read_all(client).startswith(b"HTTP/1.1 200")
            client.close()
        many = [connect(server) for _ in range(100)]
        assert get(server).startswith(b"HTTP/1.1 200"), "beyond the total the oldest gives way"
        for client in many:
            client.close()


SLOW = {
    "idle": [],
    "head": [b"GET / HTTP/1.1\r\n", b"A: "],
    "empty lines": [b"\r\n\r\n"],
    "body": [HALF["body"]],
    "chunks": [HALF["chunks"]],
    "reader": [HALF["reader"]],
    "expecting": [b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n"],
}


@pytest.mark.parametrize("sent", SLOW.values(), ids=SLOW)
def test_who_sends_or_reads_a_byte_now_and_then_is_closed(sent):
    """Activity alone holds nothing open: what counts is a whole head, and a rate."""
    with running(App(), idle_seconds=1, head_seconds=1, window_seconds=1) as server:
        client = connect(server, receive_buffer=2048)
        for part in sent:
            client.sendall(part)
        end = time.monotonic() + 20
        while not server.adj.connections.all():
            assert time.monotonic() < end, "it was accepted"
        while server.adj.connections.all() and time.monotonic() < end:
            with suppress(OSError):
                client.recv(1) if sent == [HALF["reader"]] else client.send(b"b" if sent else b"")
            time.sleep(0.1)
        assert not server.adj.connections.all()
        client.close()


def test_a_slow_application_is_waited_for():
    app = App()
    with running(app, idle_seconds=1, head_seconds=1, window_seconds=1) as server, connect(server) as client:
        client.sendall(b"GET /hold HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        time.sleep(3)
        app.may_go.set()
        assert read_all(client).startswith(b"HTTP/1.1 200")


def post(server, head, body=b""):
    with connect(server) as client:
        client.sendall(f"POST /in HTTP/1.1\r\nHost: x\r\n{head}\r\n".encode())
        with suppress(ConnectionError):
            client.sendall(body)
        return read_all(client)


def answer(raw):
    return json.loads(raw.partition(b"\r\n\r\n")[2])


def chunked(size, count):
    return (f"{size:x}\r\n".encode() + b"y" * size + b"\r\n") * count + b"0\r\n\r\n"


def test_a_body_that_fits_arrives_whole():
    with running(App()) as server:
        close = "Connection: close\r\n"
        assert answer(post(server, f"Content-Length: 1000\r\n{close}", b"y" * 1000))["stored"] == 1000
        got = answer(post(server, f"Transfer-Encoding: chunked\r\n{close}", chunked(100, 10)))
        assert (got["length"], got["stored"]) == (1000, 1000)


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ("Content-Length: 1001\r\n", b"y" * 1001),
        ("Content-Length: 5000000\r\n", b"y" * 5_000_000),
        ("Content-Length: 5000000\r\nExpect: 100-continue\r\n", b""),
        ("Transfer-Encoding: chunked\r\n", chunked(100, 11)),
        ("Transfer-Encoding: chunked\r\n", chunked(100_000, 30)),
        ("Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n", chunked(100_000, 30)),
    ],
    ids=["one more", "announced", "expecting", "chunks", "many chunks", "chunks expecting"],
)
def test_a_body_that_is_too_large_is_refused_and_not_stored(head, body):
    with running(App()) as server:
        raw = post(server, head, body).removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")
        assert raw.startswith(b"HTTP/1.1 413") and b"Connection: close" in raw
        assert answer(raw)["stored"] == 0 and answer(raw)["length"] > 1000
        assert get(server).startswith(b"HTTP/1.1 200")


def test_what_follows_a_refused_body_is_no_request():
    """The rest of the body may look like one."""
    with running(App()) as server:
        raw = post(server, "Content-Length: 2000\r\n", b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n" * 40)
        assert raw.count(b"HTTP/1.1 ") == 1


def test_framing_of_chunks_is_bounded():
    with running(App()) as server:
        long_line = b"1;" + b"a" * 5000
        assert post(server, "Transfer-Encoding: chunked\r\n", long_line).startswith(b"HTTP/1.1 400")
        many = (b"1;a=" + b"b" * 900 + b"\r\ny\r\n") * 200
        assert post(server, "Transfer-Encoding: chunked\r\n", many).startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize(
    "head",
    ["X-Long: " + "a" * 40_000 + "\r\n", "".join(f"X-{n}: a\r\n" for n in range(150))],
    ids=["long", "many"],
)
def test_a_head_that_is_too_large_is_refused(head):
    with running(App()) as server:
        assert get(server, head=head)[9:12] in (b"400", b"431")
        assert get(server, "/" + "a" * 9000)[9:12] == b"400"
        assert get(server, "/" + "a" * 8000).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "head",
    [
        "Host: y\r\n",
        "hOST:y\r\n",
        "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: 3\r\nContent-Length: 4\r\n",
        "Content-Length: -1\r\n",
        "Transfer-Encoding: gzip, chunked\r\n",
        " Folded: x\r\n",
        "Na me: x\r\n",
    ],
)
def test_a_head_that_two_servers_read_differently_is_refused(head):
    with running(App()) as server:
        assert get(server, head=head)[9:12] in (b"400", b"501")


def test_an_answer_to_head_has_no_body(app):
    with running(app, max_body_bytes=2_000_000) as server, connect(server) as client:
        client.sendall(b"HEAD /questions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        head, _, body = read_all(client).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200") and b"Content-Length: " in head and body == b""


def test_expecting_to_continue_without_a_body_is_answered():
    with running(App()) as server:
        assert get(server, head="Expect: 100-continue\r\n").startswith(b"HTTP/1.1 200")


def test_a_connection_is_used_again():
    with running(App()) as server, connect(server) as client:
        for _ in range(3):
            client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            got = b""
            while not got.endswith(b"}"):
                got += client.recv(65_536)
            assert got.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(("is_proxied", "seen"), [(True, "203.0.113.7"), (False, None)])
def test_what_a_proxy_says_reaches_the_application_only_when_one_is_trusted(is_proxied, seen):
    with running(App(), is_proxied=is_proxied) as server:
        assert answer(get(server, head="X-Forwarded-For: 203.0.113.7\r\n"))["forwarded"] == seen


@pytest.mark.parametrize(
    ("address", "group"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("localhost", "localhost"),
    ],
)
def test_addresses_are_counted_as_a_household_has_them(address, group):
    assert address_group(address) == group


def test_the_site_serves_with_what_its_settings_say(tmp_path):
    for proxies, most in (("0", 64), ("2", None)):
        site = create_app(
            REDOUBT_INSTANCE=tmp_path, REDOUBT_WORKER="off", REDOUBT_DATABASE_URL="", REDOUBT_PROXIES=proxies
        )
        server = embedded_server.create(site, host="127.0.0.1", port=0)
        try:
            assert server.adj.bounds.max_connections_per_address == most
            assert server.adj.clear_untrusted_proxy_headers is (proxies == "0")
            assert server.adj.bounds.max_body_bytes == site.config["MAX_CONTENT_LENGTH"]
        finally:
            server.task_dispatcher.shutdown()
            server.close()


def test_routes_that_take_more_are_known_to_the_server(app):
    general = app.config["MAX_CONTENT_LENGTH"]
    with app.test_request_context():
        url = url_for("api_inventory.match_sbom")
    assert largest_body(app, "POST", "/settings/products/sbom") > general
    assert largest_body(app, "POST", url) > general
    for path in ("/", "/nothing/here", "/login", "//evil", "/\xff", "*"):
        assert largest_body(app, "POST", path) == general
    assert largest_body(app, "BREW", "/settings/products/sbom") == general


def test_a_text_that_is_too_long_reaches_the_site_which_gives_it_back(app):
    assert largest_body(app, "POST", "/settings/profile") == sent_forms.MAX_BODY_BYTES
    assert largest_body(app, "POST", "/questions/ask") > sent_forms.MAX_BODY_BYTES, "it takes files"
    others = (("GET", "/settings/profile"), ("POST", "/api/v1/questions"), ("POST", "/posts/1/vote"))
    for method, path in others:
        assert largest_body(app, method, path) == app.config["MAX_CONTENT_LENGTH"]
