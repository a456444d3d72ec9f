"""Skeletons: keys that are equal for names that look alike (Unicode TR 39)."""

import re
import unicodedata
from itertools import chain

from confusable_homoglyphs.utils import load

MAX_CHARACTERS = 80
LOOKALIKES = str.maketrans(
    {
        "0": "o",
        "1": "l",
        "i": "l",
        "5": "s",
        "3": "e",
        "4": "a",
        "7": "t",
        "8": "b",
        "_": "",
        "-": "",
        ".": "",
    }
)
# Small capitals, hooked, turned and barred letters are that letter; "\u00df" is "ss" by its case.
LATIN_NAME = re.compile(r"LATIN (?:\w+ )*LETTER (?!SHARP )(?:\w+ )*([A-Z])(?: WITH .*)?")
LATIN_BLOCKS = (
    range(0xC0, 0x2B0),
    range(0x1D00, 0x1D80),
    range(0x1D80, 0x1DC0),
    range(0x2C60, 0x2C80),
    range(0xA720, 0xA800),
    range(0xAB30, 0xAB70),
    range(0x1DF00, 0x1DF2B),
)
# Lower-case letters that are confusable, though only their capitals are listed.
LOWER_CASE = dict(zip("вкмнтгуκτηωμεχυ", "bkmhtryktnwuexu", strict=True))


def _named() -> dict[str, str]:
    """{character: Latin letter in its Unicode name}."""
    characters = map(chr, chain(*LATIN_BLOCKS))
    names = {c: LATIN_NAME.fullmatch(unicodedata.name(c, "")) for c in characters}
    return {character: found[1].lower() for character, found in names.items() if found}


LATIN = str.maketrans(
    LOWER_CASE
    | {
        character: next(other["c"] for other in alike if other["c"].isascii())
        for character, alike in load("confusables.json").items()  # 6 MB, read once
        if len(character) == 1 and not character.isascii() and any(other["c"].isascii() for other in alike)
    }
    | _named()
)


def of_ascii(name: str) -> str:
    """The skeleton of a username: "rn" is "m", "0" is "o"."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    return plain.translate(LOOKALIKES).replace("rn", "m").replace("vv", "w")[:MAX_CHARACTERS]


def skeleton(name: str) -> str:
    """The skeleton of any name: as Latin letters, without combining marks and separators."""
    latin = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).translate(LATIN))
    return of_ascii("".join(c for c in latin if c.isalnum()))
