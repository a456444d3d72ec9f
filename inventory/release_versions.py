"""Find the release of an installed version."""

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from products.names import words

_PIECE = re.compile(r"\d+|[a-z]+")
_SERVICE_PACK = re.compile(r"\bservice pack (?=\d)", re.I)
_EDITION = re.compile(r"\([A-Z]\)")
MAX_PIECES = 12
MAX_VERSION_LENGTH = 100  # characters


def pieces(version: str) -> list[str]:
    """Numbers and words of a version; a prefix `v`, leading zeros and an epoch (`1:`) are removed."""
    text = re.sub(r"^\s*v(?=\d)", "", version[:MAX_VERSION_LENGTH].casefold())
    text = re.sub(r"^\d+:(?=\d)", "", text)
    return [p.lstrip("0") or "0" if p.isdigit() else p for p in _PIECE.findall(text)][:MAX_PIECES]


class Releases:
    """An index over the releases of a product for many lookups.

    A lookup compares releases that share the first piece or a word only. `comparisons` counts all
    comparisons, so that the caller can limit them.
    """

    def __init__(self, releases: Sequence[Any]) -> None:
        self.comparisons = 0
        self._place = {id(release): place for place, release in enumerate(releases)}
        self._by_piece: dict[str, list] = defaultdict(list)  # first piece: (release, cycle, latest)
        self._by_word: dict[str, list] = defaultdict(list)  # one word of a label: (label, release)
        for release in releases:
            cycle = pieces(release.cycle)
            latest = pieces(release.latest)
            for first in {parts[0] for parts in (cycle, latest) if parts}:
                self._by_piece[first].append((release, cycle, latest))
            for label in {frozenset(label) for label in _labels(release) if label}:
                self._by_word[max(label, key=lambda word: (len(word), word))].append((label, release))

    def of_version(self, version: str) -> Any | None:
        """The release of a version; None when there is none or several match equally.

        A cycle that is a prefix of its latest version (8.1 of 8.1.27) is compared itself; one that is only a
        name (22H2 of 10.0.19045) by its latest version, of which two numbers must be equal.
        """
        found = self.all_of_version(version)
        return found[0] if len(found) == 1 else None

    def all_of_version(self, version: str) -> list[Any]:
        """The releases that match a version equally, such as the editions of one build."""
        wanted = pieces(version)
        candidates = self._by_piece.get(wanted[0], ()) if wanted else ()
        self.comparisons += len(candidates)
        scores = [(_agreement(cycle, latest, wanted), release) for release, cycle, latest in candidates]
        best = max((score for score, _ in scores), default=0)
        return [release for score, release in scores if score == best] if best else []

    def named(self, text: str) -> list[Any]:
        """The releases with the longest label whose words are all in `text`; several if equal.

        Editions of one version are equal (Windows 10 1809 Enterprise and Home). `Service Pack 1` counts as
        `SP1`.
        """
        present = set(words(_SERVICE_PACK.sub("sp", text)))
        candidates = [each for word in present for each in self._by_word.get(word, ())]
        self.comparisons += len(candidates)
        scored = [(len(label), release) for label, release in candidates if label <= present]
        best = max((score for score, _ in scored), default=0)
        found = {id(release): release for score, release in scored if score == best}
        return sorted(found.values(), key=lambda release: self._place[id(release)])


def release_for(releases: Sequence[Any], version: str) -> Any | None:
    """Releases.of_version() for one lookup."""
    return Releases(releases).of_version(version)


def _agreement(cycle: list[str], latest: list[str], wanted: list[str]) -> int:
    if cycle == wanted:
        return 2 * MAX_PIECES
    if not latest or latest[: len(cycle)] == cycle:
        return len(cycle) if wanted[: len(cycle)] == cycle else 0
    common = 0
    for own, other in zip(latest, wanted, strict=False):
        if own != other:
            break
        common += 1
    return common if common >= 2 else 0


def release_named(releases: Sequence[Any], text: str) -> Any | None:
    """The only release of releases_named(), or None."""
    found = releases_named(releases, text)
    return found[0] if len(found) == 1 else None


def releases_named(releases: Sequence[Any], text: str) -> list[Any]:
    """Releases.named() for one lookup."""
    return Releases(releases).named(text)


def _labels(release: Any) -> tuple[set[str], ...]:
    """Word sets of a release; a code name (11 “Bullseye”) or an edition (E) may be left out."""
    label = set(words(release.label))
    return (
        label,
        label - set(words(release.codename)),
        set(words(_EDITION.sub(" ", release.label))),
        set(words(release.cycle)),
    )
