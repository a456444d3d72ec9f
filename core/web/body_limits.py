"""The largest body of a request, which the server needs before it reads the body."""

from flask import Flask, request

from core.limits import costs
from core.web import sent_forms


def largest_body(app: Flask, method: str, path: str) -> int:
    """The bytes of a body that the application reads at this path (as in WSGI, decoded as latin-1).

    A path without a route has the general limit. A form with text may be larger, so that the application can
    show a text that is too long again, to be shortened.
    """
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "SCRIPT_NAME": "",
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": app.config["TRUSTED_HOSTS"][0],
        "wsgi.url_scheme": "http",
    }
    with app.request_context(environ):
        table = costs.route_costs(app)
        limit = table.body_bytes(request.endpoint)
        is_text = (
            method == "POST"
            and request.endpoint is not None
            and not request.path.startswith("/api/")
            and table.of(request.endpoint, method) is costs.EXPENSIVE
        )
        return max(limit, sent_forms.MAX_BODY_BYTES) if is_text else limit
