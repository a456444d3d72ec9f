r"""The lines of the form of a bulletin: how advisories are shown, and the syntax of a line. Pure functions.

Cells of a line are separated by |. A remedy may name products ("fix for OpenSSL 3.0; Python", with \; for a
semicolon in a name).
"""

import re
from dataclasses import dataclass
from itertools import chain

from advisories.advisory import Advisory, ProductEntry, Remedy, Vulnerability
from bulletins.fixes import product_statuses

CELL_SEPARATOR = " | "
FOR = " for "
NAME_SEPARATOR = re.compile(r"(?<!\\);")
MAX_NAMES = 12  # products in a line; a document may name thousands
KIND_WORDS = {"fix": "vendor_fix", "none": "none_available", "never": "no_fix_planned"}
LISTED_STATUSES = ("affected", "")  # of products that the form lists


class BadLine(ValueError):
    """A line that cannot be read: `line` as typed, `reason` a sentence on what is missing, or empty."""

    def __init__(self, line: str, reason: str = "") -> None:
        self.line = line
        self.reason = reason
        super().__init__(line)


@dataclass(frozen=True)
class Lines:
    """The lists of the form, as typed; facts.py has those after the remedies."""

    vulnerabilities: tuple[str, ...] = ()
    affected: tuple[str, ...] = ()
    remedies: tuple[str, ...] = ()
    exploited: tuple[str, ...] = ()
    cwes: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    threats: tuple[str, ...] = ()
    stated_issues: tuple[str, ...] = ()
    acknowledgments: tuple[str, ...] = ()


class TypedLine(str):
    """A line with its `number` in the text that was typed, from 1."""

    __slots__ = ("number",)

    number: int


def content_lines(advisory: Advisory) -> Lines:
    """The lines that the form shows for the vulnerabilities, products and remedies of an advisory."""
    names = product_names(advisory)
    remedies = chain.from_iterable(each.remedies for each in advisory.vulnerabilities)
    return Lines(
        tuple(_vulnerability_line(each) for each in advisory.vulnerabilities),
        tuple(_product_line(entry, advisory) for entry in listed_products(advisory)),
        tuple(dict.fromkeys(remedy_line(each, names) for each in remedies)),
    )


def listed_products(advisory: Advisory) -> list[ProductEntry]:
    """The affected products of an advisory, without the parts of combined products."""
    statuses = product_statuses(advisory)
    parts = set(chain.from_iterable(entry.part_of[1:] for entry in advisory.products if entry.part_of))
    return [
        entry
        for entry in advisory.products
        if statuses[entry.id].status in LISTED_STATUSES and entry.id not in parts
    ]


def affected_ids(advisory: Advisory) -> tuple[str, ...]:
    """The ids of listed_products()."""
    return tuple(entry.id for entry in listed_products(advisory))


def product_names(advisory: Advisory) -> dict[str, str]:
    """Names of listed_products() in remedy lines by id, with the version unless the name ends with it."""
    return {entry.id: _name_with_version(entry) for entry in listed_products(advisory)}


def _name_with_version(entry: ProductEntry) -> str:
    name = quoted_name(entry.name)
    return name if not entry.version or name.endswith(entry.version) else f"{name} {entry.version}"


def quoted_name(name: str) -> str:
    """A product name as an item of a list that is separated by semicolons."""
    return escape(name).replace(";", "\\;")


def escape(text: str) -> str:
    r"""A text on one line: \\n for a newline."""
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def unescape(text: str) -> str:
    """The inverse of escape()."""
    return text.replace("\\\\", "\0").replace("\\n", "\n").replace("\0", "\\")


def split_cells(line: str, number: int, *, with_newlines: bool = False) -> list[str]:
    r"""The `number` cells of a line; missing ones are empty, the last one takes the rest.

    `with_newlines` replaces \n by newlines in all cells.
    """
    cells = [cell.strip() for cell in line.split("|", number - 1)]
    if with_newlines:
        cells = [cell.replace("\\n", "\n") for cell in cells]
    return cells + [""] * (number - len(cells))


def _vulnerability_line(vulnerability: Vulnerability) -> str:
    vector = vulnerability.scores[0].vector if vulnerability.scores else ""
    return CELL_SEPARATOR.join((vulnerability.cve, vector, escape(vulnerability.title)))


def _product_line(entry: ProductEntry, advisory: Advisory) -> str:
    remedies = chain.from_iterable(each.remedies for each in advisory.vulnerabilities)
    builds = dict.fromkeys(
        each.fixed_build for each in remedies if each.fixed_build and entry.id in each.product_ids
    )
    return CELL_SEPARATOR.join((escape(entry.name), entry.version, ", ".join(builds)))


def remedy_line(each: Remedy, names: dict[str, str]) -> str:
    """A remedy as a line; `names` are product_names()."""
    word = next((word for word, kind in KIND_WORDS.items() if kind == each.kind), each.kind)
    named = [names[number] for number in names if number in each.product_ids]
    if named and len(named) < len(names) and len(named) <= MAX_NAMES:
        word += FOR + "; ".join(named)
    return CELL_SEPARATOR.join((word, each.update, each.url, escape(each.details)))
