"""Renders stored Markdown again after a change of the rules: every night, and by `flask markup render`.

Every package registers its columns of Markdown.
"""

import logging
from collections import Counter
from dataclasses import dataclass
from typing import Any

import click
from flask.cli import AppGroup
from flask_babel import gettext as _
from sqlalchemy import Row, select, update

from core.database.db import changed_rows, db, read_transaction
from core.jobs import events
from core.markup.markup import MARKUP_VERSION, TooLong, render
from core.registry import Registry

MAX_TEXTS_PER_NIGHT = 20_000
BATCH_SIZE = 50
log = logging.getLogger(__name__)
group = AppGroup("markup", help="What is made of Markdown.")


@dataclass(frozen=True)
class MarkdownColumn:
    """A column of Markdown and the column of its HTML; the model's `markup_version` is that of the HTML."""

    model: Any
    source: str
    html: str

    @property
    def name(self) -> str:
        """Table and column, such as `posts.body`."""
        return f"{self.model.__tablename__}.{self.source}"


_columns: Registry[str, MarkdownColumn] = Registry("stored_markdown")  # by name


def register_markdown(model: type, source: str, html: str) -> None:
    """Render the Markdown in the attribute `source` of a model into `html` again when the rules change."""
    column = MarkdownColumn(model, source, html)
    _columns.add(column.name, column)


def markdown_columns() -> list[MarkdownColumn]:
    """All registered columns of Markdown."""
    return list(_columns.values())


def render_outdated(column: MarkdownColumn, after: int, limit: int, count: Counter[str]) -> int | None:
    """Render up to `limit` outdated texts with ids above `after`; returns the last id, None at the end.

    A text that the current rules refuse stays as it is, and is not tried again until the rules change. Adds
    to `count`. Does not commit.
    """
    model = column.model
    source = getattr(model, column.source)
    html = getattr(model, column.html)
    with read_transaction():
        rows = db.session.execute(
            select(model.id, source.label("source"), html.label("html"))
            .where(model.id > after, model.markup_version < MARKUP_VERSION)
            .order_by(model.id)
            .limit(limit)
        ).all()
        rendered = [(row, _rendered(column, row, count)) for row in rows]
    for row, new_html in rendered:
        changed_rows(
            update(model)
            .where(model.id == row.id, source == row.source)
            .values({column.html: new_html, "markup_version": MARKUP_VERSION})
        )
    if rows:
        events.record("texts.rendered")  # cached pages show them
    return rows[-1].id if rows else None


def _rendered(column: MarkdownColumn, row: Row, count: Counter[str]) -> str:
    if not row.source:
        return row.html
    try:
        html = render(row.source).html
    except TooLong as error:
        log.warning("%s %s stays as it was rendered: %s", column.name, row.id, error)
        count["refused"] += 1
        return row.html
    count["rendered"] += 1
    return html


def render_all(limit: int | None = None) -> Counter[str]:
    """Render outdated texts of all columns, about `limit`; returns the counts `rendered` and `refused`.

    Commits after every batch.
    """
    count: Counter[str] = Counter()
    for column in markdown_columns():
        after: int | None = 0
        while after is not None and (limit is None or count.total() < limit):
            after = render_outdated(column, after, BATCH_SIZE, count)
            db.session.commit()
    return count


@group.command("render")
def render_command() -> None:
    """Render posts, profiles and products again if they were rendered by an older version of Markdown.

    The worker does this every night.
    """
    count = render_all()
    click.echo(
        _(
            "%(n)s rendered, %(m)s unchanged (see the log)",
            n=f"{count['rendered']:,}",
            m=f"{count['refused']:,}",
        )
    )
