"""Lists as rows of values: what the API, the CSV and the JSON files say."""

from collections.abc import Iterator

from flask import Response

from bulletins import queries
from bulletins.models import Bulletin
from bulletins.queries import Filter
from core.mail.mail import site_url
from products import exports

SLICE, MOST = 500, 20_000


def row(bulletin: Bulletin) -> dict:
    """A bulletin as a line of a list."""
    return {
        "reference": bulletin.reference,
        "title": bulletin.title,
        "severity": bulletin.severity or None,
        "is_exploited": bulletin.is_exploited,
        "kev_added_on": bulletin.kev_added_on,
        "kev_due_on": bulletin.kev_due_on,
        "is_ransomware": bulletin.is_ransomware,
        "epss": bulletin.epss,
        "has_fix": bulletin.has_fix,
        "is_unpatched": bulletin.is_unpatched,
        "is_out_of_band": bulletin.is_out_of_band,
        "vulnerabilities": bulletin.vulnerability_count,
        "publisher": bulletin.publisher,
        "tracking_id": bulletin.tracking_id,
        "published_at": bulletin.published_at,
        "month": bulletin.release_month,
        "url": site_url() + bulletin.url,
    }


def rows(wanted: Filter, sort: str) -> Iterator[dict]:
    """All bulletins that a filter leaves, a slice at a time."""
    after, told = None, 0
    while told < MOST:
        page = queries.bulletins(wanted, sort, after=after, size=SLICE)
        yield from map(row, page)
        told, after = told + len(page), page.next
        if after is None:
            return


def list_response(name: str, extension: str, wanted: Filter, sort: str) -> Response:
    """The list as `name`.csv or `name`.json, to save."""
    return exports.answer(name, extension, rows(wanted, sort))
