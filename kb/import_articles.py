"""A folder of Markdown becomes articles; links between its files become links between the articles.

Two passes: every file first becomes an article, then links are rewritten, because a link may point
forward. Known by its path in the folder, a file that did not change is skipped on the next run.
"""

import posixpath
import re
from pathlib import Path
from urllib.parse import unquote

import click
import frontmatter
from sqlalchemy import select, update

from core import events
from core.cli import ImportReport, progress
from core.db import db, utcnow
from core.markup import TooLong, render
from kb.models import LAYERS, Article
from posts import actions as posts
from posts.models import PUBLISHED, Revision

BATCH = 20
HINTS = {
    "perimeter": r"firewall|gateway|vpn|e-?mail|ddos|bot|edge|denial",
    "network": r"network|dns|segment|tls|transport|pinning|microservice",
    "host": r"host|docker|kubernetes|linux|windows|patch|hardening|toolchain|server",
    "data": r"data|backup|encrypt|crypto|secret|storage|privacy|key management|database",
}
LINK = re.compile(r"(!?\[[^\]]*\]\()<?([^)\s>]+)>?([^)]*\))|^(\s{0,3}\[[^\]]+\]:\s*)<?(\S+?)>?$", re.M)
FENCE = re.compile(r"(^(?:```|~~~).*?^(?:```|~~~)\s*$)", re.M | re.S)


class Importer:
    """One run over `directory`; `source` names the folder in every imported row."""

    def __init__(self, directory: Path, source: str):
        self.directory, self.source, self.report = directory, source, ImportReport()
        self.articles: dict[str, int] = {}
        self.texts: dict[str, tuple[str, dict]] = {}
        self.fresh: set[str] = set()

    def run(self) -> ImportReport:
        """Create, then link."""
        files = sorted(p for p in self.directory.rglob("*.md") if p.is_file())
        self._known()
        for step in (self._create, self._link):
            with progress(files, len(files), step.__doc__.split(".")[0]) as rows:
                for number, path in enumerate(rows, 1):
                    self._guarded(step, path)
                    if number % BATCH == 0:
                        db.session.commit()
            db.session.commit()
        return self.report

    def _known(self) -> None:
        self.articles = dict(db.session.execute(
            select(Article.external_id, Article.id).where(Article.imported_from == self.source)).all())

    def _guarded(self, step, path: Path) -> None:
        name = path.relative_to(self.directory).as_posix()
        try:
            with db.session.begin_nested():
                step(path, name)
        except (ValueError, OSError, TooLong) as error:
            self.report.errors.append(f"{name}: {type(error).__name__}: {error}"[:300])

    def _create(self, path: Path, name: str) -> None:
        """Reading files."""
        meta, body = split(path.read_text(encoding="utf-8-sig"))
        title, body = title_of(meta, body, path)
        self.texts[name] = (body, {**meta, "title": title})
        if name in self.articles:
            return
        layer = str(meta.get("layer", "")).lower()
        article = Article(
            title=title[:200], layer=layer if layer in LAYERS else guess_layer(title),
            summary=str(meta.get("summary") or meta.get("description") or "")[:300],
            status=PUBLISHED, published_at=utcnow(), author_name=str(meta.get("author", ""))[:80],
            imported_from=self.source, external_id=name[:60])
        tags = [re.sub(r"[^a-z0-9.+#-]+", "-", str(tag).lower())[:35] for tag in meta.get("tags") or []]
        posts.create(article, render(clean_html(body)), tags=tags[:posts.MAX_TAGS], quiet=True)
        self.articles[name] = article.id
        self.fresh.add(name)
        self.report.added["articles"] += 1

    def _link(self, path: Path, name: str) -> None:
        """Linking articles."""
        if name not in self.texts or name not in self.articles:
            return
        article = db.session.get(Article, self.articles[name])
        body = self._linked(name, clean_html(self.texts[name][0])).strip()
        if name in self.fresh:
            rendered = render(body)
            article.body, article.body_html = rendered.source, rendered.html
            db.session.execute(update(Revision).where(Revision.post_id == article.id)
                               .values(body=body))
        elif body == article.body or article.edited_at is not None:
            self.report.skipped["articles"] += 1  # unchanged, or edited here since: ours stays
        else:
            posts.revise(article, render(body), by=NOBODY, summary="Imported again")
            self.report.updated["articles"] += 1

    def _linked(self, name: str, body: str) -> str:
        """`body` with links to files of this folder pointing to their articles, code left alone."""
        def change(match: re.Match) -> str:
            inline = match[1] is not None
            before, url, after = (match[1], match[2], match[3]) if inline else (match[4], match[5], "")
            return f"{before}{self._target(name, url, image=before.startswith('!'))}{after}"

        parts = FENCE.split(body)
        return "".join(part if number % 2 else LINK.sub(change, part)
                       for number, part in enumerate(parts))

    def _target(self, name: str, url: str, *, image: bool) -> str:
        if re.match(r"[a-z][a-z0-9+.-]*:|//", url, re.I):
            return url
        path, _, anchor = url.partition("#")
        if image:
            return f"missing:{posixpath.basename(unquote(path)) or 'image'}"
        anchor = f"#h-{anchor.removeprefix('h-').lower()}" if anchor else ""
        if not path:
            return anchor
        file = posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(path)))
        for candidate in (file, re.sub(r"\.html?$", ".md", file), f"{file}.md"):
            if candidate in self.articles:
                article = db.session.get(Article, self.articles[candidate])
                return f"/articles/{article.id}/{article.slug or '-'}{anchor}"
        return url


class _Nobody:
    """Stands for the importer where an action wants its actor."""

    id = None


NOBODY = _Nobody()


def guess_layer(title: str) -> str:
    """The layer whose words the title has; application when none."""
    for layer, pattern in HINTS.items():
        if re.search(pattern, title, re.I):
            return layer
    return "application"


def split(text: str) -> tuple[dict, str]:
    """(front matter, body); text that only looks like front matter is all body."""
    try:
        meta, body = frontmatter.parse(text)
        return meta, body
    except Exception as error:
        raise ValueError(f"front matter cannot be read: {str(error).splitlines()[0]}") from error


def title_of(meta: dict, body: str, path: Path) -> tuple[str, str]:
    """(title, body without it): from front matter, the first heading, or the file's name."""
    if meta.get("title"):
        return str(meta["title"]), body
    if match := re.match(r"\s*#\s+(.+?)\s*#*\s*\n", body + "\n"):
        return match[1].replace("`", ""), body[match.end():]
    return path.stem.replace("_", " "), body


def clean_html(body: str) -> str:
    """The few HTML tags Markdown files use become Markdown; the renderer shows others as text."""
    def change(part: str) -> str:
        part = re.sub(r"<!--.*?-->", "", part, flags=re.S)
        part = re.sub(r'<img[^>]*?src="([^"]+)"[^>]*?(?:alt="([^"]*)")?[^>]*>', r"![\2](\1)", part)
        part = re.sub(r'<a\s+href="([^"]+)"[^>]*>(.*?)</a>', r"[\2](\1)", part, flags=re.S)
        part = re.sub(r"</?(?:details|summary|center|div|p|a)\b[^>]*>", "", part)
        return re.sub(r"<br\s*/?>", " ", part)

    return "".join(part if number % 2 else change(part)
                   for number, part in enumerate(FENCE.split(body)))


@click.command("articles")
@click.argument("directory", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--source", default=None, help="Name of the collection (default: folder name).")
def command(directory: Path, source: str | None) -> None:
    """Import a folder of Markdown files from DIRECTORY as published articles."""
    report = Importer(directory, source or directory.resolve().name).run()
    events.record("import.finished", changed=sum(report.added.values()) + sum(report.updated.values()))
    db.session.commit()
    events.drain()
    report.print()
