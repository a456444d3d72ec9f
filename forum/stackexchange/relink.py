"""The last pass of an import: rewrites links to posts of the old site to the imported posts.

It reads the dump again and changes only texts that are still as they were imported: a second run changes
nothing, an interrupted one is completed by the next.
"""

from collections.abc import Callable, Collection, Iterable
from urllib.parse import urljoin

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from core.cli import ImportReport
from core.database.db import db, read_transaction
from core.jobs.import_events import ImportEvent
from core.markup import characters, markup
from core.markup.html_to_markdown import Link, convert
from forum.stackexchange import comment_text, links
from forum.stackexchange.dump import Row
from forum.stackexchange.posts import ANSWER_TYPE, QUESTION_TYPE, comment_key
from posts import kinds
from posts.bulk_actions import replace_texts
from posts.models import Post
from posts.slugs import slugify


class Relinker:
    """One run, which never commits; `hosts` are the names of the old site, `site` its URL if known."""

    def __init__(
        self, source: str, site: str, hosts: Collection[str], report: ImportReport, news: ImportEvent
    ) -> None:
        self.source = source
        self.site = site
        self.report = report
        self.news = news
        self.hosts = {host for host in hosts if host}

    def learn_host(self, rows: Callable[[], Iterable[Row]]) -> None:
        """Without a name of the site, use the host whose links match its questions by id and title."""
        if self.hosts:
            return
        self.hosts = {"original.invalid"}
        found = links.links_with_slugs(rows())
        with read_transaction():
            titles = db.session.execute(
                select(Post.external_id, Post.title).where(
                    Post.imported_from == self.source,
                    Post.kind == "question",
                    Post.external_id.in_({key for _host, key, _slug in found}),
                )
            ).all()
        if host := links.likely_host(
            found, {key: slugify(title) for key, title in titles if key is not None}
        ):
            self.hosts.add(host)

    def posts(self, rows: list[Row]) -> None:
        """Rewrite rows of Posts: convert their HTML as in the import, and with the new links."""
        base = self.site or links.UNKNOWN_SITE
        rows = [
            row
            for row in rows
            if row.get("PostTypeId") in (QUESTION_TYPE, ANSWER_TYPE)
            and row.get("Id")
            and (
                links.POST_LINK_HINT.search(row.get("Body", ""))
                or (not self.site and 'href="/' in row["Body"])
            )
        ]
        self._rewrite(
            [(row["Id"], row) for row in rows],
            base,
            lambda row: convert(row["Body"], self.site),
            lambda row, address: convert(row["Body"], base, address=address),
        )

    def comments(self, rows: list[Row]) -> None:
        """Rewrite rows of Comments."""
        rows = [row for row in rows if row.get("Id") and links.POST_LINK_HINT.search(row.get("Text", ""))]
        self._rewrite(
            [(comment_key(row["Id"]), row) for row in rows],
            "https:",
            lambda row: comment_text.convert(row["Text"]),
            lambda row, address: comment_text.convert(row["Text"], address),
        )

    def _rewrite(
        self,
        rows: list[tuple[str, Row]],
        base: str,
        convert_as_imported: Callable[[Row], str],
        convert_with_links: Callable,
    ) -> None:
        if not rows:
            return
        wanted: set[str] = set()
        for _key, row in rows:
            for url in links.addresses_in(row):
                wanted.update(links.post_keys(_absolute(base, url), self.hosts))
        rewrite = links.link_rewriter(self.hosts, self._targets(wanted))
        stored = self._stored([key for key, _row in rows])
        changes = []
        for key, row in rows:
            if key not in stored:
                continue
            post_id, body = stored[key]
            for url in links.addresses_in(row):
                self._report_unknown(key, url, rewrite(_absolute(base, url)))
            before = convert_as_imported(row)
            after = convert_with_links(row, rewrite)
            if before != after and characters.visible(before) == body:
                try:
                    changes.append((post_id, body, markup.render(after)))
                except markup.TooLong:
                    self.report.add_loss(
                        "links",
                        f"row Id={key}",
                        _("all links to this site"),
                        _("the text would exceed its length limit"),
                    )
        if changes and replace_texts(changes):
            self.news.schedule()

    def _report_unknown(self, key: str, url: str, link: Link | None) -> None:
        """Report a link to a page of a site without a name, which becomes text."""
        if link is not None and link.address == "":
            self.report.add_loss("links", f"row Id={key}", url, _("link to a page of an unnamed site"))

    def _targets(self, keys: Collection[str]) -> dict[str, links.Target]:
        if not keys:
            return {}
        with read_transaction():
            posts = db.session.scalars(
                select(Post)
                .where(Post.imported_from == self.source, Post.external_id.in_(keys))
                .options(joinedload(Post.parent).joinedload(Post.parent))
            ).all()
            targets = {}
            for post in posts:
                if post.external_id is not None:
                    targets[post.external_id] = links.Target(kinds.url(post), post.heading)
            return targets

    def _stored(self, keys: Collection[str]) -> dict[str, tuple[int, str]]:
        with read_transaction():
            rows = db.session.execute(
                select(Post.external_id, Post.id, Post.body).where(
                    Post.imported_from == self.source, Post.external_id.in_(keys)
                )
            ).all()
        return {key: (post_id, body) for key, post_id, body in rows if key is not None}


def _absolute(base: str, address: str) -> str:
    try:
        return urljoin(base + "/", address.strip())
    except ValueError:
        return ""
