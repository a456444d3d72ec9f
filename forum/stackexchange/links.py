"""Rewrites links between posts of a Stack Exchange site to the imported posts. Stores nothing.

This is done after all posts are imported, because a post may link to one that comes later in the dump.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from bs4 import BeautifulSoup

from core.markup.html_to_markdown import Link
from forum.stackexchange.dump import Row

UNKNOWN_SITE = "https://original.invalid"  # base URL of relative links when the site is unknown
POST_LINK_HINT = re.compile(r"/(?:questions|q|a|posts)/(?:comments/)?\d")
QUESTION_PATH = re.compile(r"/(?:questions|posts)/(?P<id>\d+)(?:/(?!\d+$)[^/]*)?(?:/(?P<answer>\d+))?/?")
SHORT_PATH = re.compile(r"/(?:q|a)/(?P<id>\d+)(?:/\d+)?/?")
COMMENT_PATH = re.compile(r"/posts/comments/(?P<id>\d+)/?")
COMMENT_FRAGMENT = re.compile(r"comment(?P<id>\d+)(?:_\d+)?")
COMMENT_KEY = "comment:"  # prefix of the external ids of comments
SLUG_LINK = re.compile(r"(?:https?:)?//(?P<host>[\w.-]+)/questions/(?P<id>\d+)/(?P<slug>[a-z0-9-]+)", re.I)
MAX_LINKS_TRIED = 5_000
MIN_SLUG_CHARACTERS = 12  # a shorter beginning of a title is not conclusive


@dataclass(frozen=True)
class Target:
    """An imported post: its URL and its title."""

    address: str
    title: str


def post_keys(address: str, hosts: Collection[str]) -> list[str]:
    """The external ids of the posts that a URL of the old site may mean, the most exact first."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return []
    host = (parts.hostname or "").lower().removeprefix("www.")
    if parts.scheme not in ("http", "https") or host not in hosts:
        return []
    if found := COMMENT_PATH.fullmatch(parts.path):
        return [COMMENT_KEY + found["id"]]
    found = QUESTION_PATH.fullmatch(parts.path) or SHORT_PATH.fullmatch(parts.path)
    if not found:
        return []
    part = COMMENT_FRAGMENT.fullmatch(parts.fragment)
    answer = parts.fragment if parts.fragment.isascii() and parts.fragment.isdigit() else ""
    wanted = [COMMENT_KEY + part["id"] if part else "", answer, found.groupdict().get("answer"), found["id"]]
    return list(dict.fromkeys(key for key in wanted if key))


def addresses_in(row: Row) -> Iterator[str]:
    """All URLs in the text of a row of Posts or Comments, as link_rewriter() takes them."""
    if "Text" in row:
        yield from re.findall(r"(?:https?:)?//[^\s<>\"`)\]]+", row["Text"])
    else:
        for link in BeautifulSoup(row.get("Body", ""), "html.parser").find_all("a", href=True):
            yield str(link["href"])


def link_rewriter(hosts: Collection[str], targets: Mapping[str, Target]) -> Callable[[str], Link | None]:
    """A function for the converters: the new link for a URL, or None for an unchanged link."""

    def address(url: str) -> Link | None:
        for key in post_keys(url, hosts):
            if key in targets:
                return Link(targets[key].address, targets[key].title)
        return Link("") if url.startswith(UNKNOWN_SITE) else None

    return address


def links_with_slugs(rows: Iterable[Row]) -> list[tuple[str, str, str]]:
    """(host, id, slug) of links to questions of any site, at most MAX_LINKS_TRIED."""
    found: list[tuple[str, str, str]] = []
    for row in rows:
        for link in SLUG_LINK.finditer(row.get("Body", "")):
            found.append((link["host"].lower().removeprefix("www."), link["id"], link["slug"].lower()))
            if len(found) >= MAX_LINKS_TRIED:
                return found
    return found


def likely_host(links: Iterable[tuple[str, str, str]], slugs: Mapping[str, str]) -> str:
    """The host whose links match questions of the dump by id and title; empty when there is none."""
    matching = Counter(
        host
        for host, key, slug in links
        if key in slugs
        and (slug == slugs[key] or (len(slug) >= MIN_SLUG_CHARACTERS and slugs[key].startswith(slug[:60])))
    )
    return next((host for host, _count in matching.most_common(1)), "")
