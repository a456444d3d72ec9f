"""Lines of the form about single vulnerabilities: exploitation, CWEs, other names; and references.

The first cell names the vulnerability: its CVE, another name, its title, or #2 for the second one; it may be
empty when there is one vulnerability only. An unchanged line keeps all that the document states. Pure
functions.
"""

import re
from dataclasses import replace
from typing import Any

from flask_babel import gettext as _

from advisories.advisory import Advisory, Exploitation, Reference, Vulnerability
from advisories.cwe import name_of
from bulletins.drafting import statements
from bulletins.drafting.lines import CELL_SEPARATOR, BadLine, Lines, escape, split_cells, unescape
from bulletins.drafting.statements import Kind, read_address, read_day, trimmed
from bulletins.vulnerabilities import names

_CWE = re.compile(r"CWE-[1-9]\d{0,5}", re.A)
_PLACE = re.compile(r"#([1-9]\d{0,4})", re.A)
_SYSTEMS = {"GHSA": "GitHub", "GCVE": "GCVE", "EUVD": "ENISA"}  # that issue a name, by its prefix


def lines_of(advisory: Advisory) -> dict[str, tuple[str, ...]]:
    """The lines that the form shows, by the fields of Lines."""
    found = {name: tuple(line for line, *_rest in _known(advisory, name)) for name in _KINDS}
    found["references"] = tuple(map(_reference_line, advisory.references))
    found["acknowledgments"] = (*statements.document_lines(advisory), *found["acknowledgments"])
    return found


def apply_lines(changed: Advisory, before: list[Vulnerability], advisory: Advisory, lines: Lines) -> None:
    """Set what the lines state. Raises BadLine.

    `before` are the vulnerabilities of `changed` as they were listed, in the order of those of `advisory`.
    """
    for name in _KINDS:
        given = getattr(lines, name)
        if name == "acknowledgments":
            changed.acknowledgments = statements.document_acknowledgments(advisory, given)
            given = tuple(line for line in given if not statements.is_of_document(line))
        _apply(changed, before, advisory, name, given)
    known = {_reference_line(each): each for each in advisory.references}
    changed.references = [known.get(trimmed(line)) or _reference(line) for line in lines.references]


def _apply(
    changed: Advisory, before: list[Vulnerability], advisory: Advisory, name: str, lines: tuple[str, ...]
) -> None:
    kind = _KINDS[name]
    shown = _known(advisory, name)
    if tuple(map(trimmed, lines)) == tuple(line for line, *_rest in shown):
        return
    known = {line: (before[place], value) for line, place, value in shown}
    found: dict[int, list] = {id(each): [] for each in changed.vulnerabilities}
    for line in lines:
        if trimmed(line) in known:
            owner, value = known[trimmed(line)]
        else:
            whose, *cells = split_cells(line, kind.width + 1)
            owner = _find(line, whose, changed)
            value = kind.read(line, cells)
        values = found.get(id(owner))  # none: the vulnerability was removed, and with it what was said of it
        if values is not None and value not in values:
            values.append(value)
    for each in changed.vulnerabilities:
        kind.store(each, found[id(each)])


def _known(advisory: Advisory, name: str) -> list[tuple[str, int, Any]]:
    """(line, place of the vulnerability, value) of everything that the form shows in a list."""
    kind = _KINDS[name]
    return [
        (trimmed(CELL_SEPARATOR.join((_key(each, place), *kind.cells(value)))), place, value)
        for place, each in enumerate(advisory.vulnerabilities)
        for value in kind.values(each, advisory)
    ]


def _key(vulnerability: Vulnerability, place: int) -> str:
    """How a line names a vulnerability."""
    ids = [name for _system, text in vulnerability.other_ids if (name := names.normalize(text))]
    return vulnerability.cve or next(iter(ids), f"#{place + 1}")


def _find(line: str, whose: str, advisory: Advisory) -> Vulnerability:
    listed = advisory.vulnerabilities
    if not listed:
        raise BadLine(line, _("List the vulnerability first, under “Vulnerabilities”."))
    if not whose and len(listed) == 1:
        return listed[0]
    if (place := _PLACE.fullmatch(whose)) and int(place[1]) <= len(listed):
        return listed[int(place[1]) - 1]
    wanted = whose.casefold()
    for each in listed:
        called = (each.cve, escape(each.title), *(text for _system, text in each.other_ids))
        if wanted and wanted in (name.casefold() for name in called):
            return each
    known = ", ".join(_key(each, at) for at, each in enumerate(listed[:12]))
    raise BadLine(
        line, _("“%(name)s” is none of the vulnerabilities above: %(known)s.", name=whose[:60], known=known)
    )


def _exploitations(vulnerability: Vulnerability, advisory: Advisory) -> list[Exploitation]:
    """The stated sources; the issuer where the document only says that it is exploited."""
    if vulnerability.exploitation or not vulnerability.is_exploited:
        return list(vulnerability.exploitation)
    return [Exploitation(advisory.publisher)]


def _exploitation_cells(each: Exploitation) -> tuple[str, ...]:
    day = f"{each.at:%Y-%m-%d}" if each.at else ""
    return each.source.replace("|", "/"), day, each.url, escape(each.details)


def _exploitation(line: str, cells: list[str]) -> Exploitation:
    source, day, url, details = cells
    if not source:
        raise BadLine(line, _("Name who says that it is exploited, for example CISA KEV."))
    return Exploitation(source, read_day(line, day), read_address(line, url), unescape(details))


def _set_exploitation(vulnerability: Vulnerability, found: list[Exploitation]) -> None:
    vulnerability.exploitation = found
    vulnerability.is_exploited = bool(found)


def _cwe(line: str, cells: list[str]) -> tuple[str, str]:
    number = cells[0].partition(" ")[0].upper()
    number = number if number.startswith("CWE-") else f"CWE-{number}"
    name = name_of(number) if _CWE.fullmatch(number) else ""
    if not name:
        raise BadLine(line, _("“%(cwe)s” is not in the CWE list. Write CWE-79.", cwe=cells[0][:60]))
    return number, name


def _set_cwe(vulnerability: Vulnerability, found: list[tuple[str, str]]) -> None:
    vulnerability.cwe = found[0] if found else None


def _alias(line: str, cells: list[str]) -> tuple[str, str]:
    text, system = cells
    if not text or len(text) > names.MAX_NAME_CHARACTERS:
        raise BadLine(line, _("Write the other name, for example GHSA-jfh8-c2jp-5v3q."))
    text = names.normalize(text) or text
    return system or _SYSTEMS.get(text[:4], text.partition("-")[0]), text


def _set_aliases(vulnerability: Vulnerability, found: list[tuple[str, str]]) -> None:
    vulnerability.other_ids = found


def _reference_line(each: Reference) -> str:
    return trimmed(CELL_SEPARATOR.join((each.url.replace("|", "%7C"), escape(each.summary))))


def _reference(line: str) -> Reference:
    url, summary = split_cells(line, 2)
    if not url:
        raise BadLine(line, _("A reference begins with its link: https://… | text"))
    return replace(Reference(read_address(line, url)), summary=unescape(summary))


_KINDS = {
    "exploited": Kind(_exploitations, _exploitation_cells, _exploitation, _set_exploitation, 4),
    "cwes": Kind(
        lambda each, _advisory: [each.cwe] if each.cwe else [],
        lambda cwe: (" ".join(filter(None, cwe)),),
        _cwe,
        _set_cwe,
        1,
    ),
    "aliases": Kind(
        lambda each, _advisory: list(each.other_ids),
        lambda pair: (pair[1].replace("|", "/"), pair[0].replace("|", "/")),
        _alias,
        _set_aliases,
        2,
    ),
    **statements.KINDS,
}
