"""The server of `python app.py`: waitress, with limits on what a client may use (docs/decisions/0514).

An idle or slow client uses a connection, never a thread: waitress reads the request before a thread handles
it, and buffers the response after the thread is done. This module limits the number of connections, their
duration, and how much of a request is stored before the application handles it.
"""

import errno
import logging
import select
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from ipaddress import ip_address, ip_network
from itertools import chain
from typing import Any, cast

from flask import Flask
from waitress.channel import HTTPChannel
from waitress.server import MultiSocketServer, TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher

from core.web.body_limits import largest_body
from core.web.server_requests import BoundedParser, Bounds, ServerSettings

log = logging.getLogger(__name__)
THREAD_COUNT = 8
MAX_ACCEPTED = 64  # connections in one round of the loop over all sockets
UNBOUNDED_BYTES = 2**62  # waitress's own limit is not used: it cannot differ by route
DRAIN_SECONDS = 5  # for reading a refused body, so that the client reads the response
MAX_DRAINED_BYTES = 16 * 1024 * 1024
BUSY_RESPONSE = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 10\r\nConnection: close\r\n"
    b"Content-Type: text/plain\r\nContent-Length: 27\r\n\r\nToo many open connections.\n"
)


class _Channel(HTTPChannel):
    """One connection, and the times since which it waits for its client."""

    parser_class = BoundedParser
    adj: ServerSettings  # pyright: ignore[reportIncompatibleVariableOverride]  (create_server() passes it)
    request: Any  # a BoundedParser or None
    requests: Any  # a list of BoundedParser
    _flush_exception: Callable[[Callable], None]  # missing in the stub, as is the next
    _flush_some: Callable
    group: str | None = None  # set when it is counted
    request_began = 0.0
    draining_since: float | None = None
    transfer: tuple[object, float, int] = (None, 0, 0)  # what is being transferred, since when, bytes then
    sent_bytes = 0
    drained_bytes = 0
    has_unread_body = False
    is_closed = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.waiting_since = time.monotonic()  # when it connected, or the last response was written
        super().__init__(*args, **kwargs)

    def received(self, data: bytes) -> bool:
        """Take bytes from the client, and note when its request began."""
        before = self.request
        is_taken = super().received(data)
        if self.request is None or self.request is not before:
            self.request_began = time.monotonic()
        return is_taken

    def service(self) -> None:
        """Handle one request, in a thread; then wait for the client again."""
        request = self.requests[0]
        self.has_unread_body = self.has_unread_body or request.is_refused or bool(request.error)
        super().service()
        self.waiting_since = time.monotonic()

    def send(self, data: bytes, do_close: bool = True) -> int:
        """Send what the client takes now; returns the number of bytes."""
        count = super().send(data, do_close)
        self.sent_bytes += count or 0
        return count

    def is_overdue(self, now: float) -> bool:
        """Whether the client takes longer than it may."""
        bounds = self.adj.bounds
        if self.draining_since is not None:
            return now - self.draining_since > DRAIN_SECONDS
        if self.total_outbufs_len > (self.adj.send_bytes if self.requests else 0):
            return self._is_slow("response", self.sent_bytes, now)
        request = self.request
        if self.requests:
            return False  # the application is working
        if request is None:
            return now - self.waiting_since > bounds.idle_seconds
        if not request.headers_finished:
            return now - self.request_began > bounds.head_seconds
        return self._is_slow(request, request.body_bytes_received, now)

    def _is_slow(self, what: object, count: int, now: float) -> bool:
        """Whether too few bytes were transferred in the last window.

        Bytes of earlier windows do not count: the kernel buffers the first megabytes of a response for a
        client that reads nothing.
        """
        bounds = self.adj.bounds
        current, since, before = self.transfer
        if what is current and now - since <= bounds.window_seconds:
            return False
        is_slow = what is current and count - before < bounds.window_seconds * bounds.min_bytes_per_second
        self.transfer = (what, now, count)
        return is_slow

    # A connection that is closed while bytes of the client are unread is reset, and the response is lost: so
    # the rest of a refused body is read and discarded for some seconds.

    def handle_write(self) -> None:
        """Send buffered bytes; then close, or drain a refused body."""
        if not (self.has_unread_body and self.close_when_flushed) or self.will_close:
            super().handle_write()
            return
        self._flush_exception(self._flush_some)
        if self.will_close:
            self.handle_close()
        elif self.connected and not self.total_outbufs_len:
            self.close_when_flushed = False
            self.draining_since = time.monotonic()
            with suppress(OSError):
                assert self.socket is not None  # noqa: S101  (it is connected)
                self.socket.shutdown(socket.SHUT_WR)

    def readable(self) -> bool:
        """Whether to read from the client."""
        if self.draining_since is not None:
            return not self.is_closed
        return not self.is_closed and super().readable()

    def writable(self) -> bool:
        """Whether there are bytes to send, or the connection is to be closed."""
        return not self.is_closed and super().writable()

    def handle_close(self) -> None:
        """Close at once; the socket is ignored in the current round too."""
        self.is_closed = True
        super().handle_close()

    def handle_read(self) -> None:
        """Read from the client."""
        if self.draining_since is None:
            super().handle_read()
            return
        with suppress(OSError):
            self.drained_bytes += len(self.recv(65_536))
        if self.drained_bytes > MAX_DRAINED_BYTES:
            self.handle_close()

    def del_channel(self, map: Any = None) -> None:
        """Remove this connection."""
        super().del_channel(map)
        self.adj.connections.remove(self)


class _Connections:
    """All connections, by address; when there are too many, the one that waits longest is closed."""

    def __init__(self, bounds: Bounds) -> None:
        self.bounds = bounds
        self.groups: dict[str, set[_Channel]] = {}
        self._reset_counts()

    def _reset_counts(self) -> None:
        self.closed_for_others = 0
        self.closed_as_slow = 0
        self.refused = 0

    def add(self, channel: _Channel, group: str) -> None:
        """Add a new connection."""
        channel.group = group
        self.groups.setdefault(group, set()).add(channel)

    def remove(self, channel: _Channel) -> None:
        """Remove a closed connection."""
        group = channel.group or ""
        members = self.groups.get(group, set())
        members.discard(channel)
        if not members:
            self.groups.pop(group, None)

    def all(self) -> list[_Channel]:
        """All connections; a copy, because threads may close some."""
        return list(chain.from_iterable(list(self.groups.values())))

    def close_one_if_full(self, group: str) -> bool:
        """Whether one more connection of this address is allowed; closes another one if necessary."""
        members = self.groups.get(group, ())
        limit = self.bounds.max_connections_per_address
        if limit is not None and len(members) >= limit:
            return self._close_one(members)
        if len(self.all()) < self.bounds.max_connections:
            return True
        return self._close_one(max(list(self.groups.values()), key=len)) or self.close_any()

    def close_any(self) -> bool:
        """Close the connection that waits longest; returns False when all are being served."""
        return self._close_one(self.all())

    def _close_one(self, channels: Iterable[_Channel]) -> bool:
        waiting = [channel for channel in list(channels) if not channel.requests]
        if not waiting:
            return False
        min(waiting, key=lambda channel: channel.waiting_since).handle_close()
        self.closed_for_others += 1
        return True

    def close_overdue(self) -> None:
        """Close overdue connections, and log the number of closed ones.

        waitress's own `will_close` waits until the socket is writable, which a client that reads nothing
        prevents.
        """
        now = time.monotonic()
        for channel in self.all():
            if channel.is_overdue(now):
                channel.handle_close()
                self.closed_as_slow += 1
        if self.closed_for_others or self.refused:
            log.warning(
                "connections: %s closed for newer ones, %s refused, %s closed as idle or slow",
                self.closed_for_others,
                self.refused,
                self.closed_as_slow,
            )
        self._reset_counts()


class _Server(TcpWSGIServer):
    """A listening socket."""

    channel_class = _Channel
    adj: ServerSettings  # pyright: ignore[reportIncompatibleVariableOverride]  (create_server() passes it)
    _map: dict  # missing in the stub, as are the next two
    effective_host: str
    effective_port: str

    def handle_accept(self) -> None:
        """Accept new connections as far as the limits allow.

        All are accepted before one is closed for them: a reused file descriptor would get the events of the
        connection that was closed.
        """
        for client, address in list(self._accepted()):
            group = address_group(address[0])
            if self.adj.connections.close_one_if_full(group):
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
        """Called once a second, before the sockets are polled."""
        self.adj.connections.close_overdue()


def address_group(address: str) -> str:
    """The key under which connections are counted: an IPv4 address, or an IPv6 network of 64 bits."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    found = getattr(found, "ipv4_mapped", None) or found
    return str(found) if found.version == 4 else str(ip_network((found, 64), strict=False))


def create_server(
    app: Callable,
    bounds: Bounds,
    *,
    host: str,
    port: int,
    threads: int = THREAD_COUNT,
    is_proxied: bool = False,
) -> TcpWSGIServer | MultiSocketServer:
    """A server for a WSGI application; `run()` serves. Raises OSError or ValueError as waitress does."""
    adjustments = ServerSettings(
        host=host,
        port=port,
        threads=threads,
        ident=None,
        cleanup_interval=1,
        clear_untrusted_proxy_headers=not is_proxied,  # REDOUBT_PROXIES decides which are used
        connection_limit=2 * bounds.max_connections,
        max_request_header_size=bounds.max_head_bytes,
        max_request_body_size=UNBOUNDED_BYTES,
        log_socket_errors=False,
        asyncore_use_poll=hasattr(select, "poll"),
    )
    adjustments.bounds = bounds
    adjustments.connections = _Connections(bounds)
    dispatcher = ThreadedTaskDispatcher()
    sockets: dict = {}
    dispatcher.set_thread_count(threads)
    servers = [
        _Server(app, sockets, dispatcher=dispatcher, adj=adjustments, sockinfo=address)
        for address in cast(list[Any], adjustments.listen)
    ]
    if len(servers) == 1:
        return servers[0]
    return MultiSocketServer(
        sockets,
        adjustments,
        [(server.effective_host, int(server.effective_port)) for server in servers],
        dispatcher,
        servers[0].log_info,
    )


def create(app: Flask, *, host: str, port: int) -> TcpWSGIServer | MultiSocketServer:
    """The site's server. Behind a trusted proxy the limit per address is up to the proxy."""
    is_proxied = app.config["REDOUBT_PROXIES"] > 0
    limit = None if is_proxied else Bounds.max_connections_per_address
    bounds = Bounds(
        max_connections_per_address=limit,
        max_body_bytes=app.config["MAX_CONTENT_LENGTH"],
        body_limit=partial(largest_body, app),
    )
    return create_server(app, bounds, host=host, port=port, is_proxied=is_proxied)
