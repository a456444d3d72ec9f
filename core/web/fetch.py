"""Fetch documents from other sites: only public addresses, and with bounds on everything.

The name of every hop is resolved once, all its addresses are checked, and the connection goes to a checked
address: a second answer of the resolver cannot lead elsewhere. Proxies in the environment are not used. The
reasons: docs/decisions/0610.
"""

import http.client
import re
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from flask import current_app
from flask_babel import gettext as _

MAX_REDIRECTS = 3
MAX_URL_LENGTH = 1_000
MAX_ADDRESSES = 16  # of one name
CONNECT_SECONDS = 10  # to one address
CHUNK_BYTES = 64 * 1024
MAX_UNPACKED_RATIO = 200  # of a content coding; JSON compresses by 5 to 30
HTTPS_PORTS = (443, 8443)
REDIRECTS = (301, 302, 303, 307, 308)
USER_AGENT = "Redoubt (security bulletins; conditional requests)"
# Ranges that is_global calls public, but that embed or reach other addresses.
_EMBEDDING = tuple(
    ip_network(text)
    for text in ("::/96", "64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16", "fec0::/10")
)
_NAME = re.compile(r"(?=.{4,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
_VISIBLE = re.compile(r"[!-~]*")
Address = tuple[socket.AddressFamily, tuple]  # the family, and the socket address with an IP and a port


class Unfetchable(Exception):
    """A document that could not be fetched; the message says why.

    `is_refused` tells that the address or the answer breaks a rule, so that a retry does not help. `received`
    is the number of bytes that were transferred before.
    """

    def __init__(self, message: str, *, is_refused: bool = False, received: int = 0) -> None:
        self.is_refused = is_refused
        self.received = received
        super().__init__(message)


@dataclass(frozen=True)
class Validators:
    """What a server said about the state of a document; both may be empty."""

    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True)
class Fetched:
    """An answer: `body` is None where the document has not changed since the validators were given.

    `received` is the number of bytes of the body on the wire.
    """

    url: str
    body: bytes | None
    validators: Validators
    received: int


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet; v4-mapped ones count as what they embed."""
    try:
        ip: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, IPv6Address):
        if ip.ipv4_mapped is not None:
            ip = ip.ipv4_mapped
        elif any(ip in network for network in _EMBEDDING):
            return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved)


def check_url(url: str) -> SplitResult:
    """The parts of an address that may be fetched; raises Unfetchable. Names are not resolved here."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _refused(_("this is no web address")) from error
    if len(url) > MAX_URL_LENGTH or not _VISIBLE.fullmatch(url):
        raise _refused(
            _("an address has at most %(n)s visible ASCII characters and no spaces", n=MAX_URL_LENGTH)
        )
    if parts.username is not None or parts.password is not None:
        raise _refused(_("an address with a user name or a password is not fetched"))
    host = parts.hostname or ""
    if _is_test_origin(parts.scheme, host, port):
        return parts
    if parts.scheme != "https":
        raise _refused(_("only addresses with https:// are fetched"))
    if port is not None and port not in HTTPS_PORTS:
        raise _refused(_("only the ports 443 and 8443 are fetched"))
    if not (_NAME.fullmatch(host) or is_public(host)):
        raise _refused(_("%(host)s is not the name of a public host", host=host[:100] or "//"))
    return parts


def _refused(message: str) -> Unfetchable:
    return Unfetchable(message, is_refused=True)


def _is_test_origin(scheme: str, host: str, port: int | None) -> bool:
    """Whether the setting for tests names this host and port, which are then fetched by http."""
    return scheme == "http" and f"{host}:{port}" in _test_origins()


def _test_origins() -> Collection[str]:
    return current_app.config["REDOUBT_FETCH_LOOPBACK"]


def _resolve(parts: SplitResult) -> list[Address]:
    """The addresses of the host; raises Unfetchable when any of them is not public."""
    host = parts.hostname or ""
    port = parts.port or 443
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    except (OSError, UnicodeError) as error:
        raise Unfetchable(_("%(host)s was not found in DNS", host=host[:100])) from error
    addresses = [(family, address) for family, _kind, _proto, _name, address in found[:MAX_ADDRESSES]]
    if not _is_test_origin(parts.scheme, host, parts.port):
        for _family, address in addresses:
            if not is_public(str(address[0])):
                raise _refused(_("%(host)s is %(ip)s, which is not public", host=host[:100], ip=address[0]))
    return addresses


class _Connection(http.client.HTTPConnection):
    """A connection to one of the checked addresses; TLS checks the certificate for the name."""

    def __init__(self, parts: SplitResult, addresses: list[Address], deadline: float) -> None:
        super().__init__(parts.hostname or "", parts.port or 443)
        self.addresses = addresses
        self.deadline = deadline
        self.is_tls = parts.scheme == "https"
        self.default_port = 443 if self.is_tls else 80  # which the Host header leaves out

    def connect(self) -> None:
        """Connect to the first address that answers."""
        self.sock = self._first_answering()
        if self.is_tls:
            context = ssl.create_default_context()
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            tls = context.wrap_socket(self.sock, server_hostname=self.host, do_handshake_on_connect=False)
            self.sock = tls  # before the handshake, so that abort() can end it
            tls.do_handshake()

    def _first_answering(self) -> socket.socket:
        last: OSError = TimeoutError("timed out")
        for family, address in self.addresses:
            seconds = min(CONNECT_SECONDS, self.deadline - time.monotonic())
            if seconds <= 0:
                break
            plain = socket.socket(family, socket.SOCK_STREAM)
            plain.settimeout(seconds)
            try:
                plain.connect(address)
                plain.settimeout(max(0.1, self.deadline - time.monotonic()))
                return plain
            except OSError as error:
                plain.close()
                last = error
        raise last

    def abort(self) -> None:
        """End all reading from the connection, from another thread: a slow server ends at the deadline."""
        sock = self.sock
        if sock is not None:
            try:
                socket.socket.shutdown(sock, socket.SHUT_RDWR)
            except OSError:
                return


def fetch(
    url: str,
    *,
    max_bytes: int,
    seconds: float,
    validators: Validators | None = None,
    is_optional: bool = False,
) -> Fetched | None:
    """Fetch a document of at most `max_bytes` (also unpacked) within `seconds`, following redirects.

    `validators` make the request conditional. Returns None for 404 and 410 where `is_optional`. Raises
    Unfetchable.
    """
    deadline = time.monotonic() + seconds
    for _hop in range(MAX_REDIRECTS + 1):
        parts = check_url(url)
        found = _request(parts, max_bytes, deadline, validators or Validators(), is_optional)
        if not isinstance(found, str):
            return found
        url = urljoin(url, found)
    raise _refused(_("more than %(n)s redirects", n=MAX_REDIRECTS))


def _request(
    parts: SplitResult, max_bytes: int, deadline: float, validators: Validators, is_optional: bool
) -> Fetched | str | None:
    """One hop: the answer, the address of a redirect, or None (not found)."""
    connection = _Connection(parts, _resolve(parts), deadline)
    watchdog = threading.Timer(max(0.0, deadline - time.monotonic()), connection.abort)
    watchdog.daemon = True
    watchdog.start()
    try:
        connection.request("GET", _target(parts), headers=_headers(validators))
        with connection.getresponse() as response:
            return _answer(parts, response, max_bytes, deadline, validators, is_optional)
    except ssl.SSLCertVerificationError as error:
        raise Unfetchable(_("the certificate is not valid: %(why)s", why=error.verify_message)) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        if time.monotonic() >= deadline:
            raise Unfetchable(_("the server took too long")) from error
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise Unfetchable(_("the connection failed (%(why)s)", why=reason)) from error
    finally:
        watchdog.cancel()
        connection.close()


def _target(parts: SplitResult) -> str:
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    return f"{path}?{parts.query}" if parts.query else path


def _headers(validators: Validators) -> dict[str, str]:
    headers = {"User-Agent": USER_AGENT, "Accept": "*/*", "Accept-Encoding": "gzip, identity"}
    if validators.etag:
        headers["If-None-Match"] = validators.etag
    if validators.last_modified:
        headers["If-Modified-Since"] = validators.last_modified
    return headers


def _answer(
    parts: SplitResult,
    response: http.client.HTTPResponse,
    max_bytes: int,
    deadline: float,
    validators: Validators,
    is_optional: bool,
) -> Fetched | str | None:
    url = parts.geturl()
    if response.status == 304 and (validators.etag or validators.last_modified):
        return Fetched(url, None, validators, 0)
    if response.status in REDIRECTS and (location := response.headers.get("Location")):
        return location
    if response.status in (404, 410) and is_optional:
        return None
    if response.status != 200:
        raise Unfetchable(_("the server answered with status %(n)s", n=response.status))
    body, received = _read(response, max_bytes, deadline)
    return Fetched(url, body, _validators(response), received)


def _validators(response: http.client.HTTPResponse) -> Validators:
    values = (response.headers.get(name, "") for name in ("ETag", "Last-Modified"))
    return Validators(*(value if len(value) <= 300 and value.isprintable() else "" for value in values))


def _read(response: http.client.HTTPResponse, max_bytes: int, deadline: float) -> tuple[bytes, int]:
    """The body, unpacked, and the number of bytes received."""
    too_large = _("larger than %(n)s MB", n=f"{max_bytes / 1024**2:,.4g}")
    if (response.length or 0) > max_bytes:
        raise _refused(too_large)
    coding = response.headers.get("Content-Encoding", "").strip().lower()
    if coding not in ("", "identity", "gzip", "x-gzip"):
        raise _refused(_("the content coding %(name)s was not asked for", name=coding[:40]))
    unpack = zlib.decompressobj(wbits=31) if "gzip" in coding else None
    parts: list[bytes] = []
    size = 0
    received = 0
    while chunk := response.read1(CHUNK_BYTES):
        received += len(chunk)
        if time.monotonic() > deadline:
            raise TimeoutError
        data = _unpacked(unpack, chunk, max_bytes - size) if unpack else chunk
        size += len(data)
        if max(size, received) > max_bytes or (unpack and size > received * MAX_UNPACKED_RATIO + 65_536):
            raise Unfetchable(too_large, is_refused=True, received=received)
        parts.append(data)
    if time.monotonic() >= deadline:  # the watchdog has ended the connection, which looks like an end
        raise TimeoutError
    if response.length or (unpack and not unpack.eof):
        raise http.client.IncompleteRead(b"")
    return b"".join(parts), received


def _unpacked(unpack: "zlib._Decompress", chunk: bytes, max_bytes: int) -> bytes:
    """What a chunk unpacks to, at most one byte more than `max_bytes`."""
    try:
        return unpack.decompress(chunk, max_bytes + 1)
    except zlib.error as error:
        raise _refused(_("the compressed answer is broken")) from error
