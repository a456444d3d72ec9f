"""Applies the edited lines of a form to an advisory. Pure functions.

An unchanged line keeps all data of the document that it stands for; data that a form cannot show (scores of
single products, threats, flags) is lost only with its line. A new line applies to all affected products,
unless it names some; a fix for one of several products must name it.
"""

from dataclasses import replace
from itertools import chain

from flask_babel import gettext as _

from advisories.advisory import Advisory, Vulnerability
from bulletins.drafting import facts, products, remedies, vulnerabilities
from bulletins.drafting.lines import (
    BadLine,
    Lines,
    affected_ids,
    content_lines,
    listed_products,
    product_names,
    split_cells,
)


def lines_of(advisory: Advisory) -> Lines:
    """The lines that the form shows for an advisory."""
    return replace(content_lines(advisory), **facts.lines_of(advisory))


def apply_lines(advisory: Advisory, lines: Lines) -> dict:
    """The fields of Advisory that the lines change. Raises BadLine."""
    known = lines_of(advisory)
    if lines == known:
        return {}
    changed = replace(
        advisory,
        products=list(advisory.products),
        vulnerabilities=[
            replace(
                vulnerability,
                status=dict(vulnerability.status),
                scores=list(vulnerability.scores),
                remedies=list(vulnerability.remedies),
            )
            for vulnerability in advisory.vulnerabilities
        ],
    )
    _refuse_repeats(lines, known)
    products.apply_lines(
        changed, dict(zip(known.affected, listed_products(advisory), strict=True)), lines.affected
    )
    before = list(changed.vulnerabilities)
    vulnerabilities.apply_lines(changed, lines.vulnerabilities)
    if not changed.vulnerabilities and (lines.affected or lines.remedies or lines.exploited):
        changed.vulnerabilities = [_unnamed(changed)]  # that remedies and builds refer to
    builds = products.builds_of(changed, lines.affected)
    remedies.apply_lines(changed, known.remedies, product_names(advisory), builds, lines.remedies)
    _copy_shown_remedies(changed, before)
    products.apply_builds(changed, [line for line in lines.affected if line not in known.affected])
    facts.apply_lines(changed, before, advisory, lines)
    return {
        "products": changed.products,
        "vulnerabilities": changed.vulnerabilities,
        "references": changed.references,
        "acknowledgments": changed.acknowledgments,
    }


def _refuse_repeats(lines: Lines, known: Lines) -> None:
    """Raise BadLine for a product or a CVE on two lines: one of them would be lost."""
    for given, old, width in (
        (lines.affected, known.affected, 2),
        (lines.vulnerabilities, known.vulnerabilities, 1),
    ):
        seen: set[tuple[str, ...]] = set()
        for line in given:
            key = tuple(cell.casefold() for cell in split_cells(line, 3)[:width])
            if key in seen and any(key) and line not in old:
                raise BadLine(
                    line, _("This is listed twice: %(line)s. Keep one of the lines.", line=line[:100])
                )
            seen.add(key)


def _unnamed(advisory: Advisory) -> Vulnerability:
    """The single vulnerability of a bulletin that lists none."""
    ids = affected_ids(advisory) or tuple(entry.id for entry in advisory.products)
    return Vulnerability(title=advisory.title, status={"known_affected": ids} if ids else {})


def _copy_shown_remedies(changed: Advisory, before: list[Vulnerability]) -> None:
    """Give new vulnerabilities the remedies that the form shows, as on the creation of a bulletin."""
    new = [
        vulnerability
        for vulnerability in changed.vulnerabilities
        if not vulnerability.is_rejected and not any(vulnerability is each for each in before)
    ]
    others = [each for each in changed.vulnerabilities if each not in new]
    shown = dict.fromkeys(chain.from_iterable(each.remedies for each in others))
    for vulnerability in new:
        vulnerability.remedies += [each for each in shown if each not in vulnerability.remedies]
