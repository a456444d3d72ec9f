"""Reads the files of a Stack Exchange dump: an XML file for each table, with a `<row …/>` on each line.

Rows are streamed; malformed ones are reported and skipped. Files with entity declarations are refused,
because entities could read other files or expand without bound; a document type without entities is accepted.
"""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser
from flask_babel import gettext as _

from core.cli import ImportReport, NothingToImport

TABLES = ("Users", "Tags", "Posts", "Comments", "PostLinks", "Votes", "Badges")
REQUIRED_TABLES = ("Users", "Tags", "Posts", "Comments")
MAX_LINE_BYTES = 1 << 24
MAX_INTEGER = 2**31 - 1  # of a database column
CONTROL_CHARACTERS = bytes(c for c in range(32) if c not in b"\t\n\r")
INVALID_REFERENCE = re.compile(
    rb"&#(?:x0*(?:[0-8bce]|f|1[0-9a-f]|fff[ef]|d[89a-f][0-9a-f]{2})|0*(?:[0-8]|1[124-9]|2\d|3[01]));", re.I
)
ARCHIVE_SUFFIXES = (".7z", ".zip", ".gz", ".bz2", ".xz")


class BadRow(ValueError):
    """The row cannot be imported; the message is the reason."""


class Row(dict[str, str]):
    """The attributes of a row; its methods raise BadRow for missing and invalid ones."""

    def need(self, name: str) -> str:
        """A required attribute."""
        if not self.get(name):
            raise BadRow(_("it has no %(name)s", name=name))
        return self[name]

    def number(self, name: str, default: int | None = None) -> int:
        """An integer that fits a database column."""
        text = self.need(name) if default is None else self.get(name) or str(default)
        if not re.fullmatch(r"0|-?[1-9][0-9]{0,9}", text) or abs(int(text)) > MAX_INTEGER:
            raise BadRow(_("%(name)s “%(text)s” is not a valid number", name=name, text=text[:30]))
        return int(text)

    def key(self, name: str) -> str:
        """The id of another row, as text; empty when there is none."""
        return str(self.number(name)) if self.get(name) else ""

    def timestamp(self, name: str, default: datetime | None = None) -> datetime:
        """A time, in UTC when it has no zone."""
        if default is not None and not self.get(name):
            return default
        text = self.need(name)
        try:
            value = datetime.fromisoformat(text)
            return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
        except (ValueError, OverflowError):
            raise BadRow(_("%(name)s “%(text)s” is not a date", name=name, text=text[:30])) from None

    def line(self, name: str, max_characters: int) -> str:
        """One line of text without control characters, truncated."""
        visible = "".join(c for c in self.get(name, "") if c.isprintable() or c.isspace())
        text = " ".join(visible.split())
        return text if len(text) <= max_characters else text[: max_characters - 1] + "…"


class Dump:
    """The files of a dump in `directory`; unreadable rows are added to `report`."""

    def __init__(self, directory: Path, report: ImportReport) -> None:
        present = {path.name.lower(): path for path in sorted(directory.iterdir()) if path.is_file()}
        self.files = {table: present[name] for table in TABLES if (name := f"{table.lower()}.xml") in present}
        self.report = report
        self.count = 0
        self.read: set[str] = set()
        self.unread = [
            path
            for name, path in present.items()
            if name.endswith(".xml") and path not in self.files.values()
        ]
        if not any(table in self.files for table in REQUIRED_TABLES):
            raise NothingToImport(_hint(directory, present))

    def size(self, table: str) -> int:
        """Bytes of a table's file; 0 when there is none."""
        return self.files[table].stat().st_size if table in self.files else 0

    def rows(self, table: str, to: Callable[[int], None]) -> Iterator[Row]:
        """The rows of a table, in order; `to` is called with the number of bytes read.

        Errors of a file are reported only when it is read for the first time.
        """
        if table in self.files:
            report = ImportReport() if table in self.read else self.report
            self.read.add(table)
            for row in _read(self.files[table], report, to):
                self.count += 1
                yield row


def _hint(directory: Path, present: dict[str, Path]) -> str:
    if packed := [path.name for name, path in present.items() if name.endswith(ARCHIVE_SUFFIXES)]:
        return _(
            "%(folder)s contains archives (%(names)s). Unpack them and name that folder.",
            folder=directory,
            names=", ".join(packed[:3]),
        )
    for folder in sorted(path for path in directory.iterdir() if path.is_dir()):
        if any(path.name.lower() == "posts.xml" for path in folder.iterdir()):
            return _("The dump is in a subfolder. Name %(folder)s.", folder=folder)
    files = ", ".join(f"{table}.xml" for table in REQUIRED_TABLES)
    return _(
        "%(folder)s is not a Stack Exchange dump. It has none of %(names)s.", folder=directory, names=files
    )


class _Rows:
    """The target of the XML parser: the name of the root, and the rows since take()."""

    def __init__(self) -> None:
        self.root = ""
        self.found: list[Row] = []

    def start(self, tag: str, attributes: dict) -> None:
        self.root = self.root or tag
        if tag == "row":
            self.found.append(Row(attributes))

    def take(self) -> list[Row]:
        found = self.found
        self.found = []
        return found

    def close(self) -> None:
        return None


def _parser(rows: _Rows, encoding: str | None = None) -> DefusedXMLParser:
    """A parser that accepts a document type, but refuses entities and never reads other files."""
    return DefusedXMLParser(target=rows, encoding=encoding)


def _read(path: Path, report: ImportReport, to: Callable[[int], None]) -> Iterator[Row]:
    rows = _Rows()
    parser = _parser(rows)
    encoding = "utf-8"
    number = 0
    is_utf16 = False
    with path.open("rb") as file:
        while line := file.readline(MAX_LINE_BYTES):
            number += 1
            if number == 1:
                is_utf16 = line.startswith((b"\xff\xfe", b"\xfe\xff"))
                if declared := re.search(rb"encoding=[\"']([\w-]+)", line[:200]):
                    encoding = declared[1].decode()
            if not is_utf16:
                line = INVALID_REFERENCE.sub(b"", line.translate(None, CONTROL_CHARACTERS))
            try:
                parser.feed(line)
            except DefusedXmlException:
                report.reject_file(_("%(file)s: refused, because it declares entities.", file=path.name))
                return
            except (ParseError, LookupError) as error:
                if not rows.root or is_utf16:
                    report.reject_file(
                        _("%(file)s: %(why)s. The rows before it were imported.", file=path.name, why=error)
                    )
                    return
                yield from rows.take()
                parser, is_bad = _restarted(rows, encoding, line)
                report.add_error(
                    _(
                        "%(file)s line %(n)s: %(why)s. The row was skipped.",
                        file=path.name,
                        n=number if is_bad else number - 1,
                        why=error,
                    )
                )
            yield from rows.take()
            to(file.tell())
    try:
        parser.close()
    except ParseError:
        if not rows.root:
            report.add_error(_("%(file)s is empty.", file=path.name))
        else:
            report.reject_file(_("%(file)s is cut off. The rows before that were imported.", file=path.name))


def _restarted(rows: _Rows, encoding: str, line: bytes) -> tuple[DefusedXMLParser, bool]:
    """(a new parser that has read `line`, or only the root if `line` is malformed; whether it is)."""
    for start, bad in ((line, False), (b"", True)):
        parser = _parser(rows, encoding)
        try:
            parser.feed(f"<{rows.root}>".encode())
            parser.feed(start)
            return parser, bad
        except ParseError:
            rows.take()
    raise AssertionError("a lone start tag is well-formed")
