"""A Stack Exchange dump becomes members, questions, answers and comments of this site.

Each batch of rows is one transaction with its counters; a row is known by its number there, so a
run that was stopped goes on where it was and doubles nothing. A dump's votes name no voters: they
stay the post's imported score. What cannot be used is named (docs/decisions/0007).
"""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import click
from flask.cli import with_appcontext
from sqlalchemy import func, select
from sqlalchemy.exc import DataError, IntegrityError

from auth import bulk_actions as people
from auth.models import User
from auth.security_log import cli as security_log
from core.cli import ImportReport, Unusable, losses_file, progress_to, run_import
from core.database.db import db, read_transaction
from core.jobs.import_events import News
from core.markup import markup
from forum import bulk_actions as forum
from forum.stackexchange import posts as made
from forum.stackexchange.dump import BadRow, Dump, Row
from forum.stackexchange.relink import Relinker
from posts import actions as posts
from posts.models import Post, Tag

BATCH = 400
SITES = re.compile(
    r"(?:[a-z0-9-]+\.)*(?:stackexchange|stackoverflow|superuser|serverfault|askubuntu"
    r"|stackapps)\.com|(?:[a-z]+\.)?mathoverflow\.net"
)
BADGES = {"1": "gold", "2": "silver", "3": "bronze"}
FILES = {"users": "Users", "tags": "Tags", "questions": "Posts", "answers": "Posts", "comments": "Comments"}
REFUSALS = (DataError, IntegrityError, OverflowError)


class Importer:
    """One run over the folder `directory`; `source` names the site in every imported row."""

    def __init__(
        self, directory: Path, source: str, site: str, report: ImportReport, hosts: Collection[str] = ()
    ):
        self.report, self.dump = report, Dump(directory, report)
        self.source, self.site, self.hosts = source, site, hosts
        self.news = News(source)
        self.nobodies: dict[str, str] = {}  # background processes that own posts: number → name
        self.accepted: dict[str, str] = {}  # answer → its question
        self.long_texts: dict[str, str] = {}  # tag → what its wiki says
        self.excerpts: dict[str, str] = {}  # post that describes a tag → the tag
        self.wikis: dict[str, str] = {}  # the same for longer texts, used where there is no excerpt
        self.described: set[str] = set()  # tags with an excerpt

    def run(self) -> None:
        """Import every file that is there, in the order that references need. Raises Unusable."""
        tags = self._count_tags()
        with self.news.held():
            self._everything()
        if not self.dump.count:
            raise Unusable("There is not one row in these files.")
        self.report.added["tags"] = self._count_tags() - tags
        for table in {"Users", "Posts"} - self.dump.files.keys():
            self.report.fault(f"{table}.xml is not there.")
        if not self.news.tell():
            self.report.fault("The search index is not up to date yet: run `flask search rebuild`.")

    def _everything(self) -> None:
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
        self._each("Posts", self._and_commit(relinker.posts), "links")
        self._each("Comments", self._and_commit(relinker.comments), "links")
        self._each("Votes", self._votes)
        self._badges()
        for path in self.dump.unread:
            self.report.skipped[path.name] += 1
            self.report.lose("files", path.name, path.name, "a table that is not taken")

    def _and_commit(self, step: Callable[[list[Row]], None]) -> Callable[[list[Row]], None]:
        def committed(rows: list[Row]) -> None:
            step(rows)
            db.session.commit()
            db.session.expunge_all()

        return committed

    def _count_tags(self) -> int:
        with read_transaction():
            return db.session.scalar(select(func.count(Tag.id)))

    def _each(self, table: str, handle: Callable[[list[Row]], None], what: str = "") -> None:
        """Give `handle` the rows of a table, a batch at a time."""
        label = f"{table}.xml {what}".strip()
        with progress_to(self.dump.size(table), label) as to:
            for rows in _batches(self.dump.rows(table, to)):
                handle(rows)

    def _bring(
        self, noun: str, rows: list[Row], known: Iterable[str], prepare: Callable, store: Callable
    ) -> None:
        """Prepare what is new of these rows, outside any transaction, and store it."""
        seen, prepared = set(known), []
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
        """One transaction; if the database refuses it, its halves, until the bad row is named."""
        if not prepared:
            return
        try:
            store([thing for _row, thing in prepared])
            self.news.promise()
            db.session.commit()
            self.report.added[noun] += len(prepared)
        except REFUSALS as error:
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
        self.report.fault(f"{FILES[noun]}.xml row Id={row.get('Id', '?')[:20]}: {error}")

    def _known(self, entity: type[User] | type[Post], keys: Iterable[str]) -> dict[str, int]:
        """Those of these rows that are here, with their ids here."""
        with read_transaction():
            return dict(
                db.session.execute(
                    select(entity.external_id, entity.id).where(
                        entity.imported_from == self.source, entity.external_id.in_(set(keys))
                    )
                ).all()
            )

    # tables

    def _users(self, rows: list[Row]) -> None:
        for row in rows:
            if row.get("Id", "").startswith("-"):
                self.nobodies[row["Id"]] = row.line("DisplayName", 80)
        known = self._known(User, (row.get("Id", "") for row in rows))
        self._bring(
            "users",
            rows,
            [*known, *self.nobodies],
            made.person,
            lambda found: people.bring(found, self.source),
        )

    def _tags(self, rows: list[Row]) -> None:
        names = {made.tag_name(row.get("TagName", "")) for row in rows} - {""}
        for row in rows:
            name = made.tag_name(row.get("TagName", ""))
            self.excerpts[row.get("ExcerptPostId", "")] = self.wikis[row.get("WikiPostId", "")] = name
            if not name:
                self._fault("tags", row, BadRow("it has no TagName"))
        with read_transaction():
            known = set(db.session.scalars(select(Tag.name).where(Tag.name.in_(names))))
        self.report.skipped["tags"] += len(known)
        if names - known:
            posts.make_tags(names)
            self.news.promise()
            db.session.commit()

    def _describe(self, rows: list[Row]) -> None:
        """Excerpts of tags at once, their wikis only where no excerpt has come; the rest is counted."""
        for row in rows:
            for picture in made.pictures(row):
                self.report.lose(
                    "images", f"Posts.xml row Id={row.get('Id', '?')[:20]}", picture, "a link stands for it"
                )
            text = made.tag_text(row) if row.get("PostTypeId") in made.TAG_TEXTS else ""
            if text and row.get("Id") in self.wikis:
                self.long_texts[self.wikis[row["Id"]]] = text
            elif text and row.get("Id") in self.excerpts:
                self.described.add(self.excerpts[row["Id"]])
                forum.describe_tag(self.excerpts[row["Id"]], text)
            elif row.get("PostTypeId") not in (made.QUESTION, made.ANSWER):
                kind = made.OTHER_KINDS.get(row.get("PostTypeId", ""), "posts of other kinds")
                self.report.skipped[kind] += 1
        db.session.commit()

    def _questions(self, rows: list[Row]) -> None:
        self._describe(rows)
        for row in rows:
            if row.get("PostTypeId") == made.QUESTION and row.get("AcceptedAnswerId"):
                self.accepted[row["AcceptedAnswerId"]] = row.get("Id", "")
        rows = [row for row in rows if row.get("PostTypeId") == made.QUESTION]
        write = self._writer(rows)
        self._bring(
            "questions",
            rows,
            self._known(Post, (row.get("Id", "") for row in rows)),
            write.question,
            forum.import_posts,
        )

    def _answers(self, rows: list[Row]) -> None:
        rows = [row for row in rows if row.get("PostTypeId") == made.ANSWER]
        write = self._writer(rows, "ParentId")
        self._bring(
            "answers",
            rows,
            self._known(Post, (row.get("Id", "") for row in rows)),
            write.answer,
            forum.import_posts,
        )

    def _comments(self, rows: list[Row]) -> None:
        write = self._writer(rows, "PostId")
        known = self._known(Post, (made.comment_key(row.get("Id", "")) for row in rows))
        self._bring(
            "comments",
            rows,
            (key.removeprefix(made.COMMENT) for key in known),
            write.comment,
            forum.import_posts,
        )

    def _writer(self, rows: list[Row], parent: str = "") -> made.DraftFactory:
        """What makes posts of these rows: it knows their people, their parents and what was accepted."""
        owners = {row.get(column, "") for row in rows for column in made.PEOPLE}
        parents = self._known(Post, (row.get(parent, "") for row in rows)) if parent else {}
        return made.DraftFactory(
            self.source, self.site, self._known(User, owners), self.nobodies, parents, self.accepted
        )

    def _links(self, rows: list[Row]) -> None:
        ids = self._known(Post, (row.get(column, "") for row in rows for column in made.LINKED))
        links = [made.link(row, ids) for row in rows]
        self.report.skipped["post links"] += links.count(None)
        forum.link_all([link for link in links if link is not None])
        db.session.commit()
        db.session.expunge_all()

    def _votes(self, rows: list[Row]) -> None:
        self.report.skipped["votes"] += len(rows)

    def _badges(self) -> None:
        """Badges are kept as counts by class; which they were only their own site can tell."""
        counts: dict[str, dict[str, int]] = defaultdict(dict)

        def count(rows: list[Row]) -> None:
            for row in rows:
                if name := BADGES.get(row.get("Class", "")):
                    mine = counts[row.get("UserId", "")]
                    mine[name] = mine.get(name, 0) + 1

        self._each("Badges", count)
        for keys in _batches(iter(counts)):
            ids = self._known(User, keys)
            people.set_badges({user_id: counts[key] for key, user_id in ids.items()})
            db.session.commit()


def _batches(things: Iterator) -> Iterator[list]:
    batch = []
    for thing in things:
        batch.append(thing)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


@click.command("stackexchange")
@click.argument("directory", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--source", default=None, help="Name of the site it comes from (default: folder name).")
@click.option("--url", default=None, help="Address of that site, for links to the originals.")
@click.option(
    "--site",
    "hosts",
    multiple=True,
    metavar="HOST",
    help="Host name of that site; links to its posts lead to the posts here. May be given again.",
)
@click.option(
    "--losses",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    metavar="FILE",
    help="Where to list what was not taken, as CSV (default: in the instance folder).",
)
@with_appcontext
def command(
    directory: Path, source: str | None, url: str | None, hosts: tuple[str, ...], losses: Path | None
) -> None:
    """Import a Stack Exchange dump (Posts.xml, Users.xml, Comments.xml, …) from DIRECTORY."""
    source = (source or directory.resolve().name)[:100]
    names = [re.sub(r"^(?:https?:)?//|/.*$", "", host.strip().lower()).removeprefix("www.") for host in hosts]
    if url is None and (SITES.fullmatch(source) or names):
        url = f"https://{names[0] if names else source}"
    if url and not re.fullmatch(r"https?://[^\s/?#<>\"']+/?", url):
        raise click.BadParameter("write it like https://security.stackexchange.com", param_hint="--url")
    security_log.note("import-stackexchange")
    report, site = ImportReport(), (url or "").rstrip("/")
    report.losses_file = losses or losses_file("stackexchange", source)
    names += [(urlsplit(site).hostname or "").removeprefix("www.")] if site else []
    run_import(report, lambda: Importer(directory, source, site, report, names).run())
