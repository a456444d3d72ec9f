"""Vulnerability lines of the form. Pure functions."""

from advisories import scores
from advisories.advisory import Advisory, Score, Vulnerability
from advisories.csaf.rules import CVE
from bulletins.drafting.lines import BadLine, affected_ids, split_cells, unescape


def apply_lines(changed: Advisory, lines: tuple[str, ...]) -> None:
    """Set the vulnerabilities to those of the lines. Raises BadLine."""
    known = {each.cve or each.title: each for each in changed.vulnerabilities}
    ids = affected_ids(changed)
    found = []
    cells = {line: _vulnerability_cells(line) for line in lines}
    keys = {cve or title for cve, _vector, title in cells.values()}
    removed = [vulnerability for key, vulnerability in known.items() if key not in keys]
    new = [line for line, (cve, _vector, title) in cells.items() if (cve or title) not in known]
    for line in lines:
        cve, vector, title = cells[line]
        vulnerability = known.get(cve or title)
        if vulnerability is None:
            vulnerability = _corrected(cve, title, removed, is_only=len(new) == 1)
        if vulnerability is None:
            vulnerability = Vulnerability(status={"known_affected": ids} if ids else {})
        vulnerability.cve = cve
        vulnerability.title = title
        if vector != (vulnerability.scores[0].vector if vulnerability.scores else ""):
            normalized = scores.normalize_vector(vector)
            version = scores.version_of(normalized)
            if vector and not version:
                raise BadLine(line)
            vulnerability.scores = [Score(version, normalized, None, ids)] if vector else []
        found.append(vulnerability)
    changed.vulnerabilities = found


def _vulnerability_cells(line: str) -> tuple[str, str, str]:
    cve, vector, title = split_cells(line, 3)
    cve = cve.upper()
    title = unescape(title)
    if (cve and not CVE.fullmatch(cve)) or not (cve or title):
        raise BadLine(line)
    return cve, vector, title


def _corrected(cve: str, title: str, removed: list[Vulnerability], *, is_only: bool) -> Vulnerability | None:
    """The vulnerability whose CVE or title a new line corrects, taken from those whose lines are removed.

    It has the same title or CVE, or it is the only one removed and the line the only new one. Its status,
    scores and remedies are kept.
    """
    matches = [each for each in removed if (title and each.title == title) or (cve and each.cve == cve)]
    if not matches and is_only and len(removed) == 1:
        matches = list(removed)
    match = matches[0] if matches else None
    if match is not None:
        removed.remove(match)
    return match
