"""Where the links between the files of a collection lead: from a path to the article it became."""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urljoin, urlsplit

from core.markup import markup
from kb.markdown import links
from kb.markdown.files import INDEXES, SUFFIXES, plain
from kb.markdown.links import CUSTOM_ANCHOR, ResolvedLink
from posts.actions import slugify


@dataclass
class Entry:
    """One file: its path below the folder, its title, our anchor for each of its own, its article."""

    key: str
    title: str
    anchors: dict[str, str] = field(default_factory=dict)
    article_id: int = 0

    @property
    def path(self) -> str:
        """The page of its article."""
        return f"/articles/{self.article_id}/{slugify(self.title) or '-'}"


class LinkTargets:
    """All files of a collection by path; a link between files of theirs may be another name for one.

    `base_url` is where the folder can be seen elsewhere: what is not here is linked there.
    """

    def __init__(self, base_url: str = "") -> None:
        self.base_url = base_url
        self.entries: dict[str, Entry] = {}
        self._folded: dict[str, Entry] = {}
        self._named: dict[str, Entry] = {}

    def add(self, key: str, entry: Entry) -> None:
        """Make a file known under a path (its own, or that of a link to it)."""
        self.entries[key] = entry
        self._folded.setdefault(key.lower(), entry)
        for name in (posixpath.splitext(posixpath.basename(key))[0], entry.title):
            self._named.setdefault(" ".join(re.sub("[-_]", " ", name.lower()).split()), entry)

    def place(self, source: Entry, url: str, is_image: bool) -> ResolvedLink:
        """Where `url` in the file `source` leads from here."""
        url = re.sub(r"^//(?=[\w-]+\.)", "https://", url.strip())
        try:
            parts = urlsplit(url)
        except ValueError:
            return ResolvedLink(None, "no address")
        if parts.scheme.lower() in markup.SCHEMES:
            return ResolvedLink(url)
        if not url or (parts.scheme and len(parts.scheme) > 1) or parts.netloc:
            return ResolvedLink(None, "no address" if not url else "not an address of the web")
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
            None, "a picture" if is_image else "no such page in the folder" if is_page else "a file"
        )

    def _within(self, source: Entry, target: Entry, fragment: str, path: str) -> ResolvedLink:
        anchor = _anchor(target, fragment)
        if path != "#":
            missing = (fragment and anchor is None and "the page has no such heading") or ""
            return ResolvedLink(f"{path}#{anchor}" if anchor else path, missing)
        if anchor is None and fragment.lower() not in ("", "top"):
            return ResolvedLink(None, "the page has no such heading")
        return ResolvedLink(f"#{anchor or ''}")

    def wiki(self, source: Entry, name: str) -> str | None:
        """The address of `[[name]]` or `[[name#heading]]`: a path, the name of a file, or a title."""
        page, _sign, fragment = name.partition("#")
        target = (
            source
            if not page
            else (
                self._at(source, page) or self._named.get(" ".join(re.sub("[-_]", " ", page.lower()).split()))
            )
        )
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
        """The file at a path: from the page's folder, as sites serve it, or from the root of the site."""
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


def _ancestors(folder: str) -> Iterator[str]:
    """The folders on the way to `folder`, outermost first: one of them may be the root of a site."""
    names = folder.split("/") if folder else []
    return ("/".join(names[:count]) for count in range(1, len(names) + 1))


def _candidates(path: str) -> Iterator[str]:
    """The file itself, the Markdown that a page or a bare name was made of, a folder's index."""
    yield path
    stem = re.sub(r"\.(html?|aspx|mdx?|markdown)$", "", path, flags=re.I)
    yield from (stem + suffix for suffix in SUFFIXES)
    yield from (posixpath.join(stem, name + suffix) for name in INDEXES for suffix in SUFFIXES)


def _anchor(entry: Entry, fragment: str) -> str | None:
    """Our anchor for one of theirs; hosts differ in how they make them, so letters and digits decide.

    Empty for the top of the page, None when the page has no such heading.
    """
    wanted = unquote(fragment).lower()
    if not wanted or wanted in entry.anchors:
        return entry.anchors.get(wanted, "")
    letters = re.sub(r"[\W_]+", "", wanted)
    return next(
        (
            ours
            for theirs, ours in entry.anchors.items()
            if letters and re.sub(r"[\W_]+", "", theirs) == letters
        ),
        None,
    )


def anchors(text: str, title: str) -> dict[str, str]:
    """The anchors that others make of the headings of `text`, each with the one that we make."""
    theirs: dict[str, int] = {}
    mine: dict[str, int] = {}
    found = {_github(title, theirs): ""}
    for source in links.headings(text):
        words = plain(source)
        ours = markup.anchor(words, mine)
        found.setdefault(_github(words, theirs), ours)
        if custom := CUSTOM_ANCHOR.search(source):
            found[custom[1].lower()] = ours
    return found


def _github(words: str, used: dict[str, int]) -> str:
    """The anchor that hosts of Markdown files make of a heading."""
    name = re.sub(r"[^\w\- ]", "", words.strip().lower()).replace(" ", "-")
    used[name] = used.get(name, -1) + 1
    return name if not used[name] else f"{name}-{used[name]}"
