"""The pass of an import that turns links to posts of the old site into links to the posts here.

It reads the dump again, once all posts are in, and changes only texts that are still what the dump made of
them: a second run changes nothing, one that was killed is completed by the next.
"""

from collections.abc import Callable, Collection, Iterable
from urllib.parse import urljoin

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from core.cli import ImportReport
from core.database.db import db, read_transaction
from core.jobs.import_events import News
from core.markup import characters, markup
from core.markup.html_to_markdown import convert
from forum.stackexchange import comment_text
from forum.stackexchange import links as links
from forum.stackexchange.dump import Row
from forum.stackexchange.posts import ANSWER, QUESTION, comment_key
from posts import kinds
from posts.actions import slugify
from posts.bulk_actions import replace_texts
from posts.models import Post


class Relinker:
    """One run, which never commits; `hosts` are the names of the old site, `site` its address if known."""

    def __init__(self, source: str, site: str, hosts: Collection[str], report: ImportReport, news: News):
        self.source, self.site, self.report, self.news = source, site, report, news
        self.hosts = {host for host in hosts if host}

    def learn_host(self, rows: Callable[[], Iterable[Row]]) -> None:
        """Without a name of the site: the host whose links name its questions by number and title."""
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
        if host := links.likely_host(found, {key: slugify(title) for key, title in titles}):
            self.hosts.add(host)

    def posts(self, rows: list[Row]) -> None:
        """Rows of Posts: their HTML is converted as it was, and once more with the addresses of here."""
        base = self.site or links.NO_SITE
        rows = [
            row
            for row in rows
            if row.get("PostTypeId") in (QUESTION, ANSWER)
            and row.get("Id")
            and (links.HINT.search(row.get("Body", "")) or (not self.site and 'href="/' in row["Body"]))
        ]
        self._rewrite(
            [(row["Id"], row) for row in rows],
            base,
            lambda row: convert(row["Body"], self.site),
            lambda row, address: convert(row["Body"], base, address=address),
        )

    def comments(self, rows: list[Row]) -> None:
        """Rows of Comments."""
        rows = [row for row in rows if row.get("Id") and links.HINT.search(row.get("Text", ""))]
        self._rewrite(
            [(comment_key(row["Id"]), row) for row in rows],
            "https:",
            lambda row: comment_text.convert(row["Text"]),
            lambda row, address: comment_text.convert(row["Text"], address),
        )

    def _rewrite(
        self, rows: list[tuple[str, Row]], base: str, as_it_was: Callable[[Row], str], with_links: Callable
    ) -> None:
        if not rows:
            return
        wanted = {
            key
            for _key, row in rows
            for address in links.addresses_in(row)
            for key in links.post_keys(_absolute(base, address), self.hosts)
        }
        address = links.link_rewriter(self.hosts, self._targets(wanted))
        stored = self._stored([key for key, _row in rows])
        changes = []
        for key, row in rows:
            if key not in stored:
                continue
            post_id, body = stored[key]
            for link in links.addresses_in(row):
                absolute = _absolute(base, link)
                if absolute.startswith(links.NO_SITE) and address(absolute).address == "":
                    self.report.lose("links", f"row Id={key}", link, "to a page of a site without a name")
            before, after = as_it_was(row), with_links(row, address)
            if before != after and characters.visible(before) == body:
                try:
                    changes.append((post_id, body, markup.render(after)))
                except markup.TooLong:
                    self.report.lose("links", f"row Id={key}", "all to this site", "the text is at its limit")
        if changes and replace_texts(changes):
            self.news.promise()

    def _targets(self, keys: Collection[str]) -> dict[str, links.Target]:
        if not keys:
            return {}
        with read_transaction():
            posts = db.session.scalars(
                select(Post)
                .where(Post.imported_from == self.source, Post.external_id.in_(keys))
                .options(joinedload(Post.parent).joinedload(Post.parent))
            ).all()
            return {post.external_id: links.Target(kinds.url(post), post.heading) for post in posts}

    def _stored(self, keys: Collection[str]) -> dict[str, tuple[int, str]]:
        with read_transaction():
            rows = db.session.execute(
                select(Post.external_id, Post.id, Post.body).where(
                    Post.imported_from == self.source, Post.external_id.in_(keys)
                )
            ).all()
        return {key: (post_id, body) for key, post_id, body in rows}


def _absolute(base: str, address: str) -> str:
    try:
        return urljoin(base + "/", address.strip())
    except ValueError:
        return ""
