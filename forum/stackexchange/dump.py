"""Reads the files of a Stack Exchange dump: one XML file a table, one `<row …/>` a line.

Rows stream; a malformed one is named and the next is tried. Entities are refused, so no file can make us
read another or grow without bound; a document type without any is only a name.
"""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from core.cli import ImportReport, Unusable

TABLES = ("Users", "Tags", "Posts", "Comments", "PostLinks", "Votes", "Badges")
NEEDED = ("Users", "Tags", "Posts", "Comments")
LONGEST_LINE = 1 << 24
LARGEST = 2**31 - 1
CONTROLS = bytes(c for c in range(32) if c not in b"\t\n\r")
BAD_REFERENCE = re.compile(
    rb"&#(?:x0*(?:[0-8bce]|f|1[0-9a-f]|fff[ef]|d[89a-f][0-9a-f]{2})|0*(?:[0-8]|1[124-9]|2\d|3[01]));", re.I
)
ARCHIVES = (".7z", ".zip", ".gz", ".bz2", ".xz")


class BadRow(ValueError):
    """This row cannot be used; the message says why."""


class Row(dict):
    """The attributes of one row; reading a wrong or absent one raises BadRow."""

    def need(self, name: str) -> str:
        """An attribute that must be there."""
        if not self.get(name):
            raise BadRow(f"it has no {name}")
        return self[name]

    def number(self, name: str, default: int | None = None) -> int:
        """A whole number that a database column holds."""
        text = self.need(name) if default is None else self.get(name) or str(default)
        if not re.fullmatch(r"0|-?[1-9][0-9]{0,9}", text) or abs(int(text)) > LARGEST:
            raise BadRow(f"{name} “{text[:30]}” is not a number of sensible size")
        return int(text)

    def key(self, name: str) -> str:
        """The number of another row, as text; empty when there is none."""
        return str(self.number(name)) if self.get(name) else ""

    def moment(self, name: str, default: datetime | None = None) -> datetime:
        """A time, in UTC without saying so."""
        if default is not None and not self.get(name):
            return default
        text = self.need(name)
        try:
            moment = datetime.fromisoformat(text)
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        except (ValueError, OverflowError):
            raise BadRow(f"{name} “{text[:30]}” is not a date") from None

    def line(self, name: str, longest: int) -> str:
        """One line of text without control characters, cut to fit."""
        seen = "".join(c for c in self.get(name, "") if c.isprintable() or c.isspace())
        text = " ".join(seen.split())
        return text if len(text) <= longest else text[: longest - 1] + "…"


class Dump:
    """The files in `directory`; what could not be read goes into `report`."""

    def __init__(self, directory: Path, report: ImportReport):
        present = {path.name.lower(): path for path in sorted(directory.iterdir()) if path.is_file()}
        self.files = {table: present[name] for table in TABLES if (name := f"{table.lower()}.xml") in present}
        self.report, self.count = report, 0
        self.read: set[str] = set()
        self.unread = [
            path
            for name, path in present.items()
            if name.endswith(".xml") and path not in self.files.values()
        ]
        if not any(table in self.files for table in NEEDED):
            raise Unusable(_what_instead(directory, present))

    def size(self, table: str) -> int:
        """Bytes of a table's file; 0 when there is none."""
        return self.files[table].stat().st_size if table in self.files else 0

    def rows(self, table: str, to: Callable[[int], None]) -> Iterator[Row]:
        """The rows of a table, in order; `to` hears how many bytes were read.

        What is wrong with a file is reported when it is read for the first time.
        """
        if table in self.files:
            report = ImportReport() if table in self.read else self.report
            self.read.add(table)
            for row in _read(self.files[table], report, to):
                self.count += 1
                yield row


def _what_instead(directory: Path, present: dict[str, Path]) -> str:
    if packed := [path.name for name, path in present.items() if name.endswith(ARCHIVES)]:
        return f"{directory} holds archives ({', '.join(packed[:3])}): unpack them and name that folder."
    for folder in sorted(path for path in directory.iterdir() if path.is_dir()):
        if any(path.name.lower() == "posts.xml" for path in folder.iterdir()):
            return f"The dump lies one folder deeper: name {folder}."
    return f"{directory} is no Stack Exchange dump: it has none of {', '.join(f'{t}.xml' for t in NEEDED)}."


class _Rows:
    """What the XML parser tells: the root's name and the rows since take()."""

    def __init__(self) -> None:
        self.root, self.found = "", []

    def start(self, tag: str, attributes: dict) -> None:
        self.root = self.root or tag
        if tag == "row":
            self.found.append(Row(attributes))

    def take(self) -> list[Row]:
        found, self.found = self.found, []
        return found

    def close(self) -> None:
        return None


def _parser(rows: _Rows, encoding: str | None = None) -> DefusedXMLParser:
    """A document type may stand there; entities and files that it names are refused or never read."""
    return DefusedXMLParser(target=rows, encoding=encoding)


def _read(path: Path, report: ImportReport, to: Callable[[int], None]) -> Iterator[Row]:
    rows = _Rows()
    parser, encoding, number, wide = _parser(rows), "utf-8", 0, False
    with path.open("rb") as file:
        while line := file.readline(LONGEST_LINE):
            number += 1
            if number == 1:
                wide = line.startswith((b"\xff\xfe", b"\xfe\xff"))
                if said := re.search(rb"encoding=[\"']([\w-]+)", line[:200]):
                    encoding = said[1].decode()
            if not wide:
                line = BAD_REFERENCE.sub(b"", line.translate(None, CONTROLS))
            try:
                parser.feed(line)
            except DefusedXmlException:
                report.refuse(f"{path.name}: refused, for it declares entities; no dump does.")
                return
            except (ParseError, LookupError) as error:
                if not rows.root or wide:
                    report.refuse(f"{path.name}: {error}; the rows before it were used.")
                    return
                yield from rows.take()
                parser, bad = _again(rows, encoding, line)
                report.fault(
                    f"{path.name} line {number if bad else number - 1}: {error}; the row is left out."
                )
            yield from rows.take()
            to(file.tell())
    try:
        parser.close()
    except ParseError:
        if not rows.root:
            report.fault(f"{path.name}: is empty.")
        else:
            report.refuse(f"{path.name}: ends in the middle; the rows before it were used.")


def _again(rows: _Rows, encoding: str, line: bytes) -> tuple[DefusedXMLParser, bool]:
    """A fresh parser that has read `line`, or, when that is the malformed one, only the root."""
    for start, bad in ((line, False), (b"", True)):
        parser = _parser(rows, encoding)
        try:
            parser.feed(f"<{rows.root}>".encode())
            parser.feed(start)
            return parser, bad
        except ParseError:
            rows.take()
    raise AssertionError("a lone start tag is well-formed")
