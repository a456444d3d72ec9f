"""Display names: free, but readable, and not somebody else's in other letters."""

import unicodedata

from confusable_homoglyphs.utils import load
from flask_babel import gettext as _

from auth import usernames

UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")  # take room or none, show nothing
MARKS_IN_A_ROW = 3
LATIN = str.maketrans({
    character: next(other["c"] for other in alike if other["c"].isascii())
    for character, alike in load("confusables.json").items()  # read once and let go: 6 MB
    if len(character) == 1 and not character.isascii() and any(other["c"].isascii() for other in alike)})


def fault(name: str) -> str | None:
    """Why this display name is refused, in a sentence; None when it can be read as it is written."""
    kinds = [unicodedata.category(c) for c in name]
    if not UNSEEN.isdisjoint(kinds) or not BLANK.isdisjoint(name):
        return _("A name cannot hold invisible characters or ones that turn the direction of text.")
    if "  " in name or any(kind == "Zs" and c != " " for kind, c in zip(kinds, name, strict=True)):
        return _("Use single, ordinary spaces.")
    if "M" * (MARKS_IN_A_ROW + 1) in "".join(kind[0] for kind in kinds):
        return _("Too many marks are stacked on one letter.")
    if not any(c.isalnum() for c in name):
        return _("Use at least one letter or digit.")
    return None


def skeleton(name: str) -> str:
    """What names that look alike share, comparable with `usernames.key`: Latin look-alikes, no marks."""
    latin = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).translate(LATIN))
    return usernames.key("".join(c for c in latin if c.isalnum()))
