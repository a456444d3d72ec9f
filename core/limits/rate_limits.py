"""Rate limits: requests by the cost class of their route; log-in, reset and mail by a table.

Counts in memory multiply by the number of processes, so the limits that protect passwords and mailboxes are
counted in the database. The limits of the cost classes (costs.py) keep one visitor from using all threads;
Flask-Limiter counts them in Redis, or in memory without it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv6Address, ip_address

from flask import Flask, current_app, g, has_app_context, request
from flask_limiter import ApplicationLimit, Limiter
from sqlalchemy import delete, func, select

from core.database.db import SAFE_METHODS, db, utcnow
from core.database.models import Attempt
from core.limits import costs
from core.limits.slots import Slots
from core.registry import Registry

REDIS_TIMEOUTS = {"socket_connect_timeout": 0.3, "socket_timeout": 0.5}  # seconds, for Redis
ATTEMPT_RETENTION = timedelta(days=2)
MINUTE_SECONDS = 60
NETWORK_BITS = 64  # of an IPv6 address: its user has the whole network


def client_address() -> str:
    """The client in limits: its IPv4 address, or its IPv6 network."""
    text = (request.remote_addr or "").partition("%")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return text
    if not isinstance(address, IPv6Address):
        return text
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return f"{IPv6Address(int(address) >> NETWORK_BITS << NETWORK_BITS)}/{NETWORK_BITS}"


def _key(client: str) -> str:
    kind = "read" if request.method in SAFE_METHODS else "write"
    return f"{costs.request_cost().name}:{kind}:{client}"


class _Limiter(Limiter):
    """Flask-Limiter, which also counts requests for URLs without a route, and may be disabled per app."""

    @property
    def enabled(self) -> bool:
        """Whether the current app has limits; several apps of a process share the limiter."""
        return current_app.config["REDOUBT_RATE_LIMITS"] if has_app_context() else self._enabled

    @enabled.setter
    def enabled(self, value: bool) -> None:
        self._enabled = value

    def identify_request(self) -> str:
        """The endpoint of the request, or a constant for a URL without a route."""
        return super().identify_request() or "no route"


def _a_minute(times: int) -> str:
    """A limit in the notation of Flask-Limiter; empty (no limit) for 0."""
    return f"{times}/minute" if times else ""


limiter = _Limiter(
    key_func=client_address,
    strategy="moving-window",
    in_memory_fallback_enabled=True,
    application_limits=[
        ApplicationLimit(
            lambda: _a_minute(costs.request_cost().by_address),
            key_function=lambda: _key(f"address:{client_address()}"),
        ),
        ApplicationLimit(
            lambda: _a_minute(costs.request_cost().by_account),
            key_function=lambda: _key(f"account:{g.account}"),
            exempt_when=lambda: g.account is None,
        ),
    ],
)


@dataclass(frozen=True)
class CurrentLimit:
    """The limit of a request that is nearest to being exceeded.

    `name` is the cost class, `amount` the requests a minute, `seconds` the time until it is reset.
    """

    name: str
    amount: int
    remaining: int
    seconds: int

    @property
    def headers(self) -> dict[str, str]:
        """As HTTP headers: three that are widely used, and the two of the IETF's draft."""
        return {
            "RateLimit-Limit": str(self.amount),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.seconds),
            "RateLimit-Policy": f'"{self.name}";q={self.amount};w={MINUTE_SECONDS}',
            "RateLimit": f'"{self.name}";r={self.remaining};t={self.seconds}',
        }


def current_limit() -> CurrentLimit | None:
    """The limit under which the current request was counted; None when there is none."""
    found = min(limiter.current_limits, key=lambda each: each.remaining, default=None)
    if found is None:
        return None
    seconds = max(1, int(found.reset_at - utcnow().timestamp()))
    return CurrentLimit(costs.request_cost().name, found.limit.amount, max(0, found.remaining), seconds)


AccountLookup = Callable[[], object | None]
_account_lookups: Registry[AccountLookup, str] = Registry("account_lookups")  # name by function


def register_account_lookup(lookup: AccountLookup) -> AccountLookup:
    """Decorator: the function returns a value unique to the member of this request; None for visitors."""
    _account_lookups.add(lookup, lookup.__qualname__)
    return lookup


def _note_account() -> None:
    g.account = None
    if current_app.config["REDOUBT_RATE_LIMITS"] and costs.request_cost() is not costs.FREE:
        accounts = (lookup() for lookup in _account_lookups)
        g.account = next((account for account in accounts if account is not None), None)


def _take_slot() -> None:
    """Wait for a slot if the class needs one. Raises TooMany."""
    if not (current_app.config["REDOUBT_RATE_LIMITS"] and costs.request_cost().takes_slot):
        return
    keys = [f"address:{client_address()}"] + ([] if g.account is None else [f"account:{g.account}"])
    if not current_app.extensions["slots"].take(keys):
        raise TooMany(1)
    g.slots = keys


def _release_slot(_error: BaseException | None) -> None:
    if keys := g.pop("slots", None):
        current_app.extensions["slots"].release(keys)


class TooMany(Exception):
    """A limit was reached; `seconds` is how long to wait."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


def init_app(app: Flask) -> None:
    """Count requests in memory, or in Redis.

    Pages get no headers about limits: a cached page would send them to other visitors.
    """
    app.config["RATELIMIT_ENABLED"] = app.config["REDOUBT_RATE_LIMITS"]
    app.config["RATELIMIT_STORAGE_URI"] = app.config["REDOUBT_REDIS_URL"] or "memory://"
    app.config["RATELIMIT_STORAGE_OPTIONS"] = REDIS_TIMEOUTS if app.config["REDOUBT_REDIS_URL"] else {}
    app.extensions["slots"] = Slots()
    app.before_request(_note_account)
    limiter.init_app(app)
    app.before_request(_take_slot)
    app.teardown_request(_release_slot)


def limit(name: str, who: object, times: int, seconds: int) -> None:
    """Count one attempt at `name` by `who`; raises TooMany after `times` attempts within `seconds`."""
    if not current_app.config["REDOUBT_RATE_LIMITS"]:
        return
    key = f"{name}:{who}"[:160]
    lock_key(key)
    now = utcnow()
    since = now - timedelta(seconds=seconds)
    count, first = db.session.execute(
        select(func.count(), func.min(Attempt.created_at)).where(
            Attempt.key == key, Attempt.created_at > since
        )
    ).one()
    if count >= times:
        raise TooMany(max(1, int((first - since).total_seconds())))
    db.session.add(Attempt(key=key))


def clear_attempts(name: str, who: object) -> None:
    """Start counting attempts at `name` by `who` anew. Does not commit."""
    db.session.execute(delete(Attempt).where(Attempt.key == f"{name}:{who}"[:160]))


def clear_attempts_below(name: str, beginning: str) -> None:
    """The same for everybody whose key begins so. Does not commit."""
    db.session.execute(
        delete(Attempt).where(Attempt.key.startswith(f"{name}:{beginning}"[:160], autoescape=True))
    )


def lock_key(key: str) -> None:
    """Lock `key` until the transaction ends; on SQLite nothing is done: there is only one writer."""
    if db.engine.dialect.name == "postgresql":
        db.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))


def delete_old_attempts() -> None:
    """Delete attempts that are too old for every limit. Does not commit."""
    db.session.execute(delete(Attempt).where(Attempt.created_at < utcnow() - ATTEMPT_RETENTION))
