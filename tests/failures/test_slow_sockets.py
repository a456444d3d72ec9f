"""`python app.py` under 300 connections that are idle or slow: visitors are served, memory and disk stay."""

import json
import socket
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest

from bench.programs import Program, free_port
from core.web import embedded_server

pytestmark = pytest.mark.long
ROOT = Path(__file__).resolve().parent.parent.parent
MANY, VISITORS = 300, 20
POST = b"POST /login HTTP/1.1\r\nHost: localhost\r\n"
SENT = {
    "idle": b"",
    "head": b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
    "body": POST + b"Content-Length: 1000000\r\n\r\n" + b"a" * 1000,
    "chunks": POST + b"Transfer-Encoding: chunked\r\n\r\nffff\r\nabc",
    "reader": b"GET /static/css/components.css HTTP/1.1\r\nHost: localhost\r\n\r\n" * 4,
    "kept alive": b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
}


def start(folder, **settings):
    port = free_port()
    program = Program(
        [sys.executable, "app.py"],
        folder / "log",
        folder=ROOT,
        PORT=port,
        HOST="127.0.0.1",
        REDOUBT_INSTANCE=folder / "instance",
        REDOUBT_DATABASE_URL="",
        **settings,
    )
    program.wait_for(f"http://127.0.0.1:{port}/healthz")
    program.port = port
    return program


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    program = start(tmp_path_factory.mktemp("slow"))
    yield program
    program.kill()


@pytest.fixture(scope="module")
def proxied(tmp_path_factory):
    program = start(tmp_path_factory.mktemp("proxied"), REDOUBT_PROXIES=1)
    yield program
    program.kill()


def connect(port, source, sent):
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    client.settimeout(5)
    client.bind((source, 0))
    with suppress(OSError):
        client.connect(("127.0.0.1", port))
        client.sendall(sent)
    return client


def visit(port, source, head=""):
    """The status line that a visitor at this address gets, or what went wrong."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=15, source_address=(source, 0)) as client:
            client.sendall(
                f"GET /questions HTTP/1.1\r\nHost: localhost\r\n{head}Connection: close\r\n\r\n".encode()
            )
            return client.recv(15)
    except OSError as error:
        return type(error).__name__.encode()


@pytest.mark.parametrize("sent", SENT.values(), ids=SENT)
def test_slow_clients_keep_nobody_out(site, sent):
    slow = [connect(site.port, "127.0.0.1", sent) for _ in range(MANY)]
    served = [visit(site.port, f"127.0.0.{number + 2}") for number in range(VISITORS)]
    served += [visit(site.port, "127.0.0.1") for _ in range(VISITORS)]
    for client in slow:
        client.close()
    assert served == [b"HTTP/1.1 200 OK"] * 2 * VISITORS


def test_slow_clients_at_many_addresses_keep_nobody_out(site):
    slow = [
        connect(site.port, f"127.1.{number % 60}.1", list(SENT.values())[number % len(SENT)])
        for number in range(4 * MANY)
    ]
    served = [visit(site.port, f"127.0.0.{number + 2}") for number in range(VISITORS)]
    for client in slow:
        client.close()
    assert served == [b"HTTP/1.1 200 OK"] * VISITORS


@pytest.mark.parametrize("sent", SENT.values(), ids=SENT)
def test_behind_a_proxy_slow_connections_keep_nobody_out(proxied, sent):
    """All come from one address then: they give way in all only."""
    slow = [connect(proxied.port, "127.0.0.1", sent) for _ in range(2 * MANY)]
    served = [
        visit(proxied.port, "127.0.0.1", f"X-Forwarded-For: 203.0.113.{number}\r\n")
        for number in range(VISITORS)
    ]
    for client in slow:
        client.close()
    assert served == [b"HTTP/1.1 200 OK"] * VISITORS


def test_behind_a_proxy_each_visitor_has_limits_of_its_own(proxied):
    def sign_up(address, number):
        request = urllib.request.Request(
            f"http://127.0.0.1:{proxied.port}/api/v1/alerts",
            json.dumps({"email": f"reader{number}@example.org"}).encode(),
            {"X-Forwarded-For": address, "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code

    first = [sign_up("203.0.113.1", number) for number in range(25)]
    assert first[0] in (200, 201, 202) and first[-1] == 429, "one visitor is limited"
    assert sign_up("203.0.113.2", 100) == first[0], "the next is not"


@pytest.mark.parametrize(
    ("head", "part", "times"),
    [
        (b"Content-Length: 249000000\r\n\r\n", b"a" * 100_000, 2490),
        (b"Transfer-Encoding: chunked\r\n\r\n", b"186a0\r\n" + b"a" * 100_000 + b"\r\n", 2490),
    ],
    ids=["announced", "chunked"],
)
def test_a_huge_body_is_refused_before_it_is_stored(site, head, part, times):
    """What the process writes to disk meanwhile stays below the limit of a request."""

    def written():
        fields = dict(
            line.split(": ") for line in Path(f"/proc/{site.process.pid}/io").read_text().splitlines()
        )
        return int(fields["wchar"])

    before, sent = written(), 0
    with socket.create_connection(("127.0.0.1", site.port), timeout=20) as client:
        client.sendall(POST + head)
        with suppress(OSError):
            for _ in range(times):
                client.sendall(part)
                sent += len(part)
    assert sent < embedded_server.MAX_DRAINED_BYTES + 16_000_000, "the rest was not taken"
    assert written() - before < 6_000_000
    with socket.create_connection(("127.0.0.1", site.port), timeout=20) as client:
        client.sendall(POST + b"Content-Length: 3000000\r\n\r\n" + b"a" * 3_000_000)
        assert client.recv(100).startswith(b"HTTP/1.1 413"), "the refusal is read, not a reset connection"


def test_slow_clients_are_gone_after_a_while(site):
    slow = [connect(site.port, "127.0.0.1", SENT["head"]) for _ in range(40)]
    end = time.monotonic() + 60
    while time.monotonic() < end:
        held = sum(
            1 for link in Path(f"/proc/{site.process.pid}/fd").iterdir() if "socket" in str(link.readlink())
        )
        if held < 20:
            break
        time.sleep(1)
    assert held < 20
    for client in slow:
        client.close()
