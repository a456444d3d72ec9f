"""Atom feeds, for every room that lists something."""

from dataclasses import dataclass
from datetime import datetime

from feedgenerator import Atom1Feed
from flask import current_app

from core.mail import site_url


@dataclass(frozen=True)
class Entry:
    """One entry: `id` and `path` are stable, `summary` is plain text, times are aware."""

    id: int
    title: str
    path: str
    summary: str
    author: str
    published: datetime
    updated: datetime


def atom(title: str, path: str, entries: list[Entry]) -> str:
    """The entries as an Atom document about the list at `path`."""
    name, base = current_app.config["REDOUBT_SITE_NAME"], site_url()
    feed = Atom1Feed(title=f"{title} · {name}", link=base + path, description=title,
                     feed_url=f"{base}{path}.atom")
    for entry in entries:
        feed.add_item(title=clean(entry.title), link=base + entry.path, description=clean(entry.summary),
                      author_name=clean(entry.author), pubdate=entry.published, updateddate=entry.updated,
                      unique_id=f"{base}/posts/{entry.id}")
    return feed.writeString("utf-8")


def clean(text: str) -> str:
    """Text without the control characters that XML forbids."""
    return "".join(c for c in text if c >= " " or c in "\n\t")
