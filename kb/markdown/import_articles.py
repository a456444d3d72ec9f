"""Imports a folder of Markdown files as articles, with links between them.

There are three passes, because a link needs the id of its target: all files are read for their titles and
anchors, new articles are created as empty drafts, and all texts are written with their links. An interrupted
import is completed by the next one. Unchanged files are skipped, and so are articles that were edited here
(docs/decisions/0007). Losses are reported for every file in every run (docs/decisions/0532).
"""

import hashlib
import json
import posixpath
from collections.abc import Callable, Iterable
from pathlib import Path

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import DataError, IntegrityError

from auth.models import Visitor
from core.cli import ImportReport, NothingToImport, progress_callback
from core.database.db import db, read_transaction, utcnow
from core.jobs import events
from core.jobs.import_events import ImportEvent
from core.markup import markup
from core.web.forms import Invalid
from kb import actions as kb
from kb.markdown import files as markdown_files
from kb.markdown import link_targets, links
from kb.markdown.files import BadFile, MarkdownFile, NotAPage
from kb.markdown.link_targets import Entry, LinkTargets
from kb.markdown.links import ResolvedLink
from kb.models import Article
from posts import actions as posts
from posts.attachments.import_files import FolderPictures, attach_picture
from posts.models import DRAFT, PUBLISHED
from posts.slugs import slugify

FILE_ERRORS = (BadFile, OSError, markup.TooLong, RecursionError, DataError, IntegrityError)
REVISION_SUMMARY = "Import"
MISSING_PREFIX = "vanished:"  # of the digest of an article that was unpublished because its file is missing
DRAFT_PREFIX = "draft:"  # of the digest of an article whose file is marked as a draft
MAX_UNCHECKED_CHARACTERS = 40_000  # of texts that are never too large when rendered


class Importer:
    """One import of `directory`; `source` names the collection in imported rows."""

    def __init__(
        self,
        directory: Path,
        source: str,
        report: ImportReport,
        *,
        base_url: str = "",
        unpublish_missing: bool = False,
    ) -> None:
        self.root = directory
        self.source = f"articles:{source}"[:100]
        self.report = report
        self.pictures = FolderPictures(directory)
        self.targets = LinkTargets(base_url.rstrip("/"))
        self.news = ImportEvent(self.source)
        self.unpublish_missing = unpublish_missing
        self.file_keys: set[str] = set()  # keys of all Markdown files, including refused ones

    def run(self) -> None:
        """Import all Markdown files below the folder. Raises Unusable when there is none to import."""
        found = list(markdown_files.find_files(self.root))
        files = [path for path, is_markdown in found if is_markdown]
        self.file_keys = {external_id(self._key(path)) for path in files}
        self._each(files, "reading", self._read)
        entries = list({entry.key: entry for entry in self.targets.entries.values()}.values())
        if not entries:
            raise NothingToImport(
                _(
                    "%(folder)s contains no usable Markdown file (%(suffixes)s).",
                    folder=self.root,
                    suffixes=", ".join(markdown_files.SUFFIXES),
                )
            )
        for path in (path for path, is_markdown in found if not is_markdown):
            self._skip(path, path.suffix.lower() or "no extension")
        with self.news.deferred():
            self._create_drafts(entries)
            self._each(entries, "articles", self._write)
            self._delete_empty_drafts()
            self._report_missing_files()
        if not self.news.deliver():
            self.report.add_error(_("The search index is not up to date yet: run `flask search rebuild`."))

    def _skip(self, path: Path, kind: str) -> None:
        self.report.skipped[kind] += 1
        self.report.add_loss("files", self._key(path), kind, _("not a page"))

    def _each(self, things: list, label: str, step: Callable) -> None:
        """Call `step` for each file or entry; those that cannot be imported are reported."""
        with progress_callback(len(things), label) as to:
            for number, thing in enumerate(things, 1):
                try:
                    step(thing)
                except FILE_ERRORS as error:
                    db.session.rollback()
                    name = thing.key if isinstance(thing, Entry) else self._key(thing)
                    self.report.reject_file(f"{name}: {getattr(error, 'strerror', None) or error}")
                db.session.expunge_all()
                to(number)

    def _key(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix().encode("utf-8", "replace").decode()

    def _read(self, path: Path) -> None:
        """Add a file with its title and anchors to the link targets; a symbolic link adds only a path."""
        try:
            file = markdown_files.read_file(path, self.root)
        except NotAPage:
            self._skip(path, "includes")
            return
        key = self._key(path)
        if path.is_symlink():
            key = self._key(self.root / path.resolve().relative_to(self.root.resolve()))
        if key not in self.targets.entries:
            if len(file.text) > MAX_UNCHECKED_CHARACTERS:
                markup.render(file.text)  # raises TooLong: a refused file must not be a link target
            self.targets.add(key, Entry(key, file.title, link_targets.anchors(file.text, file.title)))
        self.targets.add(self._key(path), self.targets.entries[key])

    def _create_drafts(self, entries: list[Entry]) -> None:
        """Set the article ids of all entries; new articles are created as drafts without text."""
        with read_transaction():
            known = dict(
                db.session.execute(
                    select(Article.external_id, Article.id).where(Article.imported_from == self.source)
                )
                .tuples()
                .all()
            )
        drafts = {
            entry.key: Article(
                title=entry.title,
                slug=slugify(entry.title),
                status=DRAFT,
                imported_from=self.source,
                external_id=external_id(entry.key),
            )
            for entry in entries
            if external_id(entry.key) not in known
        }
        db.session.add_all(drafts.values())
        if drafts:
            self.news.schedule()
        db.session.commit()
        for entry in entries:
            entry.article_id = known.get(external_id(entry.key)) or drafts[entry.key].id
        db.session.expunge_all()

    def _write(self, entry: Entry) -> None:
        """Update an article from its file, unless it is unchanged or the article was edited here."""
        file = markdown_files.read_file(self.root / entry.key, self.root)
        losses = list(file.losses)
        text = links.rewrite(
            file.text,
            lambda url, is_image: self._resolve(entry, url, is_image),
            lambda *loss: losses.append(loss),
            lambda name: self.targets.resolve_wiki_link(entry, name),
        )
        digest = _digest(
            file.title,
            text,
            file.tags,
            file.facts,
            file.author,
            file.license,
            *(each and each.isoformat() for each in (file.created_at, file.edited_at)),
        )
        if file.is_draft:
            digest = (DRAFT_PREFIX + digest)[:64]
        for kind, what, why in losses:
            self.report.add_loss(kind, entry.key, what, why)
        with read_transaction():
            before = db.session.scalar(select(Article.import_digest).where(Article.id == entry.article_id))
        if digest == before:
            self.report.skipped["articles"] += 1
            return
        body = markup.render(text)
        article = db.session.get_one(Article, entry.article_id)
        if before is None:
            self._publish(article, file, body)
        elif article.import_state == _state(article, (tag.name for tag in article.tags)):
            self._revise(article, file, body)
            self._follow_draft_mark(article, file, before)
        else:
            self.report.skipped["articles"] += 1
            raise BadFile(_("both the file and the article have changed; the article was not updated"))
        article.import_digest = digest
        article.import_state = _state(article, file.tags)
        db.session.commit()
        (self.report.added if before is None else self.report.updated)["articles"] += 1

    def _resolve(self, entry: Entry, url: str, is_image: bool) -> ResolvedLink:
        """The target of a link; a picture that lies in the folder is stored with the article."""
        found = self.pictures.at(posixpath.dirname(entry.key), url) if is_image else None
        if found is None:
            return self.targets.resolve(entry, url, is_image)
        try:
            return ResolvedLink(attach_picture(found, entry.article_id), is_shown=True)
        except Invalid as error:
            return ResolvedLink(None, error.text)

    def _publish(self, article: Article, file: MarkdownFile, body: markup.Rendered) -> None:
        article.layer = markdown_files.guess_layer(file.title)
        article.author_name = file.author
        article.license = file.license
        article.status = DRAFT if file.is_draft else PUBLISHED
        article.created_at = file.created_at or utcnow()
        article.published_at = None if file.is_draft else article.created_at
        article.edited_at = file.edited_at
        article.last_activity_at = file.edited_at or article.created_at
        _set_facts(article, file)
        posts.create(article, body, tags=file.tags, quiet=True)
        self.news.schedule()

    def _revise(self, article: Article, file: MarkdownFile, body: markup.Rendered) -> None:
        was = posts.begin_edit(article, None)
        article.author_name = file.author
        article.license = file.license
        _set_facts(article, file)
        if (
            posts.rewrite(
                article,
                body,
                by=Visitor(),
                title=file.title,
                tags=file.tags,
                summary=REVISION_SUMMARY,
                old_facts=was,
            )
            is None
        ):
            events.record("article.described", subject=article)
        if file.created_at:
            kb.set_dates(article, file.created_at, file.edited_at)

    def _follow_draft_mark(self, article: Article, file: MarkdownFile, before: str) -> None:
        """Unpublish or publish an article whose draft mark changed; decisions of moderators are kept."""
        if file.is_draft and article.status == PUBLISHED and not before.startswith(DRAFT_PREFIX):
            kb.unpublish(article, by=Visitor())
        elif (
            not file.is_draft
            and before.startswith((DRAFT_PREFIX, MISSING_PREFIX))
            and article.status == DRAFT
        ):
            article.published_at = article.published_at or article.created_at
            kb.republish(article, by=Visitor())

    def _report_missing_files(self) -> None:
        """Report articles whose files are missing; unpublish them with `unpublish_missing`, but only once."""
        with read_transaction():
            rows = db.session.execute(
                select(Article.id, Article.external_id, Article.title)
                .where(Article.imported_from == self.source, Article.is_public)
                .order_by(Article.id)
            ).all()
        for article_id, key, title in rows:
            if key is None or key in self.file_keys:
                continue
            article = db.session.get_one(Article, article_id)
            digest = article.import_digest or ""
            if self.unpublish_missing and not digest.startswith(MISSING_PREFIX):
                kb.unpublish(article, by=Visitor())
                article.import_digest = (MISSING_PREFIX + digest)[:64]
                self.news.schedule()
                self.report.updated["unpublished"] += 1
                outcome = "unpublished; a moderator can publish it again"
            else:
                outcome = "still published; use --unpublish-missing to unpublish it"
            self.report.add_loss("vanished files", key, title, outcome)
            db.session.commit()
            db.session.expunge_all()

    def _delete_empty_drafts(self) -> None:
        """Delete drafts without text, whose files are missing or turned out to be unusable."""
        for article in db.session.scalars(
            select(Article).where(
                Article.imported_from == self.source, Article.import_digest.is_(None), Article.status == DRAFT
            )
        ):
            db.session.delete(article)
        db.session.commit()


def _set_facts(article: Article, file: MarkdownFile) -> None:
    for name, value in file.facts.items():
        setattr(article, name, value)


def external_id(key: str) -> str:
    """The id by which a file is found again: its path below the folder, hashed where that is long."""
    return key if len(key) <= 60 else hashlib.sha256(key.encode()).hexdigest()[:60]


def _state(article: Article, tags: Iterable[str]) -> str:
    """A digest of what moderators can edit, to detect edits."""
    return _digest(
        article.title, article.body, sorted(tags), article.layer, article.summary, article.applies_to
    )


def _digest(*facts: object) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
