"""Links between the posts of a Stack Exchange site, when both ends are here: they lead to the posts here.

Stores nothing. A post may link to one that comes later in the dump, so this is done when all are in.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from bs4 import BeautifulSoup

from core.markup.html_to_markdown import Link
from forum.stackexchange.dump import Row

NO_SITE = "https://original.invalid"  # base of relative links when nobody knows the site's name
HINT = re.compile(r"/(?:questions|q|a|posts)/(?:comments/)?\d")
QUESTION = re.compile(r"/(?:questions|posts)/(?P<id>\d+)(?:/(?!\d+$)[^/]*)?(?:/(?P<answer>\d+))?/?")
SHORT = re.compile(r"/(?:q|a)/(?P<id>\d+)(?:/\d+)?/?")
COMMENT = re.compile(r"/posts/comments/(?P<id>\d+)/?")
COMMENT_PART = re.compile(r"comment(?P<id>\d+)(?:_\d+)?")
COMMENT_KEY = "comment:"
SLUG_LINK = re.compile(r"(?:https?:)?//(?P<host>[\w.-]+)/questions/(?P<id>\d+)/(?P<slug>[a-z0-9-]+)", re.I)
MAX_LINKS_TRIED, MIN_SLUG_CHARACTERS = 5_000, 12  # a shorter part of a title says little


@dataclass(frozen=True)
class Target:
    """A post that is here: its page and its title."""

    address: str
    title: str


def post_keys(address: str, hosts: Collection[str]) -> list[str]:
    """The keys of the posts that an address of the old site may mean, the most exact first."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return []
    host = (parts.hostname or "").lower().removeprefix("www.")
    if parts.scheme not in ("http", "https") or host not in hosts:
        return []
    if found := COMMENT.fullmatch(parts.path):
        return [COMMENT_KEY + found["id"]]
    found = QUESTION.fullmatch(parts.path) or SHORT.fullmatch(parts.path)
    if not found:
        return []
    part = COMMENT_PART.fullmatch(parts.fragment)
    answer = parts.fragment if parts.fragment.isascii() and parts.fragment.isdigit() else ""
    wanted = [COMMENT_KEY + part["id"] if part else "", answer, found.groupdict().get("answer"), found["id"]]
    return list(dict.fromkeys(key for key in wanted if key))


def addresses_in(row: Row) -> Iterable[str]:
    """Every address in the text of a row of Posts or Comments, in the form that rewriter() is asked for."""
    if "Text" in row:
        yield from re.findall(r"(?:https?:)?//[^\s<>\"`)\]]+", row["Text"])
    else:
        for link in BeautifulSoup(row.get("Body", ""), "html.parser").find_all("a", href=True):
            yield link["href"]


def link_rewriter(hosts: Collection[str], targets: Mapping[str, Target]):
    """address(url) for the converters: the post here, or None where a link stays as it is."""

    def address(url: str) -> Link | None:
        for key in post_keys(url, hosts):
            if key in targets:
                return Link(targets[key].address, targets[key].title)
        return Link("") if url.startswith(NO_SITE) else None

    return address


def links_with_slugs(rows: Iterable[Row]) -> list[tuple[str, str, str]]:
    """(host, number, slug) of links to questions of any site, at most MAX_LINKS_TRIED."""
    found: list[tuple[str, str, str]] = []
    for row in rows:
        for link in SLUG_LINK.finditer(row.get("Body", "")):
            found.append((link["host"].lower().removeprefix("www."), link["id"], link["slug"].lower()))
            if len(found) >= MAX_LINKS_TRIED:
                return found
    return found


def likely_host(links: Iterable[tuple[str, str, str]], slugs: Mapping[str, str]) -> str:
    """The host whose links name questions of the dump by number and title; empty when none does."""
    fitting = Counter(
        host
        for host, key, slug in links
        if key in slugs
        and (slug == slugs[key] or (len(slug) >= MIN_SLUG_CHARACTERS and slugs[key].startswith(slug[:60])))
    )
    return next((host for host, _count in fitting.most_common(1)), "")
