"""Stored Markdown that older rules made HTML of is rendered again: at night, or by `flask markup render`.

Every column of Markdown is registered by its package, so that none is left behind when the rules change.
"""

import logging
from collections import Counter
from dataclasses import dataclass

import click
from flask.cli import AppGroup
from flask_babel import gettext as _
from sqlalchemy import select, update

from core.database.db import db, read_transaction
from core.jobs import events
from core.markup.markup import MARKUP_VERSION, TooLong, render
from core.registry import Registry

MAX_TEXTS_A_NIGHT = 20_000
BATCH_SIZE = 50
log = logging.getLogger(__name__)
group = AppGroup("markup", help="What is made of Markdown.")


@dataclass(frozen=True)
class Texts:
    """A column of Markdown and its HTML; the model's `markup_version` says which rules made it."""

    model: type
    source: str
    html: str

    @property
    def name(self) -> str:
        """How the log and the command call it: `posts.body`."""
        return f"{self.model.__tablename__}.{self.source}"


_texts: Registry[str, Texts] = Registry("stored_markdown")  # by name


def register_markdown(model: type, source: str, html: str) -> None:
    """Have a model's texts rendered again when the rules change."""
    texts = Texts(model, source, html)
    _texts.add(texts.name, texts)


def markdown_columns() -> list[Texts]:
    """All columns of Markdown of this site."""
    return list(_texts.values())


def render_old(texts: Texts, after: int, most: int, count: Counter) -> int | None:
    """Render up to `most` old texts behind the id `after`; the last id, None when there are no more.

    A text that the present rules refuse stays as it is and is not tried again until the rules change.
    Does not commit.
    """
    model = texts.model
    source, html = getattr(model, texts.source), getattr(model, texts.html)
    with read_transaction():
        rows = db.session.execute(
            select(model.id, source.label("source"), html.label("html"))
            .where(model.id > after, model.markup_version < MARKUP_VERSION)
            .order_by(model.id)
            .limit(most)
        ).all()
        fresh = [(row, _rendered(texts, row, count)) for row in rows]
    for row, made in fresh:
        db.session.execute(
            update(model)
            .where(model.id == row.id, source == row.source)
            .values({texts.html: made, "markup_version": MARKUP_VERSION})
            .execution_options(synchronize_session=False)
        )
    if rows:
        events.record("texts.rendered")  # cached pages show them
    return rows[-1].id if rows else None


def _rendered(texts: Texts, row, count: Counter) -> str:
    if not row.source:
        return row.html
    try:
        html = render(row.source).html
    except TooLong as error:
        log.warning("%s %s stays as it was rendered: %s", texts.name, row.id, error)
        count["refused"] += 1
        return row.html
    count["rendered"] += 1
    return html


def render_all(most: int | None = None) -> Counter:
    """Render old texts of every kind, about `most` at the most; how many were `rendered` and `refused`.

    Commits after every batch.
    """
    count = Counter()
    for texts in markdown_columns():
        after: int | None = 0
        while after is not None and (most is None or count.total() < most):
            after = render_old(texts, after, BATCH_SIZE, count)
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
