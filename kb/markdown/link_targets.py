"""Resolves links between the files of an imported collection to the articles made of them."""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from urllib.parse import quote, unquote, urljoin, urlsplit

from flask_babel import gettext as _

from core.markup import markup
from core.web.site import path_to
from kb.markdown import links
from kb.markdown.files import INDEX_NAMES, SUFFIXES, plain
from kb.markdown.links import CUSTOM_ANCHOR, ResolvedLink
from posts.slugs import slugify


@dataclass
class Entry:
    """A file: its path below the folder, its title, our anchor for each of its anchors, its article."""

    key: str
    title: str
    anchors: dict[str, str] = field(default_factory=dict)
    article_id: int = 0

    @property
    def path(self) -> str:
        """The page of its article."""
        return path_to("kb.article", article_id=self.article_id, slug=slugify(self.title) or "-")


class LinkTargets:
    """The files of a collection by path; a symbolic link is another path of its target.

    `base_url` is a public URL of the folder, for links to files that are not imported.
    """

    def __init__(self, base_url: str = "") -> None:
        self.base_url = base_url
        self.entries: dict[str, Entry] = {}
        self._folded: dict[str, Entry] = {}
        self._named: dict[str, Entry] = {}

    def add(self, key: str, entry: Entry) -> None:
        """Add a file under its path, or that of a symbolic link to it."""
        self.entries[key] = entry
        self._folded.setdefault(key.lower(), entry)
        for name in (posixpath.splitext(posixpath.basename(key))[0], entry.title):
            self._named.setdefault(_folded_name(name), entry)

    def resolve(self, source: Entry, url: str, is_image: bool) -> ResolvedLink:
        """The target of the link `url` in the file `source`."""
        url = re.sub(r"^//(?=[\w-]+\.)", "https://", url.strip())
        try:
            parts = urlsplit(url)
        except ValueError:
            return ResolvedLink(None, _("not an address"))
        if parts.scheme.lower() in markup.SCHEMES:
            return ResolvedLink(url)
        if not url or (parts.scheme and len(parts.scheme) > 1) or parts.netloc:
            return ResolvedLink(None, _("not an address") if not url else _("not a web address"))
        if not parts.path and not is_image:
            return self._within(source, source, parts.fragment, "#")
        target = None if is_image else self._at(source, unquote(parts.path))
        if target is not None:
            return self._within(source, target, parts.fragment, target.path)
        if address := self._elsewhere(source, url):
            return ResolvedLink(address)
        path = parts.path.lower()
        is_page = path.endswith(SUFFIXES) or not posixpath.splitext(path)[1]
        return ResolvedLink(
            None, _("a picture") if is_image else _("no such page in the folder") if is_page else _("a file")
        )

    def _within(self, source: Entry, target: Entry, fragment: str, path: str) -> ResolvedLink:
        anchor = _anchor(target, fragment)
        if path != "#":
            missing = (fragment and anchor is None and _(_("the page has no such heading"))) or ""
            return ResolvedLink(f"{path}#{anchor}" if anchor else path, missing)
        if anchor is None and fragment.lower() not in ("", "top"):
            return ResolvedLink(None, _("the page has no such heading"))
        return ResolvedLink(f"#{anchor or ''}")

    def resolve_wiki_link(self, source: Entry, name: str) -> str | None:
        """The URL of `[[name]]` or `[[name#heading]]`: a path, the name of a file, or a title; or None."""
        page, _sign, fragment = name.partition("#")
        target = self._at(source, page) or self._named.get(_folded_name(page)) if page else source
        if target is None or not target.article_id:
            return None
        return self._within(source, target, fragment, target.path if page else "#").address

    def _elsewhere(self, source: Entry, url: str) -> str:
        if not self.base_url:
            return ""
        folder = quote(posixpath.dirname(source.key))
        address = urljoin(
            f"{self.base_url}/{folder}/" if folder else f"{self.base_url}/", url.replace("\\", "/")
        )
        return quote(address, safe="%/:?#[]@!$&'()*+,;=~-._")

    def _at(self, source: Entry, path: str) -> Entry | None:
        """The file at a path: relative to the folder of `source`, to its page, or to the root of the site."""
        path = path.replace("\\", "/")
        path = path[1:] if path.startswith("~/") else path  # Docs: the root of the site
        above = posixpath.dirname(source.key)
        folders = (
            ["", *_ancestors(above)] if path.startswith("/") else [above, posixpath.splitext(source.key)[0]]
        )
        for folder in folders:
            place = posixpath.normpath(posixpath.join(folder, path.lstrip("/")))
            for candidate in _candidates("" if place == "." else place):
                entry = self.entries.get(candidate) or self._folded.get(candidate.lower())
                if entry is not None and entry.article_id:
                    return entry
        return None


def _folded_name(name: str) -> str:
    return " ".join(re.sub("[-_]", " ", name.lower()).split())


def _ancestors(folder: str) -> Iterator[str]:
    """The parents of `folder` and itself, outermost first: one of them may be the root of a site."""
    names = folder.split("/") if folder else []
    return ("/".join(names[:count]) for count in range(1, len(names) + 1))


def _candidates(path: str) -> Iterator[str]:
    """Paths that a link may mean: the file, the Markdown of a page or bare name, a folder's index."""
    yield path
    stem = re.sub(r"\.(html?|aspx|mdx?|markdown)$", "", path, flags=re.I)
    yield from (stem + suffix for suffix in SUFFIXES)
    yield from (posixpath.join(stem, name + suffix) for name, suffix in product(INDEX_NAMES, SUFFIXES))


def _anchor(entry: Entry, fragment: str) -> str | None:
    """Our anchor for an anchor of the file; letters and digits decide, because sites make them differently.

    Empty for the top of the page, None when the page has no such heading.
    """
    wanted = unquote(fragment).lower()
    if not wanted or wanted in entry.anchors:
        return entry.anchors.get(wanted, "")
    letters = re.sub(r"[\W_]+", "", wanted)
    if not letters:
        return None
    return next((ours for its, ours in entry.anchors.items() if re.sub(r"[\W_]+", "", its) == letters), None)


def anchors(text: str, title: str) -> dict[str, str]:
    """Our anchor of each heading of `text` by its anchor on GitHub, and by its explicit anchor."""
    used_there: dict[str, int] = {}
    used_here: dict[str, int] = {}
    found = {_github_anchor(title, used_there): ""}
    for source in links.headings(text):
        heading = plain(source)
        anchor = markup.anchor(heading, used_here)
        found.setdefault(_github_anchor(heading, used_there), anchor)
        if custom := CUSTOM_ANCHOR.search(source):
            found[custom[1].lower()] = anchor
    return found


def _github_anchor(words: str, used: dict[str, int]) -> str:
    """The anchor of a heading on GitHub."""
    name = re.sub(r"[^\w\- ]", "", words.strip().lower()).replace(" ", "-")
    used[name] = used.get(name, -1) + 1
    return name if not used[name] else f"{name}-{used[name]}"
