"""One Markdown file of elsewhere: its text made plain, its title, what its front matter says, its anchors."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from core import characters, front_matter, markup
from kb import markdown_links
from kb.models import LAYERS
from posts.actions import MAX_TAGS
from posts.schemas import is_tag, tag_name

SUFFIXES = (".md", ".markdown")
INDEXES = ("readme", "index")
LARGEST = markup.MAX_BYTES + front_matter.MAX_BYTES
WORDS = {
    "perimeter": "firewall gateway vpn proxy ddos waf perimeter dmz bot",
    "network": "network tls transport dns wifi segmentation pinning microservices kubernetes",
    "host": "host server windows linux docker container kernel hardening toolchain patch logging",
    "data": "database data storage cryptographic encryption key secrets backup privacy sql password",
}
FRONT = re.compile(r"---[ \t]*\n(.*\n)?---[ \t]*(\n|$)", re.S)

# Lines between two rules are front matter only when they state one of these.
KNOWN = frozenset("""
    title description summary date tags tag layer applies_to author authors license draft slug weight layout
    categories category keywords permalink aliases id lang lastmod updated modified version status type
    sidebar_position sidebar_label hide_title toc image ms.date ms.author ms.topic ms.service ms.prod
    ms.localizationpriority manager f1.keywords search.appverid audience linktitle linkTitle menu url
    nav_order parent template hide icon subtitle published created name product topic owner reviewer
    redirect_from
    """.split())


class BadFile(ValueError):
    """The file cannot become an article; the message says why."""


@dataclass
class MarkdownFile:
    """What a file says; `facts` holds only what its front matter states, in the shape of our columns."""

    title: str
    text: str
    tags: list[str] = field(default_factory=list)
    facts: dict = field(default_factory=dict)
    author: str = ""
    license: str = ""


def find(root: Path) -> Iterator[Path]:
    """Markdown files below `root`, in order; not what is hidden, nor folders behind links."""
    for path in sorted(root.iterdir()):
        if path.name.startswith("."):
            continue
        if path.is_dir() and not path.is_symlink():
            yield from find(path)
        elif path.suffix.lower() in SUFFIXES and not path.is_dir():
            yield path


def read(path: Path, root: Path) -> MarkdownFile:
    """The file at `path` of the collection below `root`. Raises BadFile, OSError, TooLong."""
    if not path.resolve().is_relative_to(root.resolve()):
        raise BadFile("it is a link that leads out of the folder")
    if not path.is_file():
        raise BadFile("it is not a file")
    if path.stat().st_size > LARGEST:
        raise BadFile(f"it is larger than {LARGEST:,} bytes")
    text = _decoded(path.read_bytes())
    facts, text = _front(text)
    text = markdown_links.plain_html(text)
    heading, text = markdown_links.first_heading(text)
    title = plain(_scalar(facts.get("title")) or heading) or _named(path, root)
    if heading and plain(heading) != title:
        text = f"# {heading}\n\n{text}"
    if not text.strip() and not heading and not facts:
        raise BadFile("it is empty")
    return MarkdownFile(title[:200], text.strip("\n"), list(_tags(facts.get("tags"))), _stated(facts),
                        plain(_scalar(facts.get("author")))[:80], _scalar(facts.get("license"))[:60])


def _decoded(raw: bytes) -> str:
    """Text in UTF-8, in UTF-16 that says so, or else in the old Windows encoding; one kind of line end."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = raw.decode("utf-16", "replace")
    elif b"\x00" in raw:
        raise BadFile("it is not a text")
    else:
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = raw.decode("cp1252", "replace")
    return characters.visible(text)


def _front(text: str) -> tuple[dict, str]:
    """(front matter, text below it); a file that only starts with a rule has none."""
    if not FRONT.match(text):
        return {}, text
    try:
        facts, below = front_matter.load(text.encode())
        return (facts, below) if KNOWN.intersection(map(str, facts)) else ({}, text)
    except front_matter.Refused as error:
        if "no front matter" in str(error):
            return {}, text
        raise BadFile(f"its front matter cannot be read: {error}") from error


def _scalar(value: object) -> str:
    """A single value as text; lists and mappings where one word belongs count as nothing."""
    return str(value).strip() if isinstance(value, str | int | float | date) else ""


def plain(words: str) -> str:
    """Words of a heading without its markup, on one line."""
    words = markdown_links.CUSTOM_ANCHOR.sub("", words)[:1000]
    return " ".join(markup.to_text(markup.render(words).html).split())


def _named(path: Path, root: Path) -> str:
    """A title for a file that gives none: its name, or its folder's when it is the folder's index."""
    name = path.stem
    if name.lower() in INDEXES:
        name = path.resolve().parent.name if path.parent == root else path.parent.name
    return " ".join(re.sub(r"[_-]+", " ", name).split()) or name


def _words(value: object) -> list[str]:
    items = value if isinstance(value, list) else re.split(r"[,\n]+", _scalar(value))
    return [word for item in items if (word := _scalar(item))]


def _tags(value: object) -> Iterable[str]:
    words = _scalar(value).split() if isinstance(value, str) and "," not in value else _words(value)
    names = dict.fromkeys(re.sub(r"\s+", "-", word.lower()) for word in words)
    return [name for name in map(tag_name, names) if is_tag(name)][:MAX_TAGS]


def _stated(facts: dict) -> dict:
    stated: dict = {}
    if (layer := _scalar(facts.get("layer")).lower()) in LAYERS:
        stated["layer"] = layer
    if summary := plain(_scalar(facts.get("summary")) or _scalar(facts.get("description"))):
        stated["summary"] = summary[:300]
    if applies_to := _words(facts.get("applies_to")):
        stated["applies_to"] = [name[:100] for name in applies_to[:50]]
    return stated


def guess_layer(title: str) -> str:
    """The layer whose words the title has; most guidance is about applications."""
    words = set(re.findall(r"[a-z]+", title.lower()))
    return next((layer for layer, known in WORDS.items() if words & set(known.split())), "application")
