"""Rules for display names: visible characters, nothing that looks like a badge."""

import unicodedata
from itertools import groupby

from flask_babel import gettext as _

from auth.names.reserved_names import MARKS

INVISIBLE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")  # blank, though not in these categories
MAX_COMBINING_MARKS = 3
JOINERS = frozenset("\ufe0f\ufe0e\u20e3\u20dd\u20de\u20e0")  # make a letter or digit an emoji or a sign
# Scripts of which one letter beside another script is an initial ("C. Иванов V"); of others it is a symbol.
INITIALS = frozenset({"LATIN", "CYRILLIC", "GREEK", "HANGUL", "CJK", "MODIFIER"})
JAPANESE = frozenset({"KATAKANA", "HIRAGANA", "KATAKANA-HIRAGANA"})  # mixed with CJK in one word
SYMBOLS = frozenset({"So", "Sk"})  # emoji, check marks, stars; "Sm" beyond ASCII: roots and ticks


def error(name: str) -> str | None:
    """A sentence on why this display name is refused; None when it is valid."""
    kinds = [unicodedata.category(c) for c in name]
    if not INVISIBLE_CATEGORIES.isdisjoint(kinds) or not BLANK.isdisjoint(name):
        return _("A name can't contain invisible characters or characters that change the direction of text.")
    if "  " in name or any(kind == "Zs" and c != " " for kind, c in zip(kinds, name, strict=True)):
        return _("Use single, ordinary spaces.")
    if "M" * (MAX_COMBINING_MARKS + 1) in "".join(kind[0] for kind in kinds):
        return _("A letter has too many accents or marks.")
    if any(
        (kind in SYMBOLS and c not in "^`")
        or (kind == "Sm" and not c.isascii())
        or c in MARKS
        or c in JOINERS
        for kind, c in zip(kinds, name, strict=True)
    ) or _has_symbol_letter(name):
        return _("A name can't contain symbols, check marks or emoji, because they could look like a badge.")
    if not any(c.isalnum() for c in name):
        return _("Use at least one letter or digit.")
    return None


def _has_symbol_letter(name: str) -> bool:
    """Whether a single letter of another script is used as a symbol, such as a check mark."""
    plain = [c for c in unicodedata.normalize("NFKC", name) if unicodedata.category(c)[0] != "M"]
    runs = [(script, list(run)) for script, run in groupby(plain, _script) if script]
    return len({script for script, _letters in runs}) > 1 and any(
        len(run) == 1 and unicodedata.name(run[0]).split()[0] not in INITIALS for _same, run in runs
    )


def _script(character: str) -> str:
    """The script of a letter, by the first word of its Unicode name; "" for other characters."""
    if unicodedata.category(character) != "Nl" and not character.isalpha():
        return ""
    script = unicodedata.name(character, "").partition(" ")[0]
    return "CJK" if script in JAPANESE else script
