"""Tables: CSV of Intune and others, with a choice of columns; and plain lists with one name a line."""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from flask_babel import gettext as _

from inventory.formats.component import BadDocument, Component, line

MAX_COLUMNS = 200
SHOWN_ROWS = 5
SHOWN_LENGTH = 80  # characters of a cell
DELIMITERS = (",", ";", "\t", "|")
SAMPLE_CHARACTERS = 20_000
# What the columns are called, as letters and digits in lower case; the first that is found is proposed.
NAMES = (
    "applicationname", "displayname", "softwarename", "productname", "programname", "appname", "packagename",
    "application", "software", "product", "program", "package", "title", "name", "caption",
    "displayname0", "productname0", "operatingsystem", "osname", "os",
    "anwendungsname", "anwendung", "produkt", "programm", "logiciel", "nom", "nombre", "aplicacion",
)  # fmt: skip
VERSIONS = (
    "applicationversion", "displayversion", "softwareversion", "productversion", "appversion",
    "packageversion", "version", "currentversion", "installedversion", "displayversion0", "version0",
    "operatingsystemversion",
    "osversion", "anwendungsversion", "versionsnummer",
)  # fmt: skip
VENDORS = (
    "applicationpublisher", "publisher", "vendor", "softwarevendor", "manufacturer", "company", "supplier",
    "publisher0", "herausgeber", "hersteller", "editeur", "fabricante",
)  # fmt: skip
PURLS = ("purl", "packageurl")
CPES = ("cpe", "cpe23", "cpename")
PROPOSALS = {"name": NAMES, "version": VERSIONS, "vendor": VENDORS, "purl": PURLS, "cpe": CPES}


@dataclass(frozen=True)
class Columns:
    """Which columns of a table are read, by number from 0; None is not in the table."""

    name: int
    version: int | None = None
    vendor: int | None = None
    purl: int | None = None
    cpe: int | None = None


@dataclass(frozen=True)
class Head:
    """The beginning of a table: the names of its columns, the first rows, and the proposed columns."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    proposal: Columns | None


def delimiter_of(text: str) -> str | None:
    """The delimiter of a table; None when the text is not a table of two columns or more."""
    text = text[:SAMPLE_CHARACTERS]
    if text[:4].lower() == "sep=":
        return text[4:5] if text[4:5] in DELIMITERS else None
    best = None
    most = 1
    for delimiter in DELIMITERS:
        rows = list(islice(_rows(text, delimiter), 20))
        if len(rows) > 2 and len(text) == SAMPLE_CHARACTERS:
            rows.pop()  # cut off
        count = len(rows[0]) if rows else 0
        if len(rows) >= 2 and count > most and sum(len(row) == count for row in rows) >= 0.8 * len(rows):
            best = delimiter
            most = count
    return best


def _rows(text: str, delimiter: str) -> Iterator[list[str]]:
    """Yield the rows that are not empty. Raises BadDocument for broken quotes."""
    if text[:4].lower() == "sep=":
        text = text.partition("\n")[2]
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            if any(cell.strip() for cell in row):
                yield row[:MAX_COLUMNS]
    except csv.Error as error:
        raise BadDocument(
            _("The table cannot be read: a quotation mark may be missing. Export it as CSV again.")
        ) from error


def head(text: str) -> Head:
    """The beginning of a table. Raises BadDocument when the text is none."""
    delimiter = delimiter_of(text)
    if delimiter is None:
        raise BadDocument(_("This is not a table with column names in the first row."))
    first, *rows = islice(_rows(text[:SAMPLE_CHARACTERS], delimiter), SHOWN_ROWS + 1)
    header = tuple(line(cell)[:SHOWN_LENGTH] for cell in first)
    shown = tuple(
        tuple(line(cell)[:SHOWN_LENGTH] for cell in [*row, *[""] * len(header)][: len(header)])
        for row in rows
    )
    return Head(header, shown, _proposal(header))


def _proposal(header: tuple[str, ...]) -> Columns | None:
    keys = ["".join(c for c in cell.casefold() if c.isalnum()) for cell in header]
    found = {
        field: next((keys.index(name) for name in names if name in keys), None)
        for field, names in PROPOSALS.items()
    }
    name = found.pop("name")
    return None if name is None else Columns(name, **found)


def from_table(text: str, columns: Columns | None = None) -> Iterator[Component]:
    """Yield the rows of a table; raises BadDocument when a column that is needed is not known."""
    top = head(text)
    columns = columns or top.proposal
    if columns is None:
        raise BadDocument(
            _(
                "No column with the name of the software was found among %(columns)s. Call it “name” (and "
                "“version”, “vendor”), or say which column it is.",
                columns=", ".join(f"“{name}”" for name in top.header[:12]),
            )
        )
    if columns.name >= len(top.header):
        raise BadDocument(_("The table has %(n)s columns only.", n=len(top.header)))
    delimiter = delimiter_of(text) or ","
    for row in islice(_rows(text, delimiter), 1, None):
        yield Component(
            name=_cell(row, columns.name),
            version=_cell(row, columns.version),
            vendor=_cell(row, columns.vendor),
            purl=_cell(row, columns.purl),
            cpe=_cell(row, columns.cpe),
        )


def _cell(row: list[str], number: int | None) -> str:
    return line(row[number]) if number is not None and number < len(row) else ""


def from_lines(lines: Iterable[str]) -> Iterator[Component]:
    """Yield a component for every line that is no comment: the name of a product, with its version."""
    for text in lines:
        if not text.lstrip().startswith("#"):
            yield Component(line(text))
