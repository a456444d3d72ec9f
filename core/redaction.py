"""Redaction: masks a text, such as a secret, in all its stored copies.

A package registers the columns that may hold text of people (register_text), those that never do
(register_without_text), and text outside of tables (register_text_files). tests/test_redaction.py fails for a
column that is not registered. Nothing here commits. Backups, mail that was sent, and copies that people have
made are not redacted.
"""

import html
import logging
import re
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import JSON, ColumnElement, Text, cast, false, func, or_, select, text

from core.database import models
from core.database.db import JSONText, db
from core.jobs import events
from core.registry import Registry
from core.web.forms import Invalid

log = logging.getLogger(__name__)
MASK = "█████"
MIN_CHARACTERS = 6  # of a text to mask: shorter ones occur in unrelated words
MAX_TEXTS = 20  # texts of one redaction
MAX_CHARACTERS = 2_000  # of one text
PROBE_CHARACTERS = 12  # for the query that finds candidates, which Python then checks
MIN_PREFIX = 8  # characters of a text at the end of a shortened copy
_ENTITIES = {"<": "<|&lt;", ">": ">|&gt;", "&": "&|&amp;", '"': '"|&quot;|&#34;', "'": "'|&#39;|&#x27;"}


@dataclass(frozen=True)
class Texts:
    """The texts of one redaction: `everywhere`, and `nearby`, which are masked only near some posts.

    `nearby` is masked in rows that belong to the posts with the ids `post_ids`, whose URLs begin with
    `paths`.
    """

    everywhere: tuple[str, ...]
    nearby: tuple[str, ...] = ()
    post_ids: tuple[int, ...] = ()
    paths: tuple[str, ...] = ()

    @cached_property
    def wide(self) -> "Mask":
        """Masks the texts that are masked everywhere."""
        return Mask(self.everywhere)

    @cached_property
    def narrow(self) -> "Mask":
        """Masks all texts, in rows that belong to the posts."""
        return Mask((*self.everywhere, *self.nearby))


class Mask:
    """Finds and masks texts, also with different white space, escaped for HTML or Markdown, or cut off."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.texts = tuple(sorted(set(texts), key=len, reverse=True))
        self.pattern = re.compile("|".join(map(_pattern, self.texts)) or r"(?!)", re.IGNORECASE)
        self.prefixes = [_folded(" ".join(text.split())) for text in self.texts]

    def apply(self, value: Any) -> Any:
        """A string, or a JSON value of any depth, with the texts masked."""
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, dict):
            return {self.apply(key): self.apply(item) for key, item in value.items()}
        return [self.apply(item) for item in value] if isinstance(value, list) else value

    def _text(self, text: str) -> str:
        masked = self.pattern.sub(MASK, text)
        words = _folded(masked.rstrip(" …\n"))
        for whole in self.prefixes:
            start = words.find(whole[:MIN_PREFIX], max(0, len(words) - len(whole) + 1))
            while start >= 0 and len(whole) > MIN_PREFIX:
                if whole.startswith(words[start:]):
                    return masked[:start] + MASK
                start = words.find(whole[:MIN_PREFIX], start + 1)
        return masked

    def found_by(self, column: Any) -> ColumnElement[bool]:
        """SQL condition for the rows that may hold one of the texts."""
        is_json = isinstance(column.type, (JSON, JSONText))
        words = cast(column, Text) if is_json else column
        probes = {probe for each in self.texts for probe in _probes(each, is_json)}
        return or_(false(), *(func.lower(words).like(f"%{probe}%", escape="~") for probe in sorted(probes)))


def _pattern(text: str) -> str:
    """The regular expression of a text. No part can match in two ways, so the time is linear."""
    parts = []
    for piece in re.findall(r"[\s\-\\_]+|[^\W_]+|[^\w\s]", text.strip()):
        if piece[0] in "-\\_" or piece[0].isspace():
            parts.append(_gap(piece, is_first=not parts))
        elif piece in _ENTITIES:
            parts.append(rf"\\?(?:{_ENTITIES[piece]})")
        elif len(piece) == 1 and not piece.isalnum():
            parts.append(rf"\\?{re.escape(piece)}")
        else:
            parts.append(re.escape(piece))
    return "".join(parts)


def _gap(piece: str, *, is_first: bool) -> str:
    """The expression of a run of white space, hyphens, underscores and backslashes (possessive).

    At the beginning of a text it matches only at the beginning of such a run.
    """
    has_space = any(map(str.isspace, piece))
    characters, count = (r"[\s\-\\_]", "+") if has_space else (r"[\-\\_]", f"{{{len(piece)},}}")
    return (rf"(?<!{characters})" if is_first else "") + characters + count + "+"


def _probes(text: str, is_json: bool) -> Iterable[str]:
    """LIKE patterns for the beginning of a run of letters and digits; for JSON also with its escapes.

    SQLite lower-cases only ASCII: other letters become wildcards, so the run with most ASCII letters is used.
    """
    runs = re.findall(r"[^\W_]+", text)
    probes = [run[:PROBE_CHARACTERS] for run in runs] or [text.strip()[:1]]
    probe = max(probes, key=lambda run: (sum(map(str.isascii, run)), len(run)))
    yield "".join(_escaped(c.lower()) if c.isascii() else "_" for c in probe)
    if is_json and not probe.isascii():
        yield "".join(_escaped(c.lower()) if c.isascii() else r"\u____" * (1 + (c > "\uffff")) for c in probe)


def _folded(text: str) -> str:
    """`text` case-folded, with the same length."""
    return "".join(folded if len(folded := c.casefold()) == 1 else c for c in text)


def _escaped(text: str) -> str:
    return re.sub(r"([~%_])", r"~\1", text)


@dataclass(frozen=True)
class Columns:
    """Columns of one table that may hold text of people.

    `about(texts)` is the SQL condition for rows that belong to the posts of a redaction; `changed(row, by)`
    updates the columns `derived` from them.
    """

    model: Any
    names: tuple[str, ...]
    about: Callable[[Texts], ColumnElement[bool]] | None = None
    changed: Callable | None = None
    derived: tuple[str, ...] = ()


_columns: Registry[tuple[type, tuple[str, ...]], Columns] = Registry("redacted_columns")
_rows: Registry[str, Callable[[Mask, object], int]] = Registry("redacted_rows")  # by table
_files: Registry[Callable[[Mask], int], str] = Registry("redacted_files")  # name by function
_without_text: Registry[tuple[type, tuple[str, ...]], str] = Registry("columns_without_text")  # table


def register_text(
    model: type,
    *names: str,
    about: Callable[[Texts], ColumnElement[bool]] | None = None,
    changed: Callable[[Any, Any], object] | None = None,
    derived: tuple[str, ...] = (),
) -> None:
    """Mask these columns of a model in redactions; `changed(row, by)` updates the `derived` columns."""
    _columns.add((model, names), Columns(model, names, about, changed, derived))


def register_rows(table: str, redact: Callable[[Mask, object], int]) -> None:
    """Call `redact(mask, by)` for rows that cannot simply be masked; it returns how many it changed."""
    _rows.add(table, redact)


def register_without_text(model: Any, *names: str) -> None:
    """Register columns that hold no text of people."""
    _without_text.add((model, names), model.__table__.name)


def register_text_files(redact: Callable[[Mask], int]) -> Callable[[Mask], int]:
    """Decorator: the function masks texts in files and returns the number of files changed."""
    _files.add(redact, redact.__qualname__)
    return redact


def registered_columns() -> dict[str, set[str]]:
    """The names of all registered columns, with and without text, by table."""
    found: dict[str, set[str]] = {}
    for (_model, names), table in _without_text.items():
        found.setdefault(table, set()).update(names)
    for each in _columns.values():
        for name in (*each.names, *each.derived):
            table = each.model.__mapper__.columns[name].table.name
            found.setdefault(table, set()).add(name)
    return found


def validate_texts(lines: Iterable[str]) -> tuple[str, ...]:
    """The texts of a moderator without empty lines. Raises Invalid when they are too short, long or many."""
    texts = tuple(dict.fromkeys(line.strip() for line in lines if line.strip()))
    short = [text for text in texts if len(text) < MIN_CHARACTERS or not re.search(r"[^\W_]", text)]
    if short:
        raise Invalid(
            {
                "words": [
                    _(
                        "Use at least %(n)s characters per line. Shorter text would be masked in "
                        "unrelated posts too.",
                        n=MIN_CHARACTERS,
                    )
                ]
            }
        )
    if len(texts) > MAX_TEXTS or any(len(text) > MAX_CHARACTERS for text in texts):
        raise Invalid(
            {"words": [_("Use at most %(n)s lines of %(m)s characters.", n=MAX_TEXTS, m=MAX_CHARACTERS)]}
        )
    return texts


def find(texts: Texts) -> dict[str, int]:
    """The number of rows that hold the texts, by table."""
    counts: dict[str, int] = {}
    for columns, rows in _found(texts):
        if rows:
            table = columns.model.__table__.name
            counts[table] = counts.get(table, 0) + len(rows)
    return counts


def apply(texts: Texts, *, by: Any) -> dict[str, int]:
    """Mask the texts in all registered places; returns the number of changed rows by table, and of `files`.

    `by` is the moderator. Does not commit.
    """
    counts: dict[str, int] = {}
    if db.engine.dialect.name == "sqlite":
        db.session.execute(text("PRAGMA secure_delete=ON"))  # overwrites old values in the file
    for columns, rows in _found(texts):
        for row, values in rows:
            for name, value in values.items():
                setattr(row, name, value)
            if columns.changed is not None:
                columns.changed(row, by)
        if rows:
            table = columns.model.__table__.name
            counts[table] = counts.get(table, 0) + len(rows)
        db.session.flush()
    for table, redact in _rows.items():
        if count := redact(texts.wide, by):
            counts[table] = counts.get(table, 0) + count
    for redact_files in _files:
        if count := redact_files(texts.wide):
            counts["files"] = counts.get("files", 0) + count
    return counts


@events.register_handler("revision.redacted")
def empty_log(batch: list[events.Event]) -> None:
    """Truncate SQLite's write-ahead log, which still holds the old values."""
    if db.engine.dialect.name == "sqlite":
        db.session.rollback()
        connection = db.engine.raw_connection()  # in no transaction, unlike a session
        try:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except sqlite3.OperationalError as error:  # blocked by a reader: the next checkpoint does it
            log.warning("the write-ahead log was not emptied after a redaction: %s", error)
        finally:
            connection.close()


def _found(texts: Texts) -> Iterable[tuple[Columns, list[tuple[object, dict]]]]:
    """For each registration the rows to change, with the new values of their columns."""
    for columns in _columns.values():
        entity = columns.model
        attributes = [getattr(entity, name) for name in columns.names]
        wanted = [or_(*map(texts.wide.found_by, attributes))] if texts.everywhere else []
        near = columns.about(texts) if columns.about is not None and texts.nearby else None
        if near is not None:
            wanted.append(near & or_(*map(texts.narrow.found_by, attributes)))
        if not wanted:
            continue
        keys = [
            getattr(entity, entity.__mapper__.get_property_by_column(column).key)
            for column in entity.__mapper__.primary_key
        ]
        nearby = set()
        if near is not None:
            nearby = {tuple(row) for row in db.session.execute(select(*keys).where(near))}
        rows = []
        for row in db.session.scalars(select(entity).where(or_(*wanted)).order_by(*keys)):
            key = tuple(getattr(row, attribute.key) for attribute in keys)
            mask = texts.narrow if key in nearby else texts.wide
            values = {name: getattr(row, name) for name in columns.names}
            masked = {
                name: new
                for name, value in values.items()
                if value is not None and (new := mask.apply(value)) != value
            }
            if masked:
                rows.append((row, masked))
        yield columns, rows


def _about_mail(texts: Texts) -> ColumnElement[bool]:
    return or_(false(), *(models.OutgoingMail.body.contains(path, autoescape=True) for path in texts.paths))


register_text(models.Event, "data", "error", about=lambda texts: models.Event.subject_id.in_(texts.post_ids))


def html_body(text: str) -> str:
    """The HTML part of an email after redaction, made from its text: markup can split a text to be masked."""
    return f"<pre>{html.escape(text)}</pre>"


def _update_html(mail: models.OutgoingMail, by: Any) -> None:
    if mail.html:
        mail.html = html_body(mail.body)


register_text(
    models.OutgoingMail,
    "subject",
    "body",
    "error",
    about=_about_mail,
    changed=_update_html,
    derived=("html",),
)
register_without_text(models.Event, "name", "subject_kind", "claimed_by", "invalidates")
register_without_text(
    models.OutgoingMail,
    "key",
    "recipient",
    "unsubscribe_url",
    "thread",
    "body_hash",
    "claimed_by",
    "list_name",
)
register_without_text(models.Attempt, "key")
register_without_text(models.TaskRun, "name", "claimed_by")
register_without_text(models.Heartbeat, "worker", "loop", "host")
register_without_text(models.HourlyMetric, "name")
