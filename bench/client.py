"""A client that costs little: requests are bytes made beforehand, sent over connections that stay open.

For loads of many different requests, in which wrk would send one again and again, and of which the
percentiles are wanted by kind. It takes about 0.1 ms of processor time a request.
"""

import re
import socket
import time
from dataclasses import dataclass
from urllib.parse import urlencode

from bench.browser import PACKED

TIMEOUT_SECONDS = 120
IDLE_SECONDS = 0.5  # after which the server may have closed the connection
MAX_HEAD_BYTES = 65_536
CHUNK_BYTES = 262_144
LENGTH = re.compile(rb"\r\nContent-Length: *(\d+)", re.I)


@dataclass(frozen=True)
class Sent:
    """What came of a request: its status, and how long until the whole body was here."""

    status: int
    milliseconds: float


def request(
    path: str, headers: dict[str, str] | None = None, form: dict[str, str | list[str]] | None = None
) -> bytes:
    """A request as it goes over the wire: GET, or POST with a form."""
    body = urlencode(form, doseq=True).encode() if form is not None else b""
    fields = {"Host": "127.0.0.1", **PACKED, "Accept": "text/html,*/*", **(headers or {})}
    if form is not None:
        fields |= {"Content-Type": "application/x-www-form-urlencoded", "Content-Length": str(len(body))}
    lines = [
        f"{'GET' if form is None else 'POST'} {path} HTTP/1.1",
        *(f"{name}: {value}" for name, value in fields.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


class Connection:
    """A connection to a port of this machine; another is opened when it was closed."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.socket: socket.socket | None = None
        self.used = 0.0

    def send(self, sent: bytes) -> Sent:
        """Send a request and read the answer. Raises OSError when the server ends the connection early."""
        began = time.perf_counter()
        connection = self.socket
        if connection is None or began - self.used > IDLE_SECONDS:
            connection = self._open()
        connection.sendall(sent)
        status, is_open = self._read(connection)
        self.used = time.perf_counter()
        if not is_open:
            self.close()
        return Sent(status, (self.used - began) * 1000)

    def close(self) -> None:
        """Close it."""
        if self.socket is not None:
            self.socket.close()
            self.socket = None

    def _open(self) -> socket.socket:
        self.close()
        self.socket = socket.create_connection(("127.0.0.1", self.port), TIMEOUT_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self.socket

    def _read(self, connection: socket.socket) -> tuple[int, bool]:
        """(status, whether the connection stays open) of one answer, read to its end."""
        data = b""
        while (end := data.find(b"\r\n\r\n")) < 0:
            if len(data) > MAX_HEAD_BYTES:
                raise OSError("the answer has no end of its head")
            data += self._receive(connection)
        head = data[:end]
        status = int(head[9:12])
        if length := LENGTH.search(head):
            left = int(length[1]) - (len(data) - end - 4)
            while left > 0:
                left -= len(self._receive(connection))
        elif b"chunked" in head.lower():
            while not data.endswith(b"0\r\n\r\n"):
                data = data[-5:] + self._receive(connection)
        elif status not in (204, 304):
            raise OSError("the answer has no length")
        return status, b"\r\nconnection: close" not in head.lower()

    def _receive(self, connection: socket.socket) -> bytes:
        data = connection.recv(CHUNK_BYTES)
        if not data:
            raise OSError("the server ended the connection")
        return data
