"""A folder of Markdown files becomes articles whose links to each other lead to each other.

Two passes: all articles first, then their texts with links, because a link needs the other's
number. Each row knows its file; a text that did not change is not touched again.
"""

import hashlib
import posixpath
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

import frontmatter
from sqlalchemy import select

from auth.models import Visitor
from core import events, markup
from core.cli import ImportReport, progress
from core.db import db, utcnow
from kb import markdown_links
from kb.models import LAYERS, Article
from posts import actions as posts
from posts.models import PUBLISHED
from posts.schemas import TAG

BATCH = 25
WORDS = {
    "perimeter": "firewall gateway vpn proxy ddos waf perimeter dmz bot",
    "network": "network tls transport dns wifi segmentation pinning microservices kubernetes",
    "host": "host server windows linux docker container kernel hardening toolchain patch logging",
    "data": "database data storage cryptographic encryption key secrets backup privacy sql password",
}


@dataclass
class Source:
    """One file: where it is, what it says of itself, and the article it became."""

    key: str
    title: str
    text: str
    facts: dict
    anchors: dict[str, str] = field(default_factory=dict)
    article_id: int = 0
    is_new: bool = False

    @property
    def path(self) -> str:
        """The page of its article."""
        return f"/articles/{self.article_id}/{posts.slugify(self.title) or '-'}"


class Importer:
    """One run over `directory`; `source` names the collection in every imported row."""

    def __init__(self, directory: Path, source: str):
        self.directory, self.source, self.report = directory, f"articles:{source}"[:100], ImportReport()
        self.sources: dict[str, Source] = {}

    def run(self) -> ImportReport:
        """Import every .md file below the folder."""
        files = sorted(p for p in self.directory.rglob("*") if p.suffix.lower() in (".md", ".markdown")
                       and p.is_file())
        self._each(files, "reading", self._read)
        self._each(list(self.sources.values()), "articles", self._create)
        self._each([s for s in self.sources.values() if s.article_id], "links", self._settle)
        changed = self.report.added["articles"] + self.report.updated["articles"]
        events.record("import.finished", source=self.source, changed=changed)
        db.session.commit()
        return self.report

    def _each(self, things: list, label: str, step) -> None:
        with progress(things, len(things), label) as rows:
            for number, thing in enumerate(rows, 1):
                name = thing.key if isinstance(thing, Source) else str(thing.relative_to(self.directory))
                try:
                    with db.session.begin_nested():
                        step(thing)
                except Exception as error:  # a bad file is named, the others come in
                    self.report.errors.append(f"{name}: {type(error).__name__}: {error}"[:300])
                if number % BATCH == 0:
                    db.session.commit()
        db.session.commit()

    def _read(self, path: Path) -> None:
        key = path.relative_to(self.directory).as_posix()
        post = frontmatter.loads(path.read_text(encoding="utf-8-sig"))
        text = markdown_links.outside_code(post.content.replace("\x00", ""), markdown_links.plain_html)
        first = re.match(r"\s*#\s+(.+?)\s*#*\s*\n", text + "\n")
        title = str(post.metadata.get("title") or (first and first[1])
                    or path.stem.replace("_", " ").replace("-", " "))
        title = " ".join(markup.to_text(markup.render(title).html).split())[:200]
        if not text.strip():
            raise ValueError("the file is empty")
        if first and " ".join(markup.to_text(markup.render(first[1]).html).split())[:200] == title:
            text = text[first.end():]
        source = Source(key, title, text.strip(), post.metadata)
        used: dict[str, int] = {}
        if first:
            source.anchors[_github(first[1], used)] = ""
        for _level, ours, words in markup.headings(markup.render(source.text).html):
            source.anchors[_github(words, used)] = ours
        self.sources[key] = source

    def _create(self, source: Source) -> None:
        external = source.key if len(source.key) <= 60 else hashlib.sha256(
            source.key.encode()).hexdigest()[:60]
        found = db.session.scalar(select(Article.id).where(
            Article.imported_from == self.source, Article.external_id == external))
        if found is None:
            article = Article(title=source.title, status=PUBLISHED, published_at=utcnow(),
                              author_name=str(source.facts.get("author") or "")[:80],
                              imported_from=self.source, external_id=external, **self._facts(source))
            posts.create(article, markup.render(source.text), tags=_tags(source), quiet=True)
            found, source.is_new = article.id, True
        source.article_id = found

    def _facts(self, source: Source) -> dict:
        applies = source.facts.get("applies_to") or []
        layer = str(source.facts.get("layer") or "").lower()
        return {"layer": layer if layer in LAYERS else guess_layer(source.title),
                "summary": str(source.facts.get("summary") or source.facts.get("description") or "")[:300],
                "license": str(source.facts.get("license") or "")[:60],
                "applies_to": [str(a)[:100] for a in (applies if isinstance(applies, list) else [applies])]}

    def _settle(self, source: Source) -> None:
        """Give the article its final text; a later change of the file is a new revision."""
        text = markdown_links.rewrite(source.text, lambda url, image: self._target(source, url, image))
        digest = hashlib.sha256(f"{source.title}\n{text}".encode()).hexdigest()
        article = db.session.get(Article, source.article_id)
        if article.import_digest == digest:
            self.report.skipped["articles"] += 1
            return
        posts.revise(article, markup.render(text), by=Visitor(), title=source.title, summary="Import")
        article.import_digest = digest
        if source.is_new:
            events.record("article.imported", subject=article)
        (self.report.added if source.is_new else self.report.updated)["articles"] += 1

    def _target(self, source: Source, url: str, image: bool) -> str | None:
        parts = urlsplit(url)
        if parts.scheme or parts.netloc or url.startswith("/") or url.startswith("missing:"):
            return url
        if not parts.path:
            return "#" + source.anchors.get(unquote(parts.fragment).lower(), parts.fragment)
        if image:
            return None
        path = posixpath.normpath(posixpath.join(posixpath.dirname(source.key), unquote(parts.path)))
        stem = re.sub(r"\.(html?|md|markdown)$", "", path, flags=re.I)
        for candidate in (path, f"{stem}.md", f"{stem}.markdown"):
            other = self.sources.get(candidate)
            if other is not None and other.article_id:
                anchor = other.anchors.get(unquote(parts.fragment).lower(), "")
                return other.path + (f"#{anchor}" if anchor else "")
        return None


def _github(words: str, used: dict[str, int]) -> str:
    """The anchor that hosts of Markdown files make of a heading."""
    plain = re.sub(r"[^\w\- ]", "", markup.to_text(words).strip().lower()).replace(" ", "-")
    used[plain] = used.get(plain, -1) + 1
    return plain if not used[plain] else f"{plain}-{used[plain]}"


def _tags(source: Source) -> list[str]:
    tags = source.facts.get("tags") or []
    words = re.split(r"[\s,]+", tags) if isinstance(tags, str) else [str(t) for t in tags]
    names = [re.sub(r"\s+", "-", word.strip().lower()) for word in words]
    return [name for name in names if TAG.match(name)][:5]


def guess_layer(title: str) -> str:
    """The layer whose words the title has; most guidance is about applications."""
    words = set(re.findall(r"[a-z]+", title.lower()))
    return next((layer for layer, known in WORDS.items() if words & set(known.split())), "application")
