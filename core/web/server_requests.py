"""Requests of the embedded server: limits on their headers and bodies (docs/decisions/0514)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from waitress.adjustments import Adjustments
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.utilities import BadRequest

MAX_CHUNK_LINE_BYTES = 1_024
MAX_TRAILER_BYTES = 8_192
CHUNK_OVERHEAD_BYTES = 65_536  # beside twice the limit: the framing of small chunks


@dataclass(frozen=True)
class Bounds:
    """Limits on clients. `body_limit(method, path)` returns the limit of bodies above `max_body_bytes`."""

    max_connections: int = 500
    max_connections_per_address: int | None = 64  # None: the peer is a proxy
    idle_seconds: float = 60
    head_seconds: float = 15
    window_seconds: float = 20  # in each, a body or a response has to move at the rate below
    min_bytes_per_second: int = 1_000
    max_request_line_bytes: int = 8_190
    max_head_bytes: int = 32_768
    max_header_fields: int = 100
    max_body_bytes: int = 2 * 1024 * 1024
    body_limit: Callable[[str, str], int] | None = None


class ServerSettings(Adjustments):
    """The settings of waitress, with the limits and the open connections."""

    bounds: Bounds
    connections: Any  # core.web.embedded_server.Connections


class BoundedParser(HTTPRequestParser):
    """A request whose body is refused before it is stored when it is too large.

    The application gets it without its body, with the announced length (or one above its limit), and answers
    413 with its own page.
    """

    adj: ServerSettings  # pyright: ignore[reportIncompatibleVariableOverride]  (create_server() passes it)
    body_rcv: Any  # the stub lacks attributes of the two receivers
    headers: dict[str, str]  # pyright: ignore[reportIncompatibleVariableOverride]  (a dict, not a Mapping)
    path: str  # missing in the stub
    limit: int | None = None
    is_refused = False

    def received(self, data: bytes) -> int:
        """Take bytes of a request; returns how many of them belong to it."""
        consumed = super().received(data)
        if self.body_rcv is not None and not self.error:
            self._check_body()
        return consumed

    def parse_header(self, header_plus: bytes) -> None:
        """Read the request line and headers. Raises ParsingError (400) where gunicorn refuses them too.

        So no request is accepted that two servers in a row may understand differently.
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
            self.expect_continue = False  # no body follows: waiting for one would never end

    def _check_body(self) -> None:
        bounds = self.adj.bounds
        if self.limit is None:
            self.limit = bounds.max_body_bytes
            if bounds.body_limit and (self.chunked or (self.content_length or 0) > self.limit):
                self.limit = bounds.body_limit(str(self.command), self.path)
        if (self.content_length or 0) > self.limit or (
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
            self.error = BadRequest("Chunk framing is too long")
            self.completed = True

    def _refuse(self) -> None:
        self.body_rcv.getbuf().close()
        self.body_rcv = None
        self.headers["CONTENT_LENGTH"] = str(max(self.content_length or 0, (self.limit or 0) + 1))
        self.headers["CONNECTION"] = "close"
        self.is_refused = True
        self.connection_close = True
        self.completed = True
        self.expect_continue = False
