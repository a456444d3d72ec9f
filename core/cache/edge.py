"""Shared caches in front of the site (Varnish, a CDN): how long they may keep a visitor's page, and its keys.

The keys of a page are the names that it depends on (dependencies.py). An event purges the names that it
changes, so a page may be kept for minutes and is still new soon after a change. A page that was on its way
to the cache while it was purged stays for its seconds: they remain the bound.
"""

import http.client
import logging
from collections.abc import Iterable
from urllib.parse import urlsplit

from flask import current_app

from core.cache.dependencies import EVERYTHING, Dependencies
from core.database.models import Event
from core.jobs.events import register_handler

KEY_HEADER = "Surrogate-Key"
ALL = "all"  # the key of every page
UNNAMED = "any"  # the key of pages that depend on every event
MAX_KEYS = 100  # of a purge: beyond, all pages go, and the header stays short
PURGE_TIMEOUT_SECONDS = 2
log = logging.getLogger(__name__)


def headers_of(dependencies: Dependencies) -> dict[str, str]:
    """The headers of a visitor's page for shared caches; none unless REDOUBT_EDGE_SECONDS is set."""
    seconds = current_app.config["REDOUBT_EDGE_SECONDS"]
    if not seconds:
        return {}
    stale_seconds = current_app.config["REDOUBT_EDGE_STALE_SECONDS"]
    renewal = f"stale-while-revalidate={stale_seconds}" if stale_seconds else "must-revalidate"
    names = {UNNAMED if name == EVERYTHING else name for name in dependencies.names | dependencies.lists}
    return {
        "Cache-Control": f"public, s-maxage={seconds}, max-age=0, {renewal}",
        KEY_HEADER: " ".join([ALL, *sorted(names)]),
    }


def keys_of(events: Iterable[Event]) -> set[str]:
    """The keys of all pages that events change."""
    keys = {UNNAMED}
    for event in events:
        keys.update([ALL] if event.invalidates is None else event.invalidates.split())
    return {ALL} if ALL in keys or len(keys) > MAX_KEYS else keys


@register_handler("*")
def purge(batch: list[Event]) -> None:
    """Purge what the events change from the caches of REDOUBT_EDGE_PURGE_URLS.

    A cache that does not answer is not asked again: its pages expire, and after a restart it is empty.
    """
    urls = current_app.config["REDOUBT_EDGE_PURGE_URLS"]
    if not urls:
        return
    keys = " ".join(sorted(keys_of(batch)))
    for url in urls:
        try:
            _send(url, keys)
        except (OSError, http.client.HTTPException) as error:
            log.warning("%s was not purged: %s", urlsplit(url).hostname, error)


def _send(url: str, keys: str) -> None:
    """Send a PURGE request; raises HTTPException when it is refused."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=PURGE_TIMEOUT_SECONDS)
    try:
        connection.request("PURGE", parts.path or "/", headers={KEY_HEADER: keys})
        status = connection.getresponse().status
    finally:
        connection.close()
    if status >= http.client.BAD_REQUEST:
        raise http.client.HTTPException(f"it answered {status}")
