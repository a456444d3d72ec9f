"""What winget writes: `winget export` (JSON), `winget list` (a table of fixed columns, in any language)."""

import re
import unicodedata
from collections.abc import Iterator

from inventory.formats.component import Component, line

_IDENTIFIER = re.compile(r"[\w-]+(?:\.[\w+-]+)+$")
_RULE = re.compile(r"-{20,}\s*$")
_HEADING = re.compile(r"\S+")
MAX_HEADER_LINES = 40


def is_export(document: dict) -> bool:
    """Whether a JSON object is of `winget export`."""
    return isinstance(document.get("Sources"), list) and (
        "winget" in str(document.get("$schema", "")).lower() or "WinGetVersion" in document
    )


def from_export(document: dict) -> Iterator[Component]:
    """Yield the packages; their versions are known with `--include-versions` only."""
    for source in document["Sources"]:
        packages = source.get("Packages") if isinstance(source, dict) else None
        for package in packages if isinstance(packages, list) else ():
            if isinstance(package, dict):
                identifier = line(package.get("PackageIdentifier") or package.get("Id"))
                vendor, name = _named(identifier)
                yield Component(name, version=line(package.get("Version")), vendor=vendor)


def _named(identifier: str) -> tuple[str, str]:
    """(vendor, name) of a package identifier such as Mozilla.Firefox.ESR."""
    vendor, _dot, rest = identifier.partition(".")
    if not rest:
        return "", identifier
    name = re.sub(r"\.(?=\D)|(?<=\D)\.", " ", rest)
    return vendor, f"{vendor} {name}" if name.replace(".", "").isdigit() else name


def is_list(lines: list[str]) -> bool:
    """Whether these lines are of `winget list`: a line of column names over a line of dashes."""
    return _header(lines) is not None


def _header(lines: list[str]) -> tuple[int, list[int]] | None:
    """(index of the first row, where the columns begin in cells of the screen)."""
    for index, text in enumerate(lines[1:MAX_HEADER_LINES], 1):
        if _RULE.match(text):
            heading = lines[index - 1].rpartition("\r")[2]
            starts = [_width(heading[: match.start()]) for match in _HEADING.finditer(heading)]
            return (index + 1, starts) if len(starts) >= 3 else None
    return None


def from_list(lines: list[str]) -> Iterator[Component]:
    """Yield the rows: the columns are name, id and version, whatever their names are."""
    header = _header(lines)
    if header is None:
        return
    first, starts = header
    for text in lines[first:]:
        cells = _cells(text, starts)
        if len(cells) < 3 or not cells[0]:
            continue
        name, identifier, version = cells[:3]
        vendor = ""
        if _IDENTIFIER.match(identifier):
            vendor, own = _named(identifier)
            if name.endswith("…"):  # cut off
                name = own
        yield Component(line(name), version=line(version.lstrip("<> ")), vendor=line(vendor))


def _cells(text: str, starts: list[int]) -> list[str]:
    """The cells of a row; wide characters take two cells of the screen."""
    parts: list[list[str]] = [[] for _start in starts]
    place = 0
    column = 0
    for character in text[:2000]:
        while column + 1 < len(starts) and place >= starts[column + 1]:
            column += 1
        parts[column].append(character)
        place += _width(character)
    return ["".join(part).strip() for part in parts]


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
