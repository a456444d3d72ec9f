"""Display names: free, but readable, and not somebody else's in other letters."""

import unicodedata
from itertools import groupby

from flask_babel import gettext as _

from auth.names.reserved_names import MARKS
from auth.names.skeletons import skeleton  # noqa: F401  (what names that look alike share)

UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")  # take room or none, show nothing
MARKS_IN_A_ROW = 3
JOINERS = frozenset("\ufe0f\ufe0e\u20e3\u20dd\u20de\u20e0")  # make a letter or digit an emoji or a sign
# Names of people hold a single letter of these beside another script ("C. Иванов V"); of others it is a sign.
INITIALS = frozenset({"LATIN", "CYRILLIC", "GREEK", "HANGUL", "CJK", "MODIFIER"})
JAPANESE = frozenset({"KATAKANA", "HIRAGANA", "KATAKANA-HIRAGANA"})  # mixed with CJK in one word
SYMBOLS = frozenset({"So", "Sk"})  # emoji, check marks, stars; "Sm" beyond ASCII: roots and ticks


def fault(name: str) -> str | None:
    """Why this display name is refused, in a sentence; None when it can be read as it is written."""
    kinds = [unicodedata.category(c) for c in name]
    if not UNSEEN.isdisjoint(kinds) or not BLANK.isdisjoint(name):
        return _("A name can't contain invisible characters or characters that change the direction of text.")
    if "  " in name or any(kind == "Zs" and c != " " for kind, c in zip(kinds, name, strict=True)):
        return _("Use single, ordinary spaces.")
    if "M" * (MARKS_IN_A_ROW + 1) in "".join(kind[0] for kind in kinds):
        return _("A letter has too many accents or marks.")
    if any(
        (kind in SYMBOLS and c not in "^`")
        or (kind == "Sm" and not c.isascii())
        or c in MARKS
        or c in JOINERS
        for kind, c in zip(kinds, name, strict=True)
    ) or _has_sign(name):
        return _("A name can't contain symbols, check marks or emoji, because they could look like a badge.")
    if not any(c.isalnum() for c in name):
        return _("Use at least one letter or digit.")
    return None


def _has_sign(name: str) -> bool:
    """Whether one letter of a foreign script stands alone: it is there for its shape, such as a tick."""
    plain = [c for c in unicodedata.normalize("NFKC", name) if unicodedata.category(c)[0] != "M"]
    runs = [(script, list(run)) for script, run in groupby(plain, _script) if script]
    return len({script for script, _letters in runs}) > 1 and any(
        len(run) == 1 and unicodedata.name(run[0]).split()[0] not in INITIALS for _same, run in runs
    )


def _script(character: str) -> str:
    """The first word of a letter's Unicode name, which is its script; "" when it is no letter."""
    if unicodedata.category(character) != "Nl" and not character.isalpha():
        return ""
    script = unicodedata.name(character, "").partition(" ")[0]
    return "CJK" if script in JAPANESE else script
