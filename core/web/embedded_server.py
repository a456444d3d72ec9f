"""The server of `python app.py`: waitress, with bounds on what a client may hold (docs/decisions/0514).

A client that is idle or slow costs a connection, never a thread: waitress reads the request before a thread
gets it and keeps the answer after the thread is done. Here is bounded how many connections there are, how
long each may take, and how much is stored of a request before the application sees it.
"""

import errno
import logging
import select
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address, ip_network

from flask import Flask
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import MultiSocketServer, TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher
from waitress.utilities import BadRequest

from core.web.body_limits import largest_body

log = logging.getLogger(__name__)
THREAD_COUNT, MAX_ACCEPTED = 8, 64  # the latter in one round of the loop over all sockets
UNBOUNDED_BYTES = 2**62  # waitress's own limit is not used: it cannot differ by route
MAX_CHUNK_LINE_BYTES, MAX_TRAILER_BYTES = 1_024, 8_192
CHUNK_OVERHEAD_BYTES = 65_536  # and once more the limit: what the framing of small chunks may take
DRAIN_SECONDS, MAX_DRAINED_BYTES = 5, 16 * 1024 * 1024  # of a refused body, so that the refusal is read
BUSY_RESPONSE = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 10\r\nConnection: close\r\n"
    b"Content-Type: text/plain\r\nContent-Length: 27\r\n\r\nToo many open connections.\n"
)


@dataclass(frozen=True)
class Bounds:
    """What clients may hold. `body_limit(method, path)` is asked for bodies above `max_body_bytes`."""

    max_connections: int = 500
    max_connections_per_address: int | None = 64  # None: the peer is a proxy
    idle_seconds: float = 60
    head_seconds: float = 15
    window_seconds: float = 20  # in each, a body or an answer has to move at this rate
    min_bytes_per_second: int = 1_000
    max_request_line_bytes: int = 8_190
    max_head_bytes: int = 32_768
    max_header_fields: int = 100
    max_body_bytes: int = 2 * 1024 * 1024
    body_limit: Callable[[str, str], int] | None = None


class _Parser(HTTPRequestParser):
    """A request whose body is refused before it is stored when it is too large.

    The application gets it without its body, with the length that was announced (or one above its limit),
    and answers 413 with its own page.
    """

    limit, is_refused = None, False

    def received(self, data: bytes) -> int:
        """Take bytes of a request; how many of them belong to it."""
        consumed = super().received(data)
        if self.body_rcv is not None and not self.error:
            self._judge()
        return consumed

    def parse_header(self, header_plus: bytes) -> None:
        """Read the head. Raises ParsingError (400) where gunicorn refuses it, too: what two servers in a row
        may understand differently is not understood at all.
        """
        bounds = self.adj.bounds
        if header_plus.partition(b"\r\n")[0][bounds.max_request_line_bytes :]:
            raise ParsingError("Request line is too long")
        if header_plus.count(b"\r\n") > bounds.max_header_fields + 1:
            raise ParsingError("Too many header fields")
        if header_plus.lower().count(b"\r\nhost:") > 1:
            raise ParsingError("More than one Host")
        if b"\r\n " in header_plus or b"\r\n\t" in header_plus:
            raise ParsingError("A header field on several lines")
        super().parse_header(header_plus)
        if self.chunked and "CONTENT_LENGTH" in self.headers:
            raise ParsingError("Both Content-Length and Transfer-Encoding")
        if self.body_rcv is None:
            self.expect_continue = False  # nothing will follow: waiting for it would never end

    def _judge(self) -> None:
        bounds = self.adj.bounds
        if self.limit is None:
            self.limit = bounds.max_body_bytes
            if bounds.body_limit and (self.chunked or self.content_length > self.limit):
                self.limit = bounds.body_limit(self.command, self.path)
        if self.content_length > self.limit or (
            self.chunked
            and (
                len(self.body_rcv) > self.limit
                or self.body_bytes_received > 2 * self.limit + CHUNK_OVERHEAD_BYTES
            )
        ):
            self._refuse()
        elif self.chunked and (
            len(self.body_rcv.control_line) > MAX_CHUNK_LINE_BYTES
            or len(self.body_rcv.trailer) > MAX_TRAILER_BYTES
        ):
            self.error, self.completed = BadRequest("Chunk framing is too long"), True

    def _refuse(self) -> None:
        self.body_rcv.getbuf().close()
        self.body_rcv = None
        self.headers["CONTENT_LENGTH"] = str(max(self.content_length, self.limit + 1))
        self.headers["CONNECTION"] = "close"
        self.is_refused = self.connection_close = self.completed = True
        self.expect_continue = False


class _Channel(HTTPChannel):
    """One connection, and since when it waits for its client."""

    parser_class = _Parser
    group: str | None = None  # set when it is counted
    request_began = draining_since = None
    watched: tuple[object, float, int] = (None, 0, 0)  # what is on its way, since when, bytes of it then
    sent_bytes = drained_bytes = 0
    has_unread_body = is_closed = False

    def __init__(self, *args, **kwargs):
        self.turn_began = time.monotonic()  # connected, or the last answer was written
        super().__init__(*args, **kwargs)

    def received(self, data: bytes) -> bool:
        """Take bytes from the client, and note when its request began."""
        before = self.request
        taken = super().received(data)
        if self.request is None or self.request is not before:
            self.request_began = time.monotonic()
        return taken

    def service(self) -> None:
        """Answer one request, in a thread; then it is the client's turn."""
        request = self.requests[0]
        self.has_unread_body = self.has_unread_body or request.is_refused or bool(request.error)
        super().service()
        self.turn_began = time.monotonic()

    def send(self, data: bytes, do_close: bool = True) -> int:
        """Send what the client takes now; how many bytes."""
        count = super().send(data, do_close)
        self.sent_bytes += count or 0
        return count

    def is_overdue(self, now: float) -> bool:
        """Whether the client takes longer than it may."""
        bounds = self.adj.bounds
        if self.draining_since is not None:
            return now - self.draining_since > DRAIN_SECONDS
        if self.total_outbufs_len > (self.adj.send_bytes if self.requests else 0):
            return self._is_slow("answer", self.sent_bytes, now)
        request = self.request
        if self.requests:
            return False  # it is our turn
        if request is None:
            return now - self.turn_began > bounds.idle_seconds
        if not request.headers_finished:
            return now - self.request_began > bounds.head_seconds
        return self._is_slow(request, request.body_bytes_received, now)

    def _is_slow(self, what: object, count: int, now: float) -> bool:
        """Whether too few bytes moved in the last window; what moved before counts no more: the kernel takes
        the first megabytes of an answer for a client that reads nothing.
        """
        bounds, (watched, since, before) = self.adj.bounds, self.watched
        if what is watched and now - since <= bounds.window_seconds:
            return False
        is_slow = what is watched and count - before < bounds.window_seconds * bounds.min_bytes_per_second
        self.watched = what, now, count
        return is_slow

    # A connection that is closed while bytes of the client are unread is reset, and the refusal is lost with
    # it: so the rest of a refused body is read and thrown away for some seconds.

    def handle_write(self) -> None:
        """Send what waits; close, or drain a refused body, when all is sent."""
        if not (self.has_unread_body and self.close_when_flushed) or self.will_close:
            super().handle_write()
            return
        self._flush_exception(self._flush_some)
        if self.will_close:
            self.handle_close()
        elif self.connected and not self.total_outbufs_len:
            self.close_when_flushed, self.draining_since = False, time.monotonic()
            with suppress(OSError):
                self.socket.shutdown(socket.SHUT_WR)

    def readable(self) -> bool:
        """Whether bytes of the client are wanted."""
        if self.draining_since is not None:
            return not self.is_closed
        return not self.is_closed and super().readable()

    def writable(self) -> bool:
        """Whether something waits to be sent, or to be closed."""
        return not self.is_closed and super().writable()

    def handle_close(self) -> None:
        """Close at once; nothing is waited for on this socket any more, in this round either."""
        self.is_closed = True
        super().handle_close()

    def handle_read(self) -> None:
        """Take what the client sent."""
        if self.draining_since is None:
            super().handle_read()
            return
        with suppress(OSError):
            self.drained_bytes += len(self.recv(65_536))
        if self.drained_bytes > MAX_DRAINED_BYTES:
            self.handle_close()

    def del_channel(self, map=None) -> None:
        """Forget this connection."""
        super().del_channel(map)
        self.adj.connections.forget(self)


class _Connections:
    """All connections, by address; when there are too many, the one that waits longest gives way."""

    def __init__(self, bounds: Bounds):
        self.bounds, self.groups = bounds, {}
        self.closed_for_others = self.closed_as_slow = self.refused = 0

    def add(self, channel: _Channel, group: str) -> None:
        """Count a new connection."""
        channel.group = group
        self.groups.setdefault(group, set()).add(channel)

    def forget(self, channel: _Channel) -> None:
        """Count a closed connection no more."""
        held = self.groups.get(channel.group, set())
        held.discard(channel)
        if not held:
            self.groups.pop(channel.group, None)

    def all(self) -> list[_Channel]:
        """Every connection; a thread may close one meanwhile."""
        return [channel for held in list(self.groups.values()) for channel in list(held)]

    def make_room(self, group: str) -> bool:
        """Whether one more may come from this address; another one is closed for it where need be."""
        held, most = self.groups.get(group, ()), self.bounds.max_connections_per_address
        if most is not None and len(held) >= most:
            return self._close_one(held)
        if len(self.all()) < self.bounds.max_connections:
            return True
        return self._close_one(max(list(self.groups.values()), key=len)) or self.close_any()

    def close_any(self) -> bool:
        """Close the connection that waits longest of all; False when all are being served."""
        return self._close_one(self.all())

    def _close_one(self, channels: Iterable[_Channel]) -> bool:
        waiting = [channel for channel in list(channels) if not channel.requests]
        if not waiting:
            return False
        min(waiting, key=lambda channel: channel.turn_began).handle_close()
        self.closed_for_others += 1
        return True

    def close_overdue(self) -> None:
        """Close what takes too long; say in the log how many connections were closed.

        waitress's own `will_close` waits until the socket can be written to, which a client that reads
        nothing never allows.
        """
        now = time.monotonic()
        for channel in self.all():
            if channel.is_overdue(now):
                channel.handle_close()
                self.closed_as_slow += 1
        if self.closed_for_others or self.refused:
            log.warning(
                "connections: %s closed to make room, %s refused, %s closed as idle or slow",
                self.closed_for_others,
                self.refused,
                self.closed_as_slow,
            )
        self.closed_for_others = self.closed_as_slow = self.refused = 0


class _Server(TcpWSGIServer):
    """A listening socket."""

    channel_class = _Channel

    def handle_accept(self) -> None:
        """Take the new connections that there is room for.

        All are taken before one is closed for them: a number that is free again would meet what was waited
        for under it before.
        """
        for client, address in list(self._accepted()):
            group = address_group(address[0])
            if self.adj.connections.make_room(group):
                self.adj.connections.add(_Channel(self, client, address, self.adj, map=self._map), group)
                continue
            self.adj.connections.refused += 1
            with suppress(OSError), client:
                client.setblocking(False)
                client.send(BUSY_RESPONSE)

    def _accepted(self) -> Iterator[tuple[socket.socket, tuple]]:
        for _ in range(MAX_ACCEPTED):
            try:
                if (accepted := self.accept()) is None:
                    return
                self.set_socket_options(accepted[0])
                yield accepted
            except OSError as error:
                if error.errno in (errno.EMFILE, errno.ENFILE):
                    self.adj.connections.close_any()
                return

    def maintenance(self, now: float) -> None:
        """Called once a second, before any connection is asked whether it waits for something."""
        self.adj.connections.close_overdue()


def address_group(address: str) -> str:
    """Whose connections are counted together: an IPv4 address, or the network a household has in IPv6."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    found = getattr(found, "ipv4_mapped", None) or found
    return str(found) if found.version == 4 else str(ip_network((found, 64), strict=False))


def create_server(
    app, bounds: Bounds, *, host: str, port: int, threads: int = THREAD_COUNT, is_proxied: bool = False
):
    """A server for a WSGI application; `run()` serves. Raises OSError or ValueError as waitress does."""
    adjustments = Adjustments(
        host=host,
        port=port,
        threads=threads,
        ident=None,
        cleanup_interval=1,
        clear_untrusted_proxy_headers=not is_proxied,  # core.web reads what REDOUBT_PROXIES says
        connection_limit=2 * bounds.max_connections,
        max_request_header_size=bounds.max_head_bytes,
        max_request_body_size=UNBOUNDED_BYTES,
        log_socket_errors=False,
        asyncore_use_poll=hasattr(select, "poll"),
    )
    adjustments.bounds, adjustments.connections = bounds, _Connections(bounds)
    dispatcher, sockets = ThreadedTaskDispatcher(), {}
    dispatcher.set_thread_count(threads)
    servers = [
        _Server(app, sockets, dispatcher=dispatcher, adj=adjustments, sockinfo=listen)
        for listen in adjustments.listen
    ]
    if len(servers) == 1:
        return servers[0]
    return MultiSocketServer(
        sockets,
        adjustments,
        [(server.effective_host, server.effective_port) for server in servers],
        dispatcher,
        servers[0].log_info,
    )


def create(app: Flask, *, host: str, port: int):
    """The site's server. Behind trusted proxies the peer is the proxy, which counts its own clients."""
    is_proxied = app.config["REDOUBT_PROXIES"] > 0
    most = None if is_proxied else Bounds.max_connections_per_address
    bounds = Bounds(
        max_connections_per_address=most,
        max_body_bytes=app.config["MAX_CONTENT_LENGTH"],
        body_limit=partial(largest_body, app),
    )
    return create_server(app, bounds, host=host, port=port, is_proxied=is_proxied)
