"""What a CVSS vector is worth, computed here; what an advisory states beside it may be wrong."""

import re
from dataclasses import dataclass

from cvss import CVSS2, CVSS3, CVSS4
from cvss.exceptions import CVSSError
from flask_babel import gettext as _

from advisories.advisory import Score

SEVERITIES = ("low", "moderate", "important", "critical")  # rising
LONGEST_VECTOR = 300
_SHAPE = re.compile(r"(CVSS:(?P<version>[34]\.\d)/)?[A-Za-z]+:[A-Za-z]+(/[A-Za-z]+:[A-Za-z]+){0,60}")
_CALCULATORS = {"2.0": CVSS2, "3.0": CVSS3, "3.1": CVSS3, "4.0": CVSS4}
_BASE_4 = frozenset("AV AC AT PR UI VC VI VA SC SI SA".split())
_WORDS = {
    "critical": "critical",
    "important": "important",
    "high": "important",
    "severe": "important",
    "moderate": "moderate",
    "medium": "moderate",
    "low": "low",
}


@dataclass(frozen=True)
class Rating:
    """A base score, and our word for it; CVSS calls important high and moderate medium."""

    version: str
    base: float
    severity: str  # one of SEVERITIES, or empty for 0.0


def rate(vector: str) -> Rating | None:
    """The rating of a vector of CVSS 2.0, 3.0, 3.1 or 4.0; None for what is no such vector."""
    vector = normal(vector)
    version = version_of(vector)
    if not version:
        return None
    if version == "4.0":
        vector = "/".join(part for part in vector.split("/") if part.split(":")[0] in _BASE_4 | {"CVSS"})
    try:
        base = float(_CALCULATORS[version](vector).base_score)
    except CVSSError:
        return None
    return Rating(version, base, severity_of_score(base))


def normal(vector: str) -> str:
    """A vector without the brackets that version 2.0 is written in."""
    return vector.strip().removeprefix("(").removesuffix(")")


def version_of(vector: str) -> str:
    """The version that a vector has the shape of, or nothing."""
    match = _SHAPE.fullmatch(vector) if len(vector) <= LONGEST_VECTOR else None
    version = (match["version"] or "2.0") if match else ""
    return version if version in _CALCULATORS else ""


def severity_of_score(base: float) -> str:
    """The bands of CVSS 3.0 section 5, which 3.1 and 4.0 keep; 2.0 is read by them too."""
    for bound, severity in ((9.0, "critical"), (7.0, "important"), (4.0, "moderate"), (0.1, "low")):
        if base >= bound:
            return severity
    return ""


def severity_of_word(word: str) -> str:
    """Our severity for an issuer's word (High, Moderate, …), or nothing."""
    return _WORDS.get(word.strip().lower(), "")


def worst(severities) -> str:
    """The highest of some severities; empty ones count as nothing said."""
    return max(filter(None, severities), key=SEVERITIES.index, default="")


def stated(
    vector: str, base: float | None, product_ids: tuple[str, ...], *, version: str, place: str, log
) -> Score | None:
    """What a document states, as a score: a vector of unknown shape is left out with a warning; `version`
    counts only then. None when nothing is left.
    """
    vector = normal(vector)
    known = version_of(vector)
    if vector and not known:
        log.warn(place, _("not a CVSS vector: %(vector)s", vector=repr(vector[:60])))
        vector = ""
    return Score(known or version, vector, base, product_ids) if vector or base is not None else None


def differs(score: Score) -> bool:
    """Whether the stated base score is not the one that the vector gives."""
    rating = rate(score.vector)
    return rating is not None and score.stated is not None and abs(rating.base - score.stated) > 0.049


def severity_of(scores: list[Score]) -> str:
    """The worst severity of some scores: computed where a vector can be read, stated where not."""
    rated = ((score, rate(score.vector)) for score in scores)
    return worst(
        rating.severity if rating else severity_of_score(score.stated or 0.0) for score, rating in rated
    )
