"""What the loads of bench send and how they read answers; and whether all processes get connections."""

import shutil
import socket
import threading
from collections import Counter
from types import SimpleNamespace

import pytest

from bench import mix, processes
from bench.client import Connection, request
from bench.peers import Community

ANSWERS = [
    (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", b"hello"),
    (b"HTTP/1.1 302 FOUND\r\nTransfer-Encoding: chunked\r\n\r\n", b"5\r\nhello\r\n0\r\n\r\n"),
    (b"HTTP/1.1 304 NOT MODIFIED\r\n\r\n", b""),
    (b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", b""),
    (b"HTTP/1.1 404 NOT FOUND\r\ncontent-length: 70000\r\n\r\n", b"x" * 70_000),
]


@pytest.fixture
def server():
    """A port that sends ANSWERS, one for each request, and the requests that came."""
    came = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve():
            answers = iter(ANSWERS)
            connection = None
            for head, body in answers:
                if connection is None:
                    connection, _address = listener.accept()
                came.append(connection.recv(65_536))
                connection.sendall(head)
                connection.sendall(body)
                if b"close" in head:
                    connection.close()
                    connection = None
            connection.close()

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1], came
        thread.join()


def test_answers_are_read_to_their_end_and_connections_are_kept(server):
    port, came = server
    connection = Connection(port)
    found = [connection.send(request("/a?b=c", {"Cookie": "x=y"})).status for _ in ANSWERS]
    connection.close()
    assert found == [200, 302, 304, 200, 404]
    assert came[0].startswith(b"GET /a?b=c HTTP/1.1\r\nHost: 127.0.0.1\r\n") and b"Cookie: x=y" in came[0]


def test_a_form_is_sent_with_its_length():
    sent = request("/t", None, {"a": "ü", "kinds": ["x", "y"]})
    head, body = sent.split(b"\r\n\r\n")
    assert head.startswith(b"POST /t ") and body == b"a=%C3%BC&kinds=x&kinds=y"
    assert f"Content-Length: {len(body)}".encode() in head


def made_mix():
    forgotten = []
    community = Community(
        server=SimpleNamespace(),
        port=0,
        lists=["/", "/questions"],
        threads=[(f"/t{number}", f"/t{number}/reply") for number in range(50)],
        members=[SimpleNamespace(headers={"Cookie": f"m={n}"}, token=lambda _p: "token") for n in range(3)],
        search=lambda words, headers, token: request(f"/search?q={len(words)}", headers),
        text_field="body",
        posts_each=2,
        forget=lambda: forgotten.append(1),
    )
    return mix.Mix(community), forgotten


def test_the_mix_has_its_shares_and_its_order():
    drawn, forgotten = made_mix()
    sent = [drawn.next() for _ in range(5_000)]
    kinds = Counter(kind for kind, _data in sent)
    for kind, share in mix.SHARES.items():
        assert abs(kinds[kind] / 50 - share) < 2, kinds
    visited = Counter(data.split(b" ")[1] for kind, data in sent if kind == mix.VISITOR)
    assert visited[b"/"] > 1.5 * visited[b"/questions"] > 1.5 * visited.most_common()[-1][1]
    writers = [data for kind, data in sent if kind == mix.WRITE]
    assert all(data.startswith(b"POST /t") and b"csrf_token=token" in data for data in writers)
    assert len({data.rpartition(b"\r\n")[2] for data in writers}) == len(writers), "no text twice"
    assert len(forgotten) == (len(writers) - 1) // (3 * 2), "members post as often as they may"
    assert all(b"Cookie: m=" in data for kind, data in sent if kind in (mix.MEMBER, mix.WRITE))
    assert not any(b"Cookie" in data for kind, data in sent if kind == mix.VISITOR)
    again, _ = made_mix()
    assert [again.next() for _ in range(100)] == sent[:100]


@pytest.mark.long
@pytest.mark.skipif(not shutil.which("wrk"), reason="wrk is not installed: sh bench/ensure_wrk.sh")
def test_every_start_of_the_server_uses_both_processes(tmp_path):
    for _ in range(10):
        found = processes.requests_by_process(tmp_path)
        assert len(found) == 2 and min(found.values()) > sum(found.values()) / 10, found
