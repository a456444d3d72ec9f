"""Lists of bulletins as rows of values, for the API, CSV and JSON files."""

from collections.abc import Iterator

from flask import Response

from bulletins import queries
from bulletins.models import Bulletin
from bulletins.queries import Filter
from core.mail.mail import site_url
from products import exports

BATCH_SIZE = 500
MAX_ROWS = 20_000


def row(bulletin: Bulletin) -> dict:
    """The values of a bulletin in a list, by column."""
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
        "fix_state": bulletin.fix_state or None,
        "is_informational": bulletin.is_informational,
        "document_status": bulletin.document_status,
        "is_out_of_band": bulletin.is_out_of_band,
        "vulnerabilities": bulletin.vulnerability_count,
        "publisher": bulletin.publisher,
        "tracking_id": bulletin.tracking_id,
        "published_at": bulletin.published_at,
        "month": bulletin.release_month,
        "url": site_url() + bulletin.url,
    }


def rows(wanted: Filter, sort: str) -> Iterator[dict]:
    """The bulletins that match a filter, at most MAX_ROWS."""
    after = None
    for _page in range(MAX_ROWS // BATCH_SIZE):
        page = queries.bulletins(wanted, sort, after=after, size=BATCH_SIZE)
        yield from map(row, page)
        after = page.next
        if after is None:
            return


def list_response(name: str, extension: str, wanted: Filter, sort: str) -> Response:
    """The list as a download, `name`.csv or `name`.json by `extension`."""
    return exports.file_response(name, extension, rows(wanted, sort))
