"""What CSAF 2.0 has no field for, put into notes and details that people can read, and taken out again.

Such a text begins with lines "Key: value"; a blank line, then the words themselves.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace

from advisories import scores
from advisories.addresses import is_web_address
from advisories.advisory import REMEDIES, KnownIssue, Note, Remedy, Score, Vulnerability
from advisories.csaf.rules import CWE

CVSS, KNOWN_ISSUE, REMEDY, REJECTED, WEAKNESS = ("CVSS", "Known issue", "Remediation", "Rejected", "Weakness")
MONTH = "Patch month"
LONGEST = 100  # characters of the names of updates
FIX_KEYS = ("Update", "Replaces", "Fixed build", "Restart")
ISSUE_KEYS = ("Update", "More", "For")
SCORE_KEYS = ("Version", "Stated base score", "For")
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_LINE = re.compile(r"([A-Z][a-z ]{1,30}): (\S[^\n]*)")


def pack(pairs: list[tuple[str, str]], body: str) -> str:
    """The lines of the pairs that have a value, and the body below."""
    head = "\n".join(f"{key}: {value}" for key, value in pairs if value)
    return "\n\n".join(filter(None, (head, body)))


def unpack(text: str, keys: tuple[str, ...]) -> tuple[dict[str, list[str]], str]:
    """The values under each of `keys` and the body; a text that does not begin so is all body."""
    head, _, body = text.partition("\n\n")
    found: dict[str, list[str]] = {}
    for line in head.split("\n"):
        match = _LINE.fullmatch(line)
        if not match or match[1] not in keys:
            return {}, text
        found.setdefault(match[1], []).append(match[2])
    return found, body


def fix_details(remedy: Remedy) -> str:
    """The details of a remedy with the names of the update in front."""
    restart = "maybe" if remedy.restart == "maybe" else ""
    return pack(
        [
            ("Update", remedy.update),
            ("Replaces", remedy.supersedes),
            ("Fixed build", remedy.fixed_build),
            ("Restart", restart),
        ],
        remedy.details,
    )


def read_fix(remedy: Remedy) -> Remedy:
    """The remedy with what fix_details put into its details in its own fields."""
    found, body = unpack(remedy.details, FIX_KEYS)
    first = {key: values[0] for key, values in found.items()}
    if (
        not found
        or any(len(values) > 1 or len(values[0]) > LONGEST for values in found.values())
        or first.get("Restart", "maybe") != "maybe"
    ):
        return remedy
    return replace(
        remedy,
        details=body,
        update=first.get("Update", ""),
        supersedes=first.get("Replaces", ""),
        fixed_build=first.get("Fixed build", ""),
        restart=first.get("Restart", remedy.restart),
    )


def score_note(score: Score, everything: tuple[str, ...]) -> Note:
    """A score that `scores` of CSAF 2.0 cannot hold: of version 4.0, a second one, a wrong or odd one."""
    stated = "" if score.stated is None else f"{score.stated:.1f}"
    version = "" if scores.version_of(score.vector) == score.version else score.version
    return Note(
        "other",
        pack(
            [("Version", version), ("Stated base score", stated), *_names(score.product_ids, everything)],
            score.vector,
        ),
        CVSS,
    )


def issue_note(issue: KnownIssue, everything: tuple[str, ...]) -> Note:
    """A known issue of an update."""
    return Note(
        "other",
        pack(
            [("Update", issue.update), ("More", issue.url), *_names(issue.product_ids, everything)],
            issue.details,
        ),
        KNOWN_ISSUE,
    )


def remedy_note(remedy: Remedy) -> Note:
    """A remedy that names no product, which CSAF section 6.1.29 forbids."""
    return Note("other", pack([("Kind", remedy.kind), ("More", remedy.url)], fix_details(remedy)), REMEDY)


def weakness_note(cwe: tuple[str, str]) -> Note:
    """A weakness that the catalogue of CWE does not know."""
    return Note("other", pack([("Weakness", cwe[0])], cwe[1]), WEAKNESS)


def _names(product_ids: tuple[str, ...], everything: tuple[str, ...]) -> list[tuple[str, str]]:
    is_all = len(product_ids) == len(everything) and set(product_ids) == set(everything)
    return [] if is_all else [("For", name) for name in product_ids]


def month_note(month: str) -> Note:
    """The patch month that a document belongs to."""
    return Note("general", month, MONTH)


def take_month(notes: list[Note]) -> str:
    """The month of the first such note, which is taken out of `notes`; nothing when there is none."""
    for place, note in enumerate(notes):
        if (note.category, note.title) == ("general", MONTH) and _MONTH.fullmatch(note.text):
            return notes.pop(place).text
    return ""


def take_out(vulnerability: Vulnerability, named: Callable[[Iterable[str] | None], tuple[str, ...]]) -> None:
    """Turns the notes that this module made back into what they stand for.

    `named` gives the known ones of some product ids, and for None all that are concerned.
    """
    kept = []
    reading = _Reading(vulnerability, named)
    for note in vulnerability.notes:
        take = _TAKE.get(note.title) if note.category == "other" else None
        if not take or not take(reading, note.text):
            kept.append(note)
    vulnerability.notes = kept


class _Reading:
    """A vulnerability whose notes are taken out, and where its scores stand."""

    def __init__(self, vulnerability: Vulnerability, named):
        self.vulnerability, self.named = vulnerability, named
        self.places = {self.key(score): place for place, score in enumerate(vulnerability.scores)}

    @staticmethod
    def key(score: Score) -> tuple:
        return score.vector, frozenset(score.product_ids)


def _take_score(reading: _Reading, text: str) -> bool:
    found, vector = unpack(text, SCORE_KEYS)
    version = found.get("Version", [scores.version_of(vector)])[0]
    if (vector and not scores.version_of(vector)) or not (vector or found) or len(version) > LONGEST:
        return False
    try:
        stated = float(found["Stated base score"][0]) if "Stated base score" in found else None
    except ValueError:
        return False
    score = Score(version, vector, stated, reading.named(found.get("For")))
    scores_so_far, place = reading.vulnerability.scores, reading.places.get(reading.key(score))
    if vector and place is not None:
        scores_so_far[place] = replace(scores_so_far[place], stated=stated)
    else:
        reading.places[reading.key(score)] = len(scores_so_far)
        scores_so_far.append(score)
    return True


def _is_address(found: dict[str, list[str]]) -> bool:
    """Whether what stands under More, if anything does, may be linked to."""
    return all(map(is_web_address, found.get("More", ())))


def _take_issue(reading: _Reading, text: str) -> bool:
    found, details = unpack(text, ISSUE_KEYS)
    if not _is_address(found):
        return False
    reading.vulnerability.known_issues.append(
        KnownIssue(
            found.get("Update", [""])[0], details, found.get("More", [""])[0], reading.named(found.get("For"))
        )
    )
    return True


def _take_remedy(reading: _Reading, text: str) -> bool:
    found, details = unpack(text, ("Kind", "More", *FIX_KEYS))
    if found.get("Kind", [""])[0] not in REMEDIES or not _is_address(found):
        return False
    inner = pack([(key, found[key][0]) for key in FIX_KEYS if key in found], details)
    reading.vulnerability.remedies.append(
        read_fix(Remedy(found["Kind"][0], inner, url=found.get("More", [""])[0]))
    )
    return True


def _take_rejection(reading: _Reading, text: str) -> bool:
    reading.vulnerability.is_rejected = True
    return False  # the reason stays a note


def _take_weakness(reading: _Reading, text: str) -> bool:
    found, name = unpack(text, ("Weakness",))
    if not found or reading.vulnerability.cwe or not CWE.fullmatch(found["Weakness"][0]):
        return False
    reading.vulnerability.cwe = found["Weakness"][0], name
    return True


_TAKE = {
    CVSS: _take_score,
    KNOWN_ISSUE: _take_issue,
    REMEDY: _take_remedy,
    REJECTED: _take_rejection,
    WEAKNESS: _take_weakness,
}
