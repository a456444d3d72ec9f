"""Imports a Stack Exchange dump as members, questions, answers, comments, tags and links.

Each batch of rows is one transaction with its counters. Rows are identified by their ids in the dump, so an
interrupted import can be repeated without duplicates. Votes in a dump have no voters: they become the
imported score of posts. Unusable rows are reported (docs/decisions/0007).
"""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import filterfalse
from pathlib import Path

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.exc import DataError, IntegrityError

from auth import bulk_actions as people
from auth.models import User
from core.cli import ImportReport, NothingToImport, progress_callback
from core.database.db import db, read_transaction
from core.jobs.import_events import ImportEvent
from core.markup import markup
from forum import bulk_actions as forum
from forum.stackexchange import pictures
from forum.stackexchange import posts as converters
from forum.stackexchange.dump import BadRow, Dump, Row
from forum.stackexchange.links import COMMENT_KEY
from forum.stackexchange.relink import Relinker
from posts.attachments.import_files import FolderPictures
from posts.models import Post, Tag
from posts.tags import actions as tag_actions

BATCH_SIZE = 400
NETWORK_SITE = re.compile(
    r"(?:[a-z0-9-]+\.)*(?:stackexchange|stackoverflow|superuser|serverfault|askubuntu"
    r"|stackapps)\.com|(?:[a-z]+\.)?mathoverflow\.net"
)
BADGE_CLASSES = {"1": "gold", "2": "silver", "3": "bronze"}
TABLES_BY_NOUN = {
    "users": "Users",
    "tags": "Tags",
    "questions": "Posts",
    "answers": "Posts",
    "comments": "Comments",
}
ROW_ERRORS = (DataError, IntegrityError, OverflowError)


class Importer:
    """One import of `directory`; `source` names the site in imported rows."""

    def __init__(
        self, directory: Path, source: str, site: str, report: ImportReport, hosts: Collection[str] = ()
    ) -> None:
        self.report = report
        self.dump = Dump(directory, report)
        self.pictures = FolderPictures(directory)
        self.source = source
        self.site = site
        self.hosts = hosts
        self.news = ImportEvent(source)
        self.system_users: dict[str, str] = {}  # background processes that own posts: id → name
        self.accepted: dict[str, str] = {}  # answer → its question
        self.long_texts: dict[str, str] = {}  # tag → text of its wiki
        self.excerpts: dict[str, str] = {}  # id of the post with its excerpt → tag
        self.wikis: dict[str, str] = {}  # id of the post with its wiki, used where there is no excerpt → tag
        self.described: set[str] = set()  # tags with an excerpt

    def run(self) -> None:
        """Import all files of the dump, in the order of their references. Raises Unusable."""
        tags = self._count_tags()
        with self.news.deferred():
            self._import_tables()
        if not self.dump.count:
            raise NothingToImport(_("These files contain no rows."))
        self.report.added["tags"] = self._count_tags() - tags
        for table in {"Users", "Posts"} - self.dump.files.keys():
            self.report.add_error(_("%(file)s is missing.", file=f"{table}.xml"))
        if not self.news.deliver():
            self.report.add_error(_("The search index is not up to date. Run `flask search rebuild`."))

    def _import_tables(self) -> None:
        self._each("Users", self._users)
        self._each("Tags", self._tags)
        self._each("Posts", self._questions, "questions")
        for tag, text in self.long_texts.items():
            self.report.skipped["tag wikis"] += tag in self.described
            forum.describe_tag(tag, text)
        db.session.commit()
        self._each("Posts", self._answers, "answers")
        self._each("Comments", self._comments)
        self._each("PostLinks", self._links)
        relinker = Relinker(self.source, self.site, self.hosts, self.report, self.news)
        relinker.learn_host(lambda: self.dump.rows("Posts", lambda position: None))
        self._each("Posts", self._committing(relinker.posts), "links")
        self._each("Comments", self._committing(relinker.comments), "links")
        self._each("Posts", self._committing(self._show_pictures), "pictures")
        self._each("Votes", self._votes)
        self._badges()
        for path in self.dump.unread:
            self.report.skipped[path.name] += 1
            self.report.add_loss("files", path.name, path.name, _("table not supported"))

    def _show_pictures(self, rows: list[Row]) -> None:
        pictures.show(rows, self.source, self.site, self.pictures, self.report, self.news)

    def _committing(self, step: Callable[[list[Row]], None]) -> Callable[[list[Row]], None]:
        def committed(rows: list[Row]) -> None:
            step(rows)
            db.session.commit()
            db.session.expunge_all()

        return committed

    def _count_tags(self) -> int:
        with read_transaction():
            return db.session.scalar(select(func.count(Tag.id))) or 0

    def _each(self, table: str, handle: Callable[[list[Row]], None], what: str = "") -> None:
        """Call `handle` with batches of the rows of a table."""
        label = f"{table}.xml {what}".strip()
        with progress_callback(self.dump.size(table), label) as to:
            for rows in _batches(self.dump.rows(table, to)):
                handle(rows)

    def _import_rows(
        self, noun: str, rows: list[Row], known: Iterable[str], prepare: Callable, store: Callable
    ) -> None:
        """Prepare new rows outside of a transaction, then store them."""
        seen = set(known)
        prepared = []
        for row in rows:
            try:
                key = str(row.number("Id"))
                if key in seen:
                    self.report.skipped[noun] += 1
                else:
                    prepared.append((row, prepare(row)))
                    seen.add(key)
            except (BadRow, markup.TooLong) as error:
                self._fault(noun, row, error)
        self._store(noun, prepared, store)

    def _store(self, noun: str, prepared: list[tuple], store: Callable) -> None:
        """Store rows in one transaction; if the database refuses it, by halves, to report the bad row."""
        if not prepared:
            return
        try:
            store([item for _row, item in prepared])
            self.news.schedule()
            db.session.commit()
            self.report.added[noun] += len(prepared)
        except ROW_ERRORS as error:
            db.session.rollback()
            half = len(prepared) // 2
            if half:
                self._store(noun, prepared[:half], store)
                self._store(noun, prepared[half:], store)
            else:
                self._fault(noun, prepared[0][0], getattr(error, "orig", error))
        finally:
            db.session.expunge_all()

    def _fault(self, noun: str, row: Row, error: Exception) -> None:
        self.report.add_error(
            _(
                "%(file)s row Id=%(key)s: %(why)s",
                file=f"{TABLES_BY_NOUN[noun]}.xml",
                key=row.get("Id", "?")[:20],
                why=error,
            )
        )

    def _known(self, entity: type[User] | type[Post], keys: Iterable[str]) -> dict[str, int]:
        """Our ids of the rows with these ids in the dump, as far as they are imported."""
        with read_transaction():
            rows = db.session.execute(
                select(entity.external_id, entity.id).where(
                    entity.imported_from == self.source, entity.external_id.in_(set(keys))
                )
            ).all()
        return {external_id: row_id for external_id, row_id in rows if external_id is not None}

    # tables

    def _users(self, rows: list[Row]) -> None:
        for row in rows:
            if row.get("Id", "").startswith("-"):
                self.system_users[row["Id"]] = row.line("DisplayName", 80)
        known = self._known(User, (row.get("Id", "") for row in rows))
        self._import_rows(
            "users",
            rows,
            [*known, *self.system_users],
            converters.person,
            lambda found: people.create_accounts(found, self.source),
        )

    def _tags(self, rows: list[Row]) -> None:
        names = {converters.tag_name(row.get("TagName", "")) for row in rows} - {""}
        for row in rows:
            name = converters.tag_name(row.get("TagName", ""))
            self.excerpts[row.get("ExcerptPostId", "")] = name
            self.wikis[row.get("WikiPostId", "")] = name
            if not name:
                self._fault("tags", row, BadRow(_("it has no %(name)s", name="TagName")))
        with read_transaction():
            known = set(db.session.scalars(select(Tag.name).where(Tag.name.in_(names))))
        self.report.skipped["tags"] += len(known)
        if names - known:
            tag_actions.make_tags(names)
            self.news.schedule()
            db.session.commit()

    def _describe(self, rows: list[Row]) -> None:
        """Store excerpts of tags and remember their wikis; count and report what is not imported."""
        for row in rows:
            place = f"Posts.xml row Id={row.get('Id', '?')[:20]}"
            for image in filterfalse(self.pictures.named, converters.images(row)):
                self.report.add_loss("images", place, image, _("replaced by a link"))
            text = converters.tag_text(row) if row.get("PostTypeId") in converters.TAG_TEXT_TYPES else ""
            if text and row.get("Id") in self.wikis:
                self.long_texts[self.wikis[row["Id"]]] = text
            elif text and row.get("Id") in self.excerpts:
                self.described.add(self.excerpts[row["Id"]])
                forum.describe_tag(self.excerpts[row["Id"]], text)
            elif row.get("PostTypeId") not in (converters.QUESTION_TYPE, converters.ANSWER_TYPE):
                kind = converters.OTHER_TYPES.get(row.get("PostTypeId", ""), "posts of other kinds")
                self.report.skipped[kind] += 1
        db.session.commit()

    def _questions(self, rows: list[Row]) -> None:
        self._describe(rows)
        for row in rows:
            if row.get("PostTypeId") == converters.QUESTION_TYPE and row.get("AcceptedAnswerId"):
                self.accepted[row["AcceptedAnswerId"]] = row.get("Id", "")
        rows = [row for row in rows if row.get("PostTypeId") == converters.QUESTION_TYPE]
        drafts = self._draft_factory(rows)
        self._import_rows(
            "questions",
            rows,
            self._known(Post, (row.get("Id", "") for row in rows)),
            drafts.question,
            forum.import_posts,
        )

    def _answers(self, rows: list[Row]) -> None:
        rows = [row for row in rows if row.get("PostTypeId") == converters.ANSWER_TYPE]
        drafts = self._draft_factory(rows, "ParentId")
        self._import_rows(
            "answers",
            rows,
            self._known(Post, (row.get("Id", "") for row in rows)),
            drafts.answer,
            forum.import_posts,
        )

    def _comments(self, rows: list[Row]) -> None:
        drafts = self._draft_factory(rows, "PostId")
        known = self._known(Post, (converters.comment_key(row.get("Id", "")) for row in rows))
        self._import_rows(
            "comments",
            rows,
            (key.removeprefix(COMMENT_KEY) for key in known),
            drafts.comment,
            forum.import_posts,
        )

    def _draft_factory(self, rows: list[Row], parent: str = "") -> converters.DraftFactory:
        """A DraftFactory with the members, parents and accepted answers of these rows."""
        owners = {row.get(column, "") for row in rows for column in converters.MEMBER_COLUMNS}
        parents = self._known(Post, (row.get(parent, "") for row in rows)) if parent else {}
        return converters.DraftFactory(
            self.source, self.site, self._known(User, owners), self.system_users, parents, self.accepted
        )

    def _links(self, rows: list[Row]) -> None:
        ids = self._known(Post, (row.get(column, "") for row in rows for column in converters.LINK_COLUMNS))
        links = [converters.link(row, ids) for row in rows]
        self.report.skipped["post links"] += links.count(None)
        forum.link_all([link for link in links if link is not None])
        db.session.commit()
        db.session.expunge_all()

    def _votes(self, rows: list[Row]) -> None:
        self.report.skipped["votes"] += len(rows)

    def _badges(self) -> None:
        """Store the number of badges of each member by class."""
        counts: dict[str, dict[str, int]] = defaultdict(dict)

        def count(rows: list[Row]) -> None:
            for row in rows:
                name = BADGE_CLASSES.get(row.get("Class", ""))
                if name is not None:
                    of_member = counts[row.get("UserId", "")]
                    of_member[name] = of_member.get(name, 0) + 1

        self._each("Badges", count)
        for keys in _batches(iter(counts)):
            ids = self._known(User, keys)
            people.set_badges({user_id: counts[key] for key, user_id in ids.items()})
            db.session.commit()


def _batches(items: Iterator) -> Iterator[list]:
    batch = []
    for item in items:
        batch.append(item)
        if len(batch) == BATCH_SIZE:
            yield batch
            batch = []
    if batch:
        yield batch
