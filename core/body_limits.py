"""How large the body of a request may be, asked by the server before it stores one byte of it."""

from flask import Flask, request


def largest_body(app: Flask, method: str, path: str) -> int:
    """Bytes that the application would take at this address (`path` as WSGI has it, decoded to latin-1).

    Runs what sets `request.max_content_length` for a route: its URL value preprocessors, and nothing else.
    What is not an address of the site gets the general limit.
    """
    environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "SCRIPT_NAME": "", "QUERY_STRING": "",
               "SERVER_NAME": "localhost", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1",
               "HTTP_HOST": app.config["TRUSTED_HOSTS"][0], "wsgi.url_scheme": "http"}
    with app.request_context(environ):
        for name in (None, *reversed(request.blueprints)):
            for prepare in app.url_value_preprocessors.get(name, ()):
                prepare(request.endpoint, request.view_args)
        return request.max_content_length or app.config["MAX_CONTENT_LENGTH"]
