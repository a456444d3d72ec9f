"""Cost classes of routes, with the request limits of each class, and limits of body sizes.

Every route is listed in one table (admin/route_costs.py); a test compares it with `url_map`.
core/limits/rate_limits.py enforces the classes, docs/bounds.md explains them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Flask, current_app, request
from werkzeug.exceptions import RequestEntityTooLarge

from core.database.db import SAFE_METHODS
from core.limits.bounds import check_query
from core.registry import Registry

MAX_BODY_BYTES = 2 * 1024 * 1024  # 200,000 characters of text as a form encodes them, and some
UPLOAD_BODY_BYTES = (8 * 1024 + 100) * 1024  # a file of 8 MB and the form around it


@dataclass(frozen=True)
class Cost:
    """A class of routes. Reads and writes are counted separately; 0 means no limit.

    `by_address` and `by_account` are requests a minute. A request of a class that `takes_slot` runs only
    while its address and its account have an unused slot (core/limits/slots.py).
    """

    name: str
    by_address: int
    by_account: int
    takes_slot: bool = False


FREE = Cost("free", 0, 0)  # monitoring and static files
CHEAP = Cost("cheap", 1_200, 600)  # a page or list of fixed size: about 10 ms
SEARCH = Cost("search", 240, 180, takes_slot=True)  # a search, a filtered list, a feed: about 50 ms
EXPENSIVE = Cost("expensive", 120, 60, takes_slot=True)  # text to render, an export, a password: a second
CLASSES = (FREE, CHEAP, SEARCH, EXPENSIVE)
Costs = Mapping[str, Cost | tuple[Cost, Cost]]  # endpoint: class, or (class of reads, class of writes)


_costs: Registry[str, Cost | tuple[Cost, Cost]] = Registry("route_costs")  # by endpoint
_body_limits: Registry[str, int] = Registry("route_body_limits")  # bytes by endpoint


def register_costs(costs: Costs, bodies: Mapping[str, int] | None = None) -> None:
    """Register the cost classes of routes.

    `bodies` are the limits in bytes of those that take larger bodies than MAX_BODY_BYTES.
    """
    for endpoint, cost in costs.items():
        _costs.add(endpoint, cost)
    for endpoint, max_bytes in (bodies or {}).items():
        _body_limits.add(endpoint, max_bytes)


class RouteCosts:
    """The classes and body limits of the routes of `app`."""

    def __init__(self, app: Flask) -> None:
        self.costs = _costs.of(app)
        self.bodies = _body_limits.of(app)

    def of(self, endpoint: str | None, method: str) -> Cost:
        """The class of a route; CHEAP without a route, EXPENSIVE for a route that is not registered."""
        if endpoint is None:
            return CHEAP
        found = self.costs.get(endpoint, EXPENSIVE)
        if isinstance(found, Cost):
            return found
        return found[0] if method in SAFE_METHODS else found[1]

    def body_bytes(self, endpoint: str | None) -> int:
        """The size in bytes of the largest body that a route takes."""
        return self.bodies.get(endpoint or "", MAX_BODY_BYTES)

    @property
    def largest_body_bytes(self) -> int:
        """The size of the largest body that any route takes: a server in front need not read more."""
        return max(MAX_BODY_BYTES, *self.bodies.values())


def route_costs(app: Flask) -> RouteCosts:
    """The cost classes and body limits of the routes of `app`."""
    return RouteCosts(app)


def request_cost() -> Cost:
    """The class of the current request."""
    return route_costs(current_app).of(request.endpoint, request.method)


def _refuse_early() -> None:
    """Refuse a request whose headers show that it is over a limit, before its body is read."""
    check_query(request.query_string)
    max_bytes = route_costs(current_app).body_bytes(request.endpoint)
    if max_bytes != MAX_BODY_BYTES:
        request.max_content_length = max_bytes
    if (request.content_length or 0) > (request.max_content_length or max_bytes):
        raise RequestEntityTooLarge


def init_app(app: Flask) -> None:
    """Limit query strings and bodies of all routes. Call it before other functions read requests."""
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.before_request(_refuse_early)
