"""What names that look alike share."""

import unicodedata

from confusable_homoglyphs.utils import load

MAX_CHARACTERS = 80
ALIKE = str.maketrans({"0": "o", "1": "l", "i": "l", "5": "s", "3": "e", "4": "a", "7": "t",
                       "8": "b", "_": "", "-": "", ".": ""})
LATIN = str.maketrans({
    character: next(other["c"] for other in alike if other["c"].isascii())
    for character, alike in load("confusables.json").items()  # read once and let go: 6 MB
    if len(character) == 1 and not character.isascii() and any(other["c"].isascii() for other in alike)})


def of_ascii(name: str) -> str:
    """The skeleton of a handle ("rn" reads as "m", "0" as "o")."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    return plain.translate(ALIKE).replace("rn", "m").replace("vv", "w")[:MAX_CHARACTERS]


def skeleton(name: str) -> str:
    """The skeleton of any name: Latin look-alikes, without marks and separators."""
    latin = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).translate(LATIN))
    return of_ascii("".join(c for c in latin if c.isalnum()))
