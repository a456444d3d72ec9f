"""What a route may cost: its class, with the limits of that class, and how large a body it takes.

Every route is declared in one table (admin/route_costs.py); a test takes the routes from `url_map`, so
one that is not in it fails. core/limits/rate_limits.py enforces the classes, docs/bounds.md explains them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Flask, current_app, request
from werkzeug.exceptions import RequestEntityTooLarge

from core.database.db import SAFE_METHODS
from core.limits.bounds import check_query

MAX_BODY_BYTES = 2 * 1024 * 1024  # 200,000 characters of text as a form encodes them, and some
UPLOAD_BODY_BYTES = (8 * 1024 + 100) * 1024  # a file of 8 MB and the form around it


@dataclass(frozen=True)
class Cost:
    """A class of routes. Reads and writes are counted apart; 0 means no limit.

    `by_address` and `by_account` are requests a minute. A request of a class that `takes_slot` runs only
    while its address and its account have one free (core/limits/slots.py).
    """

    name: str
    by_address: int
    by_account: int
    takes_slot: bool = False


FREE = Cost("free", 0, 0)  # what watches the site, and files
CHEAP = Cost("cheap", 1_200, 600)  # a page or list of fixed size: about 10 ms
SEARCH = Cost("search", 240, 180, takes_slot=True)  # a search, a filtered list, a feed: about 50 ms
EXPENSIVE = Cost("expensive", 120, 60, takes_slot=True)  # text to render, an export, a password: a second
CLASSES = (FREE, CHEAP, SEARCH, EXPENSIVE)
Costs = Mapping[str, Cost | tuple[Cost, Cost]]  # endpoint: class, or (class of reads, class of writes)


class RouteCosts:
    """The classes and body limits of one site's routes."""

    def __init__(self):
        self.costs: dict[str, Cost | tuple[Cost, Cost]] = {}
        self.bodies: dict[str, int] = {}

    def of(self, endpoint: str | None, method: str) -> Cost:
        """The class of a route; CHEAP for an address without a route, EXPENSIVE for one not declared."""
        if endpoint is None:
            return CHEAP
        found = self.costs.get(endpoint, EXPENSIVE)
        if isinstance(found, Cost):
            return found
        return found[0] if method in SAFE_METHODS else found[1]

    def body_bytes(self, endpoint: str | None) -> int:
        """The largest body that a route takes."""
        return self.bodies.get(endpoint or "", MAX_BODY_BYTES)

    @property
    def largest_body_bytes(self) -> int:
        """The largest body that any route takes: what a server in front need not read more of."""
        return max(MAX_BODY_BYTES, *self.bodies.values())


def register_costs(app: Flask, costs: Costs, bodies: Mapping[str, int] | None = None) -> None:
    """Say what routes cost; `bodies` are the limits of those that take more than MAX_BODY_BYTES."""
    table = of_app(app)
    table.costs.update(costs)
    table.bodies.update(bodies or {})


def of_app(app: Flask) -> RouteCosts:
    """The table of a site."""
    return app.extensions["route_costs"]


def of_request() -> Cost:
    """The class of the request that is being answered."""
    return of_app(current_app).of(request.endpoint, request.method)


def _refuse_early() -> None:
    """Refuse what is over a bound by its head alone, before anything of the body is read."""
    check_query(request.query_string)
    if request.endpoint in (larger := of_app(current_app).bodies):
        request.max_content_length = larger[request.endpoint]
    if (request.content_length or 0) > request.max_content_length:
        raise RequestEntityTooLarge


def init_app(app: Flask) -> None:
    """Bound addresses and bodies of all routes. Called before what reads requests."""
    app.extensions["route_costs"] = RouteCosts()
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.before_request(_refuse_early)
