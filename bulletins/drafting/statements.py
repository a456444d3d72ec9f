"""Lines of the form for what else documents say: threats, known issues, acknowledgments. Pure functions."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask_babel import gettext as _

from advisories.advisory import Advisory, KnownIssue, Threat, Vulnerability
from bulletins.drafting.lines import CELL_SEPARATOR, BadLine, escape, split_cells, unescape

MAX_URL_CHARACTERS = 2_000
MAX_NAMES = 50  # of one acknowledgment
THREATS = ("impact", "exploit_status", "target_set")
_SEMICOLON = re.compile(r"(?<!\\);")


@dataclass(frozen=True)
class Kind:
    """One list of the form: `values(vulnerability)` that it shows, `cells(value)` and back, and `store`."""

    values: Callable[[Vulnerability, Advisory], list]
    cells: Callable[[Any], tuple[str, ...]]
    read: Callable[[str, list[str]], Any]
    store: Callable[[Vulnerability, list], None]
    width: int


def trimmed(line: str) -> str:
    """A line without the separators of empty cells at its end."""
    return line.rstrip(" |")


def read_day(line: str, text: str) -> datetime | None:
    """The date in a cell; None for an empty one. Raises BadLine."""
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text[:40])
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadLine(line, _("“%(day)s” is no date. Write 2026-11-03.", day=text[:40])) from None
    if not 1990 <= at.year <= 2199:
        raise BadLine(line, _("“%(day)s” is no date. Write 2026-11-03.", day=text[:40]))
    return at


def read_address(line: str, url: str) -> str:
    """The link in a cell, which may be empty. Raises BadLine."""
    if url and (not url.startswith(("https://", "http://")) or len(url) > MAX_URL_CHARACTERS):
        raise BadLine(line, _("A link begins with https:// and has at most %(n)s characters.", n=2_000))
    return url


def _threat(line: str, cells: list[str]) -> Threat:
    category, day, details = cells
    category = category.replace(" ", "_").casefold()
    if category not in THREATS:
        raise BadLine(line, _("Begin a threat with its kind: impact, exploit_status or target_set."))
    if not details:
        raise BadLine(line, _("Describe the threat: vulnerability | kind | date | description"))
    return Threat(category, unescape(details), read_day(line, day))


def _threat_cells(each: Threat) -> tuple[str, ...]:
    return each.category, f"{each.at:%Y-%m-%d}" if each.at else "", escape(each.details)


def _issue(line: str, cells: list[str]) -> KnownIssue:
    update, url, details = cells
    if not (details or url):
        raise BadLine(line, _("Describe the issue: vulnerability | update | link | known issue"))
    return KnownIssue(update, unescape(details), read_address(line, url))


def _issue_cells(each: KnownIssue) -> tuple[str, ...]:
    return each.update.replace("|", "/"), each.url.replace("|", "%7C"), escape(each.details)


def _acknowledgment(line: str, cells: list[str]) -> dict:
    names, organization, summary, url = cells
    found = {
        "names": [
            unescape(each.strip().replace("\\;", ";")) for each in _SEMICOLON.split(names) if each.strip()
        ],
        "organization": unescape(organization),
        "summary": unescape(summary),
        "urls": [read_address(line, url)] if url else [],
    }
    if len(found["names"]) > MAX_NAMES:
        raise BadLine(line, _("Name at most %(n)s people in one line.", n=MAX_NAMES))
    if not any(found.values()):
        raise BadLine(line, _("Say who is thanked: vulnerability | names | organization | for what | link"))
    return {name: value for name, value in found.items() if value}


def _name(cell: str) -> str:
    return unescape(cell.strip().replace("\\;", ";"))


def _acknowledgment_cells(each: dict) -> tuple[str, ...]:
    names = "; ".join(_cell(name).replace(";", "\\;") for name in each.get("names", ()))
    url = next(iter(each.get("urls", ())), "").replace("|", "%7C")
    return names, _cell(each.get("organization", "")), _cell(each.get("summary", "")), url


def _cell(text: str) -> str:
    return escape(text).replace("|", "/")


KINDS = {
    "threats": Kind(
        lambda each, _advisory: list(each.threats),
        _threat_cells,
        _threat,
        lambda each, found: setattr(each, "threats", found),
        3,
    ),
    "stated_issues": Kind(
        lambda each, _advisory: list(each.known_issues),
        _issue_cells,
        _issue,
        lambda each, found: setattr(each, "known_issues", found),
        3,
    ),
    "acknowledgments": Kind(
        lambda each, _advisory: list(each.acknowledgments),
        _acknowledgment_cells,
        _acknowledgment,
        lambda each, found: setattr(each, "acknowledgments", found),
        4,
    ),
}


def document_lines(advisory: Advisory) -> tuple[str, ...]:
    """The lines for the acknowledgments of the whole document, which name no vulnerability."""
    return tuple(_document_line(each) for each in advisory.acknowledgments)


def _document_line(each: dict) -> str:
    return trimmed(CELL_SEPARATOR.join(("", *_acknowledgment_cells(each))).strip())


def is_of_document(line: str) -> bool:
    """Whether a line about acknowledgments names no vulnerability."""
    return line.strip().startswith("|")


def document_acknowledgments(advisory: Advisory, lines: tuple[str, ...]) -> list[dict]:
    """The acknowledgments of the whole document in lines; an unchanged one keeps all that it states."""
    known = {_document_line(each): each for each in advisory.acknowledgments}
    found: list[dict] = []
    for line in filter(is_of_document, lines):
        each = known.get(trimmed(line.strip())) or _acknowledgment(line, split_cells(line, 5)[1:])
        if each not in found:
            found.append(each)
    return found
