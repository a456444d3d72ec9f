"""An HTTP server of the tests' own, on this machine: files with validators, and answers that misbehave."""

import gzip
import hashlib
import io
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.seen.append((self.path, dict(self.headers)))
        answer = self.server.pages.get(self.path)
        if callable(answer):
            return answer(self)
        if answer is None:
            return self.send(404, b"no such page")
        etag = f'"{hashlib.sha256(answer).hexdigest()[:20]}"'
        if self.server.has_validators and self.headers.get("If-None-Match") == etag:
            return self.send(304)
        self.server.transferred[self.path] = self.server.transferred.get(self.path, 0) + len(answer)
        return self.send(200, answer, **({"ETag": etag} if self.server.has_validators else {}))

    def send(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if status != 304:
            self.wfile.write(body)

    def log_message(self, *_words):
        pass


class Server(ThreadingHTTPServer):
    """`pages` by path are bytes or functions of the handler; `seen` are the requests with their headers."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.pages, self.seen, self.transferred = {}, [], {}
        self.has_validators = True

    @property
    def origin(self):
        return f"127.0.0.1:{self.server_port}"

    @property
    def url(self):
        return f"http://{self.origin}"

    def paths(self):
        return [path for path, _headers in self.seen]

    def forget(self):
        self.seen.clear()
        self.transferred.clear()


@contextmanager
def running():
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def redirect(to, status=302):
    return lambda handler: handler.send(status, Location=to)


def endless(handler):
    """A body of 10 GB, in chunks, until the client has had enough."""
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    block = b"%x\r\n%s\r\n" % (65_536, b" " * 65_536)
    try:
        for _block in range(10 * 1024**3 // 65_536):
            handler.wfile.write(block)
    except OSError:
        handler.close_connection = True


def announced_large(handler):
    """A body that says at once that it has 10 GB."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(10 * 1024**3))
    handler.end_headers()
    handler.close_connection = True


def dripping(handler):
    """A body of which a byte comes every 50 ms, in the headers and after them."""
    try:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\nX-Slow: ")
        for _byte in range(100):
            handler.wfile.write(b"x")
            time.sleep(0.05)
        handler.wfile.write(b"\r\n\r\n")
        for _byte in range(200):
            handler.wfile.write(b" ")
            time.sleep(0.05)
    except OSError:
        pass
    handler.close_connection = True


def cut_off(handler):
    """A body that ends before its length."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b"{")
    handler.close_connection = True


def bomb(size=300 * 1024 * 1024):
    """A compressed answer that unpacks to `size` bytes."""
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=9) as stream:
        for _block in range(size // (1024 * 1024)):
            stream.write(bytes(1024 * 1024))
    return lambda handler: handler.send(200, packed.getvalue(), Content_Encoding="gzip")
