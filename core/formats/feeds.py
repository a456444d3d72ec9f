"""Atom feeds."""

import html
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from feedgenerator import Atom1Feed
from flask import Response, current_app

from core.mail.mail import site_url

EMPTY_SINCE = datetime(1970, 1, 1, tzinfo=UTC)  # when a list without entries has last changed
FORBIDDEN = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Entry:
    """One entry; `id` and `path` are paths on this site, and `id` never changes."""

    id: str
    title: str
    path: str
    summary: str
    author: str
    published: datetime
    updated: datetime


class _Feed(Atom1Feed):
    """A feed with the same bytes until its entries change; an empty one would have the current time."""

    def latest_post_date(self) -> datetime:
        """When the newest entry was changed."""
        return super().latest_post_date() if self.items else EMPTY_SINCE


def atom(title: str, path: str, entries: list[Entry], query: str = "") -> Response:
    """The entries as the Atom feed of the list at `path` with the query string `query`.

    Feed readers parse summaries as HTML, so plain text is escaped.
    """
    name = current_app.config["REDOUBT_SITE_NAME"]
    base = site_url()
    feed = _Feed(
        title=clean(f"{title} · {name}"),
        link=base + path + query,
        description=clean(title),
        feed_url=f"{base}{path}.atom{query}",
        feed_guid=f"{base}{path}.atom{query}",
    )
    for entry in entries:
        feed.add_item(
            title=clean(entry.title),
            link=base + entry.path,
            description=html.escape(clean(entry.summary)),
            author_name=clean(entry.author),
            pubdate=entry.published,
            updateddate=entry.updated,
            unique_id=base + entry.id,
        )
    return Response(feed.writeString("utf-8"), mimetype="application/atom+xml")


def clean(text: str) -> str:
    """`text` without characters that XML forbids: controls, surrogates, non-characters."""
    return FORBIDDEN.sub("", text)
