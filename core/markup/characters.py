"""Makes invisible and misleading characters visible, instead of dropping them silently.

Three kinds (docs/decisions/0512): control characters become their control pictures, direction marks become
their code in brackets, and joiners stay where they join something.
"""

import re
import unicodedata

LINE_ENDS = re.compile("\r\n|[\r\x85\u2028\u2029]")
BYTE_ORDER_MARK = "\ufeff"
CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
# Embeddings, overrides and isolates: `user` and `resu` look the same after one of them (CVE-2021-42574).
MAX_DIRECTION_CHARACTERS = len("[U+202E]")  # of a direction mark as it is shown
DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")
JOINERS = "\u200c\u200d"
FIRST_JOINED = 0x590  # below it are the scripts whose letters never join: Latin, Greek, Cyrillic, Armenian
# Invisible characters that only prevent a search for the word they are in: soft hyphen, zero-width space,
# word joiner, zero-width no-break space.
INVISIBLE = "\u00ad\u200b\u2060\ufeff"


def visible(text: str) -> str:
    """Text of several lines with normalized line ends and visible control characters."""
    return CONTROLS.sub(_picture, LINE_ENDS.sub("\n", text.removeprefix(BYTE_ORDER_MARK)))


def _picture(found: re.Match) -> str:
    code = ord(found[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else "\ufffd"


def count_directions(text: str) -> int:
    """The number of direction marks that show_directions() would replace."""
    return len(DIRECTIONS.findall(text))


def show_directions(text: str) -> str:
    """Text with visible direction marks: `[U+202E]`. Bidirectional text is legible without them."""
    return DIRECTIONS.sub(lambda found: f"[U+{ord(found[0]):04X}]", text)


def visible_line(text: str) -> str:
    """One trimmed line: white space collapsed, controls and direction marks visible, no useless joiners."""
    text = " ".join(visible(text).split())
    characters = [
        c for i, c in enumerate(text) if c not in INVISIBLE and (c not in JOINERS or _joins(text, i))
    ]
    return " ".join(show_directions("".join(characters)).split())


def _joins(text: str, i: int) -> bool:
    """Whether the joiner at `i` is between two characters that can join (letters, emoji)."""
    around = text[i - 1 : i] + text[i + 1 : i + 2]
    return len(around) == 2 and all(
        ord(c) >= FIRST_JOINED and unicodedata.category(c) not in ("Zs", "Cf") for c in around
    )
