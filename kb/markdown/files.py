"""Reads a Markdown file of an import: its text as plain Markdown, its title and its front matter."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from flask_babel import gettext as _

from core.database.db import utcnow
from core.formats import front_matter
from core.markup import characters, markup
from kb.markdown import article_facts, dialects, embedded_html, file_dates, links, tag_parsing
from kb.markdown.article_facts import scalar, shortened

SUFFIXES = (".md", ".markdown", ".mdown", ".mkd", ".mdx", ".txt")
INDEX_NAMES = ("readme", "index", "_index")
EXCLUDED_TXT_NAMES = frozenset(
    """
    license licence copying notice authors contributors source robots humans requirements cmakelists
    llms llms-full security manifest version""".split()
)  # .txt files with these names are no articles
MAX_FILE_BYTES = markup.MAX_BYTES + front_matter.MAX_BYTES
MAX_INCLUDES = 200
MAX_INCLUDE_DEPTH = 4
INCLUDE_FOLDERS = ("_includes", "includes", "docs", "snippets")
LAYER_WORDS = {
    "perimeter": "firewall gateway vpn proxy ddos waf perimeter dmz bot",
    "network": "network tls transport dns wifi segmentation pinning microservices kubernetes",
    "host": "host server windows linux docker container kernel hardening toolchain patch logging",
    "data": "database data storage cryptographic encryption key secrets backup privacy sql password",
}
YAML_FRONT = re.compile(
    r"\s*---[ \t]*\n(?P<facts>(?:(?!---[ \t]*(?:\n|$)|\.\.\.[ \t]*(?:\n|$)).*\n)*)"
    r"(?:---|\.\.\.)[ \t]*(?:\n|$)"
)
TOML_FRONT = re.compile(r"\s*\+\+\+[ \t]*\n(?P<facts>(?:(?!\+\+\+[ \t]*(?:\n|$)).*\n)*)\+\+\+[ \t]*(?:\n|$)")
JSON_FRONT = re.compile(r"\s*\{\s*\n?\s*\"[\w.-]+\"\s*:")


class BadFile(ValueError):
    """The file cannot become an article; the message is the reason."""


@dataclass
class MarkdownFile:
    """The content of a file; `facts` are the columns of Article that its front matter states."""

    title: str
    text: str
    tags: list[str] = field(default_factory=list)
    facts: dict = field(default_factory=dict)
    author: str = ""
    license: str = ""
    created_at: datetime | None = None
    edited_at: datetime | None = None
    losses: list[tuple[str, str, str]] = field(default_factory=list)
    is_draft: bool = False


class NotAPage(Exception):
    """The file is included in other pages; it does not become an article."""


def find_files(root: Path) -> Iterator[tuple[Path, bool]]:
    """(file, whether it is Markdown) below `root`, sorted, without hidden files and linked folders."""
    for path in sorted(root.iterdir()):
        if path.name.startswith("."):
            continue
        if path.is_dir():
            if not path.is_symlink():
                yield from find_files(path)
        else:
            suffix = path.suffix.lower()
            yield (
                path,
                suffix in SUFFIXES and not (suffix == ".txt" and path.stem.lower() in EXCLUDED_TXT_NAMES),
            )


def read_file(path: Path, root: Path) -> MarkdownFile:
    """The file at `path` of the collection below `root`. Raises BadFile, NotAPage, OSError, TooLong."""
    losses: list[tuple[str, str, str]] = []

    def report_loss(kind: str, what: str, why: str = "") -> None:
        losses.append((kind, what, why))

    text = _contents(path, root, report_loss)
    facts, text = _front(text)
    if scalar(facts.get("ms.topic")).lower() == "include":
        raise NotAPage
    if len(text) > 2 * markup.MAX_CHARACTERS:
        raise BadFile(_("it has more than %(n)s characters", n=f"{2 * markup.MAX_CHARACTERS:,}"))
    is_blank = not text.strip()
    text = _PlainTextConverter(path, root, report_loss).plain(text)
    heading, text = links.first_heading(text)
    title = plain(scalar(facts.get("title")) or heading) or _title_from_name(path, root)
    if heading and plain(heading) != title:
        text = f"# {heading}\n\n{text}"
    if is_blank and not facts:
        raise BadFile(_("it is empty"))
    created, edited, bad_dates = file_dates.read_dates(facts, utcnow())
    for bad in bad_dates:
        report_loss("dates", bad, _("not a date, or a date in the future"))
    article_facts.report_unused(facts, report_loss)
    is_draft = article_facts.is_draft(facts)
    if is_draft:
        report_loss("drafts", title, _("draft: imported, not published"))
    author = plain(scalar(facts.get("author")))
    license_name = scalar(facts.get("license"))
    return MarkdownFile(
        shortened("title", title, article_facts.MAX_TITLE_CHARACTERS, report_loss),
        text.strip("\n"),
        article_facts.tags(facts, report_loss),
        article_facts.article_columns(facts, plain, report_loss),
        shortened("author", author, article_facts.MAX_AUTHOR_CHARACTERS, report_loss),
        shortened("license", license_name, article_facts.MAX_LICENSE_CHARACTERS, report_loss),
        created,
        edited,
        losses,
        is_draft,
    )


def _contents(path: Path, root: Path, report_loss: embedded_html.ReportLoss) -> str:
    if not path.resolve().is_relative_to(root.resolve()):
        raise BadFile(_("it is a link to a place outside the folder"))
    if not path.is_file():
        raise BadFile(_("it is not a file"))
    if path.stat().st_size > MAX_FILE_BYTES:
        raise BadFile(_("it is larger than %(n)s bytes", n=f"{MAX_FILE_BYTES:,}"))
    return _decoded(path.read_bytes(), report_loss)


class _PlainTextConverter:
    """Converts the text of one file, with the files that it includes, to plain Markdown."""

    def __init__(self, path: Path, root: Path, report_loss: embedded_html.ReportLoss) -> None:
        self.root = root
        self.report_loss = report_loss
        self.folder = path.parent
        self.has_components = path.suffix.lower() == ".mdx"
        self.depth = self.count = self.size = 0

    def plain(self, text: str) -> str:
        """The text with dialects, tags and HTML as plain Markdown."""
        text = links.outside_fences(
            text, lambda part: tag_parsing.included(part, self.include, self.report_loss)
        )
        converter = dialects.Converter(self.include, self.report_loss, self.has_components)
        text = converter.convert(text)
        text = links.outside_code(
            text,
            lambda part: links.replaced(
                part,
                embedded_html.OUTSIDE_SPANS,
                lambda found: tag_parsing.plain_inline(found[0], self.report_loss, self.has_components),
            ),
        )
        return embedded_html.plain_html(text, self.report_loss)

    def include(self, name: str) -> str | None:
        """The text of an included file with links relative to the root; None if there is no such file."""
        name = name.strip("\"'").replace("\\", "/").removeprefix("~/")
        above = [self.folder, *(each for each in self.folder.parents if each.is_relative_to(self.root))]
        folders = [each / part for each in above for part in ("", *INCLUDE_FOLDERS)]
        name = name.lstrip("/")
        path = next((folder / name for folder in folders if self._is_within(folder / name)), None)
        if path is None or self.depth >= MAX_INCLUDE_DEPTH or self.count >= MAX_INCLUDES:
            return None
        self.count += 1
        try:
            text = _contents(path, self.root, self.report_loss)
        except (BadFile, OSError):
            return None
        self.size += len(text)
        if self.size > markup.MAX_CHARACTERS:
            return None
        if path.suffix.lower() not in SUFFIXES:
            return text
        folder = self.folder
        self.folder = path.parent
        self.depth += 1
        try:
            text = self.plain(_front(text)[1])
        finally:
            self.folder = folder
            self.depth -= 1
        return text if path.parent == folder else self._from_root(text, path.parent)

    def _is_within(self, path: Path) -> bool:
        return path.is_file() and path.resolve().is_relative_to(self.root.resolve())

    def _from_root(self, text: str, folder: Path) -> str:
        here = folder.resolve().relative_to(self.root.resolve()).as_posix()
        prefix = "/" if here == "." else f"/{here}/"
        return links.rewrite(
            text,
            lambda url, is_image: links.ResolvedLink(
                url if re.match(r"[a-z][\w+.-]*:|[/#]", url, re.I) else prefix + url
            ),
            lambda *loss: None,
        )


def _decoded(raw: bytes, report_loss: embedded_html.ReportLoss) -> str:
    r"""The text, in UTF-8, UTF-16 with a byte order mark, or else Windows-1252; with \\n at line ends."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = raw.decode("utf-16", "replace")
        report_loss("encodings", "UTF-16", _("converted to UTF-8"))
    elif b"\x00" in raw:
        raise BadFile(_("it is not a text file"))
    else:
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = raw.decode("cp1252", "replace")
            report_loss("encodings", "Windows-1252 (Latin-1)", _("converted to UTF-8"))
    return characters.visible(text.removeprefix("\ufeff"))


def _front(text: str) -> tuple[dict, str]:
    """(front matter, text below it); without front matter ({}, text)."""
    try:
        if found := TOML_FRONT.match(text):
            return article_facts.lowercase_keys(front_matter.load_toml(found["facts"])), text[found.end() :]
        if JSON_FRONT.match(text):
            return _json_front(text)
        found = YAML_FRONT.match(text)
        if not found:
            return {}, text
        if all(not line.strip() or line.lstrip().startswith("#") for line in found["facts"].split("\n")):
            return ({}, text[found.end() :]) if not found["facts"].strip() else ({}, text)
        facts = _yaml(found["facts"])
        if not article_facts.is_front_matter(facts):
            return {}, text
        return article_facts.lowercase_keys(facts), text[found.end() :]
    except front_matter.InvalidFrontMatter as error:
        if "no front matter" in str(error):
            return {}, text
        raise BadFile(_("its front matter cannot be read: %(error)s", error=error)) from error


def _json_front(text: str) -> tuple[dict, str]:
    try:
        facts, end = json.JSONDecoder().raw_decode(text.lstrip())
    except (ValueError, RecursionError):
        return {}, text
    return article_facts.lowercase_keys(facts), text.lstrip()[end:]


def _yaml(text: str) -> dict:
    try:
        return front_matter.load(f"---\n{text}---\n".encode())[0]
    except front_matter.InvalidFrontMatter:
        if (repaired := front_matter.repair_yaml(text)) == text:
            raise
    return front_matter.load(f"---\n{repaired}---\n".encode())[0]


def plain(words: str) -> str:
    """The text of a heading without markup, on one line."""
    words = links.CUSTOM_ANCHOR.sub("", words)[:1000]
    return " ".join(markup.to_text(markup.render(words).html).split())


def _title_from_name(path: Path, root: Path) -> str:
    """A title made of the name of a file, or of its folder for an index."""
    name = path.stem
    if name.lower() in INDEX_NAMES:
        name = path.resolve().parent.name if path.parent == root else path.parent.name
    words = " ".join(re.sub(r"[_-]+", " ", name).split()) or name
    return words[:1].upper() + words[1:]


def guess_layer(title: str) -> str:
    """The layer of defence that the words of a title suggest; "application" by default."""
    words = set(re.findall(r"[a-z]+", title.lower()))
    return next((layer for layer, known in LAYER_WORDS.items() if words & set(known.split())), "application")
