"""Store what CSAF 2.0 has no field for in readable notes and details, and restore it from them.

Such a text begins with lines "Key: value", then a blank line and the text itself.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from advisories import scores
from advisories.addresses import is_web_address
from advisories.advisory import REMEDIES, KnownIssue, Metric, Note, Remedy, Score, Vulnerability
from advisories.csaf.rules import CWE

CVSS = "CVSS"
KNOWN_ISSUE = "Known issue"
REMEDY = "Remediation"
REJECTED = "Rejected"
METRIC = "Metric"
UNKNOWN_STATUS = "Unknown status"
CWE_LABEL = "Weakness"
MONTH = "Patch month"
MAX_UPDATE_ID_LENGTH = 100  # characters of the identifiers of updates
FIX_KEYS = ("Category", "Update", "Replaces", "Fixed build", "Restart")
KINDS_OF_20 = {
    "fix_planned": "none_available",
    "optional_patch": "mitigation",
}  # what 2.0 has for those of 2.1
ISSUE_KEYS = ("Update", "More", "For")
SCORE_KEYS = ("Version", "Stated base score", "Source", "For")
METRIC_KINDS = ("epss", "ssvc", "severity")
METRIC_KEYS = ("Kind", "Percentile", "Date", "Source", "For")
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_LINE = re.compile(r"([A-Z][a-z ]{1,30}): (\S[^\n]*)")


def pack(pairs: list[tuple[str, str]], body: str) -> str:
    """Lines of the pairs that have a value, then the body."""
    head = "\n".join(f"{key}: {value}" for key, value in pairs if value)
    return "\n\n".join(filter(None, (head, body)))


def unpack(text: str, keys: tuple[str, ...]) -> tuple[dict[str, list[str]], str]:
    """(values by key, body); a text that does not begin with lines of `keys` is all body."""
    head, _, body = text.partition("\n\n")
    found: dict[str, list[str]] = {}
    for line in head.split("\n"):
        match = _LINE.fullmatch(line)
        if not match or match[1] not in keys:
            return {}, text
        found.setdefault(match[1], []).append(match[2])
    return found, body


def details_with_update(remedy: Remedy) -> str:
    """The details of a remedy, preceded by the facts about its update."""
    restart = "maybe" if remedy.restart == "maybe" else ""
    return pack(
        [
            ("Category", remedy.kind if remedy.kind in KINDS_OF_20 else ""),
            ("Update", remedy.update),
            ("Replaces", remedy.supersedes),
            ("Fixed build", remedy.fixed_build),
            ("Restart", restart),
        ],
        remedy.details,
    )


def parse_update_details(remedy: Remedy) -> Remedy:
    """The inverse of details_with_update(): move the facts from the details to fields."""
    found, body = unpack(remedy.details, FIX_KEYS)
    first = {key: values[0] for key, values in found.items()}
    if (
        not found
        or any(len(values) > 1 or len(values[0]) > MAX_UPDATE_ID_LENGTH for values in found.values())
        or first.get("Restart", "maybe") != "maybe"
        or KINDS_OF_20.get(first.get("Category", ""), remedy.kind) != remedy.kind
        or first.get("Category", "fix_planned") not in KINDS_OF_20
    ):
        return remedy
    return replace(
        remedy,
        kind=first.get("Category", remedy.kind),
        details=body,
        update=first.get("Update", ""),
        supersedes=first.get("Replaces", ""),
        fixed_build=first.get("Fixed build", ""),
        restart=first.get("Restart", remedy.restart),
    )


def score_note(score: Score, default_ids: tuple[str, ...]) -> Note:
    """A note for a score that CSAF 2.0 does not support."""
    stated = "" if score.stated is None else f"{score.stated:.1f}"
    version = "" if scores.version_of(score.vector) == score.version else score.version
    return Note(
        "other",
        pack(
            [
                ("Version", version),
                ("Stated base score", stated),
                ("Source", score.source),
                *_product_lines(score.product_ids, default_ids),
            ],
            score.vector,
        ),
        CVSS,
    )


def metric_note(metric: Metric, default_ids: tuple[str, ...]) -> Note:
    """A note for a metric beside CVSS, for which CSAF 2.0 has no field."""
    return Note(
        "other",
        pack(
            [
                ("Kind", metric.kind),
                ("Percentile", metric.percentile),
                ("Date", metric.at.isoformat() if metric.at else ""),
                ("Source", metric.source),
                *_product_lines(metric.product_ids, default_ids),
            ],
            metric.text,
        ),
        METRIC,
    )


def issue_note(issue: KnownIssue, default_ids: tuple[str, ...]) -> Note:
    """A note for a known issue of an update."""
    return Note(
        "other",
        pack(
            [("Update", issue.update), ("More", issue.url), *_product_lines(issue.product_ids, default_ids)],
            issue.details,
        ),
        KNOWN_ISSUE,
    )


def remedy_note(remedy: Remedy) -> Note:
    """A note for a remedy without products, which CSAF section 6.1.29 forbids."""
    return Note(
        "other", pack([("Kind", remedy.kind), ("More", remedy.url)], details_with_update(remedy)), REMEDY
    )


def unknown_note(product_ids: tuple[str, ...]) -> Note:
    """A note for products whose status the issuer does not know; 2.0 has no such status."""
    return Note(
        "other",
        pack([("For", name) for name in product_ids], "unknown"),
        UNKNOWN_STATUS,
    )


def cwe_note(cwe: tuple[str, str]) -> Note:
    """A note for a weakness that is not in the CWE catalogue, or for a second one: 2.0 has one only."""
    return Note("other", pack([("Weakness", cwe[0])], cwe[1]), CWE_LABEL)


def _product_lines(product_ids: tuple[str, ...], default_ids: tuple[str, ...]) -> list[tuple[str, str]]:
    is_all = len(product_ids) == len(default_ids) and set(product_ids) == set(default_ids)
    return [] if is_all else [("For", name) for name in product_ids]


def month_note(month: str) -> Note:
    """A note for the patch month of a document."""
    return Note("general", month, MONTH)


def pop_month(notes: list[Note]) -> str:
    """Remove the first note with a patch month from `notes` and return the month; empty when none."""
    for index, note in enumerate(notes):
        if (note.category, note.title) == ("general", MONTH) and _MONTH.fullmatch(note.text):
            return notes.pop(index).text
    return ""


def restore_from_notes(
    vulnerability: Vulnerability, known: Callable[[Iterable[str] | None], tuple[str, ...]]
) -> None:
    """Convert the notes that this module wrote back to scores, issues, remedies and so on.

    `known` returns the known ones of some product ids, and for None the default product ids.
    """
    remaining = []
    restorer = _Restorer(vulnerability, known)
    for note in vulnerability.notes:
        restore = _RESTORERS.get(note.title) if note.category == "other" else None
        if not restore or not restore(restorer, note.text):
            remaining.append(note)
    vulnerability.notes = remaining


class _Restorer:
    """A vulnerability that is being restored, and the indexes of its scores."""

    def __init__(
        self, vulnerability: Vulnerability, known: Callable[[Iterable[str] | None], tuple[str, ...]]
    ) -> None:
        self.vulnerability = vulnerability
        self.known = known
        self.indexes = {self.key(score): index for index, score in enumerate(vulnerability.scores)}

    @staticmethod
    def key(score: Score) -> tuple:
        """Identity of a score for matching its note."""
        return score.vector, frozenset(score.product_ids)


def _restore_score(restorer: _Restorer, text: str) -> bool:
    found, vector = unpack(text, SCORE_KEYS)
    version = found.get("Version", [scores.version_of(vector)])[0]
    if not (vector or found) or len(version) > MAX_UPDATE_ID_LENGTH:
        return False
    if vector and not scores.version_of(vector):
        return False
    try:
        stated = float(found["Stated base score"][0]) if "Stated base score" in found else None
    except ValueError:
        return False
    source = found.get("Source", [""])[0]
    if source and not is_web_address(source):
        return False
    score = Score(version, vector, stated, restorer.known(found.get("For")), source)
    scores_so_far = restorer.vulnerability.scores
    index = restorer.indexes.get(restorer.key(score))
    if vector and index is not None:
        scores_so_far[index] = replace(scores_so_far[index], stated=stated, source=source)
    else:
        restorer.indexes[restorer.key(score)] = len(scores_so_far)
        scores_so_far.append(score)
    return True


def _is_address(found: dict[str, list[str]]) -> bool:
    """Whether all values of "More" are URLs."""
    return all(map(is_web_address, found.get("More", ())))


def _restore_issue(restorer: _Restorer, text: str) -> bool:
    found, details = unpack(text, ISSUE_KEYS)
    if not _is_address(found):
        return False
    restorer.vulnerability.known_issues.append(
        KnownIssue(
            found.get("Update", [""])[0],
            details,
            found.get("More", [""])[0],
            restorer.known(found.get("For")),
        )
    )
    return True


def _restore_remedy(restorer: _Restorer, text: str) -> bool:
    found, details = unpack(text, ("Kind", "More", *FIX_KEYS))
    if found.get("Kind", [""])[0] not in REMEDIES or not _is_address(found):
        return False
    inner = pack([(key, found[key][0]) for key in FIX_KEYS if key in found], details)
    restorer.vulnerability.remedies.append(
        parse_update_details(Remedy(found["Kind"][0], inner, url=found.get("More", [""])[0]))
    )
    return True


def _restore_rejection(restorer: _Restorer, text: str) -> bool:
    restorer.vulnerability.is_rejected = True
    return False  # the reason remains a note


def _restore_cwe(restorer: _Restorer, text: str) -> bool:
    found, name = unpack(text, (CWE_LABEL,))
    if not found or not CWE.fullmatch(found[CWE_LABEL][0]):
        return False
    stated = found[CWE_LABEL][0], name
    if restorer.vulnerability.cwe is None:
        restorer.vulnerability.cwe = stated
    elif stated not in (restorer.vulnerability.cwe, *restorer.vulnerability.other_cwes):
        restorer.vulnerability.other_cwes.append(stated)
    else:
        return False
    return True


def _restore_metric(restorer: _Restorer, text: str) -> bool:
    found, value = unpack(text, METRIC_KEYS)
    first = {key: values[0] for key, values in found.items()}
    source = first.get("Source", "")
    if first.get("Kind") not in METRIC_KINDS or not value or (source and not is_web_address(source)):
        return False
    try:
        at = datetime.fromisoformat(first["Date"]) if "Date" in first else None
    except ValueError:
        return False
    restorer.vulnerability.metrics.append(
        Metric(
            first["Kind"], value, first.get("Percentile", ""), at, source, restorer.known(found.get("For"))
        )
    )
    return True


def _restore_unknown(restorer: _Restorer, text: str) -> bool:
    found, _ = unpack(text, ("For",))
    ids = restorer.known(found.get("For", ()))
    stated = restorer.vulnerability.status
    if not ids or stated.get("unknown") or set(ids) & {name for names in stated.values() for name in names}:
        return False
    stated["unknown"] = ids
    return True


_RESTORERS = {
    CVSS: _restore_score,
    KNOWN_ISSUE: _restore_issue,
    REMEDY: _restore_remedy,
    REJECTED: _restore_rejection,
    CWE_LABEL: _restore_cwe,
    METRIC: _restore_metric,
    UNKNOWN_STATUS: _restore_unknown,
}
