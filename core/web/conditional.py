"""Conditional requests (RFC 9110, 13): feeds, exports and API responses are not sent again to who has them.

The entity tag is a hash of the body, so it needs no knowledge of what the body depends on. Pages are left
out: those of visitors have the tag of the page cache, those of members hold a new form token each time.
"""

from flask import Flask, Response, request

from core.database.versions import tag_of


def _add_tag(response: Response) -> Response:
    """Set the weak `ETag` of a complete response that is no page; 304 for a client that has the body."""
    if (
        request.method in ("GET", "HEAD")
        and request.endpoint != "static"
        and response.status_code == 200
        and not response.is_streamed
        and not response.cache_control.no_store
        and response.mimetype != "text/html"
    ):
        if "ETag" not in response.headers:
            response.set_etag(tag_of(response.get_data()), weak=True)
        response.make_conditional(request)
    return response


def init_app(app: Flask) -> None:
    """Add the tags before responses are compressed."""
    app.after_request(_add_tag)
