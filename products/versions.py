"""From a version as it is installed to the release it belongs to."""

import re
from collections.abc import Sequence

from products.names import words

_PIECE = re.compile(r"\d+|[a-z]+")
_SERVICE_PACK = re.compile(r"\bservice pack (?=\d)", re.I)
_EDITION = re.compile(r"\([A-Z]\)")
MAX_PIECES = 12


def pieces(version: str) -> list[str]:
    """Numbers and words of a version; `v1.02` and `1.2` are alike, an epoch (`1:`) is dropped."""
    text = re.sub(r"^\s*v(?=\d)", "", version[:100].casefold())
    text = re.sub(r"^\d+:(?=\d)", "", text)
    return [p.lstrip("0") or "0" if p.isdigit() else p for p in _PIECE.findall(text)][:MAX_PIECES]


def release_for(releases: Sequence, version: str):
    """The release that `version` belongs to, or None when none does or several do equally.

    A cycle that is the start of its latest version (8.1 of 8.1.27) is compared itself; one that is
    only a name (22H2 of 10.0.19045) by its latest version, of which two numbers must agree.
    """
    wanted = pieces(version)
    if not wanted:
        return None
    scores = [(_agreement(release, wanted), release) for release in releases]
    best = max((score for score, _ in scores), default=0)
    found = [release for score, release in scores if score == best]
    return found[0] if best and len(found) == 1 else None


def _agreement(release, wanted: list[str]) -> int:
    cycle, latest = pieces(release.cycle), pieces(release.latest)
    if cycle == wanted:
        return 2 * MAX_PIECES
    if not latest or latest[:len(cycle)] == cycle:
        return len(cycle) if wanted[:len(cycle)] == cycle else 0
    common = 0
    for ours, theirs in zip(latest, wanted, strict=False):
        if ours != theirs:
            break
        common += 1
    return common if common >= 2 else 0


def release_named(releases: Sequence, text: str):
    """The only one of releases_named(), or None."""
    found = releases_named(releases, text)
    return found[0] if len(found) == 1 else None


def releases_named(releases: Sequence, text: str) -> list:
    """The releases all of whose words stand in `text`: those with the most words, several when they tie.

    Editions of one version tie (Windows 10 1809 Enterprise and Home). `Service Pack 1` counts as `SP1`.
    """
    there = set(words(_SERVICE_PACK.sub("sp", text)))
    scored = [(len(label), release) for release in releases
              for label in _labels(release) if label and label <= there]
    best = max((score for score, _ in scored), default=0)
    return list({id(release): release for score, release in scored if score == best}.values())


def _labels(release) -> tuple[set[str], ...]:
    """Ways to write it; a code name (11 “Bullseye”) or the mark of an edition (E) may be left out."""
    label = set(words(release.label))
    return (label, label - set(words(release.codename)), set(words(_EDITION.sub(" ", release.label))),
            set(words(release.cycle)))
