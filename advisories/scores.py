"""Compute CVSS base scores and severities; the score that an advisory states may be wrong."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from cvss import CVSS2, CVSS3, CVSS4
from cvss.exceptions import CVSSError
from flask_babel import gettext as _

from advisories.advisory import Score, Vulnerability
from advisories.parsing import Log
from advisories.severity_words import severity_of_word

SEVERITIES = ("low", "moderate", "important", "critical")  # ascending
MAX_VECTOR_LENGTH = 300
_SHAPE = re.compile(r"(CVSS:(?P<version>[34]\.\d)/)?[A-Za-z]+:[A-Za-z]+(/[A-Za-z]+:[A-Za-z]+){0,60}")
_CALCULATORS = {"2.0": CVSS2, "3.0": CVSS3, "3.1": CVSS3, "4.0": CVSS4}
_BASE_4 = frozenset("AV AC AT PR UI VC VI VA SC SI SA".split())


@dataclass(frozen=True)
class Rating:
    """A base score and its severity; CVSS says "high" for important and "medium" for moderate."""

    version: str
    base: float
    severity: str  # one of SEVERITIES, or empty for 0.0


def rate(vector: str) -> Rating | None:
    """Rate a vector of CVSS 2.0, 3.0, 3.1 or 4.0; None when it is invalid."""
    vector = normalize_vector(vector)
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


def normalize_vector(vector: str) -> str:
    """Remove the parentheses around vectors of version 2.0."""
    return vector.strip().removeprefix("(").removesuffix(")")


def version_of(vector: str) -> str:
    """The CVSS version of a vector by its form; empty when it has none."""
    match = _SHAPE.fullmatch(vector) if len(vector) <= MAX_VECTOR_LENGTH else None
    version = (match["version"] or "2.0") if match else ""
    return version if version in _CALCULATORS else ""


def severity_of_score(base: float) -> str:
    """Severity by the ranges of CVSS 3.0 section 5; also applied to versions 2.0, 3.1 and 4.0."""
    for bound, severity in ((9.0, "critical"), (7.0, "important"), (4.0, "moderate"), (0.1, "low")):
        if base >= bound:
            return severity
    return ""


def worst(severities: Iterable[str]) -> str:
    """The highest of some severities; empty ones are ignored."""
    return max(filter(None, severities), key=SEVERITIES.index, default="")


def stated_score(
    vector: str, base: float | None, product_ids: tuple[str, ...], *, version: str, place: str, log: Log
) -> Score | None:
    """The score that a document states; None when there is neither a valid vector nor a base score.

    A vector of unknown form is left out with a warning; only then is `version` used.
    """
    vector = normalize_vector(vector)
    known = version_of(vector)
    if vector and not known:
        log.warn(place, _("not a CVSS vector: %(vector)s", vector=repr(vector[:60])))
        vector = ""
    return Score(known or version, vector, base, product_ids) if vector or base is not None else None


def is_stated_wrong(score: Score) -> bool:
    """Whether the stated base score differs from that of the vector."""
    rating = rate(score.vector)
    return rating is not None and score.stated is not None and abs(rating.base - score.stated) > 0.049


def severity_of(scores: list[Score]) -> str:
    """The highest severity of some scores: computed from valid vectors, else from the stated score."""
    rated = ((score, rate(score.vector)) for score in scores)
    return worst(
        rating.severity if rating else severity_of_score(score.stated or 0.0) for score, rating in rated
    )


def severity_of_impacts(vulnerability: Vulnerability) -> str:
    """The highest severity that the impacts of a vulnerability state; empty when none does."""
    impacts = [threat for threat in vulnerability.threats if threat.category == "impact"]
    return worst(severity_of_word(threat.details) for threat in impacts)
