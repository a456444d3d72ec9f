"""Where the links between the files of a collection lead: from a path to the article it became."""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from core import markup
from kb import markdown_links
from kb.markdown_files import INDEXES, SUFFIXES, plain
from kb.markdown_links import CUSTOM_ANCHOR
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


class Targets:
    """All files of a collection by path; a link between files of theirs may be another name for one."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self._folded: dict[str, Entry] = {}

    def add(self, key: str, entry: Entry) -> None:
        """Make a file known under a path (its own, or that of a link to it)."""
        self.entries[key] = entry
        self._folded.setdefault(key.lower(), entry)

    def address(self, source: Entry, url: str, is_image: bool) -> str | None:
        """What to write for `url` in the file `source`; None when it names a file that is not here."""
        try:
            parts = urlsplit(url)
        except ValueError:
            return url
        if parts.netloc or url.startswith("missing:") or (parts.scheme and len(parts.scheme) > 1):
            return url
        if not parts.path:
            return f"#{_anchor(source, parts.fragment)}"
        target = None if is_image else self._at(source, unquote(parts.path))
        if target is None:
            return None
        anchor = _anchor(target, parts.fragment)
        return f"{target.path}#{anchor}" if anchor else target.path

    def _at(self, source: Entry, path: str) -> Entry | None:
        path = path.replace("\\", "/")
        folder = "" if path.startswith("/") else posixpath.dirname(source.key)
        path = posixpath.normpath(posixpath.join(folder, path.lstrip("/")))
        for candidate in _candidates("" if path == "." else path):
            entry = self.entries.get(candidate) or self._folded.get(candidate.lower())
            if entry is not None and entry.article_id:
                return entry
        return None


def _candidates(path: str) -> Iterator[str]:
    """The file itself, the Markdown that a page or a bare name was made of, a folder's index."""
    yield path
    stem = re.sub(r"\.(html?|md|markdown)$", "", path, flags=re.I)
    yield from (stem + suffix for suffix in SUFFIXES)
    yield from (posixpath.join(stem, name + suffix) for name in INDEXES for suffix in SUFFIXES)


def _anchor(entry: Entry, fragment: str) -> str:
    """Our anchor for one of theirs; hosts differ in how they make them, so letters and digits decide."""
    wanted = unquote(fragment).lower()
    if wanted in entry.anchors:
        return entry.anchors[wanted]
    letters = re.sub(r"[\W_]+", "", wanted)
    return next((ours for theirs, ours in entry.anchors.items()
                 if letters and re.sub(r"[\W_]+", "", theirs) == letters), "")


def anchors(text: str, title: str) -> dict[str, str]:
    """The anchors that others make of the headings of `text`, each with the one that we make."""
    theirs: dict[str, int] = {}
    mine: dict[str, int] = {}
    found = {_github(title, theirs): ""}
    for source in markdown_links.headings(text):
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
