"""How text becomes terms: words are stemmed, identifiers stay whole in one spelling.

CVE-2017-0144, cve20170144 and "CVE 2017 0144" all become `cve-2017-0144`.
"""

import re
from collections.abc import Iterator

from whoosh.analysis import Composable, Token
from whoosh.lang.porter2 import stem

STOP = frozenset(
    "a about all also am an and any are as at be been but by can could did do does for from had has "
    "have how i if in into is it its may my no not of on or our should so some such than that the "
    "their them then there these they this those to was we were what when where which who why will "
    "with would you your".split())
MAX_WORD = 60
_FORMS = (
    (re.compile(r"\bcve[-_ ]?(\d{4})[-_ ]?(\d{4,7})\b", re.I), r"cve-\1-\2"),
    (re.compile(r"\bkb[-_ ]?(\d{6,7})\b", re.I), r"kb\1"),
    (re.compile(r"\bms(\d{2})[-_ ]?(\d{3})\b", re.I), r"ms\1-\2"),
    (re.compile(r"\brb[-_ ]?(\d{4})[-_ ]?(\d{3,4})\b", re.I), r"rb-\1-\2"),
    (re.compile(r"\bghsa(-[\da-z]{4}){3}\b", re.I), None),
    (re.compile(r"\b0x[0-9a-f]{4,16}\b", re.I), None),
    (re.compile(r"\b\d+(?:\.\d+){2,4}\b"), None),
)
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")


def identifiers(text: str) -> list[tuple[int, int, str]]:
    """(start, end, canonical spelling) of every identifier, in order, none overlapping."""
    found: list[tuple[int, int, str]] = []
    for pattern, form in _FORMS:
        for match in pattern.finditer(text):
            canonical = match.expand(form) if form else match[0]
            if not any(s < match.end() and match.start() < e for s, e, _ in found):
                found.append((match.start(), match.end(), canonical.lower()))
    return sorted(found)


def words(text: str) -> Iterator[tuple[str, int, int]]:
    """(term, start, end) of each identifier and each stemmed word that is not a stop word."""
    position = 0
    for start, end, canonical in [*identifiers(text), (len(text), len(text), "")]:
        for match in _WORD.finditer(text, position, start):
            word = match[0].lower().replace("’", "'").removesuffix("'s")
            if word not in STOP and len(word) <= MAX_WORD:
                yield stem(word), match.start(), match.end()
        if canonical:
            yield canonical, start, end
        position = end


def terms(text: str) -> list[str]:
    """The terms of a text."""
    return [term for term, _, _ in words(text)]


class Analyzer(Composable):
    """words() in the form Whoosh asks for."""

    def __call__(self, value, positions=False, chars=False, keeporiginal=False, removestops=True,
                 start_pos=0, start_char=0, mode="", **kwargs):
        token = Token(positions, chars, removestops=removestops, mode=mode, **kwargs)
        for position, (term, start, end) in enumerate(words(value)):
            token.original = token.text = term
            token.boost, token.stopped = 1.0, False
            if positions:
                token.pos = start_pos + position
            if chars:
                token.startchar, token.endchar = start_char + start, start_char + end
            yield token

    def __eq__(self, other):
        return type(self) is type(other)

    def __hash__(self):
        return hash(type(self))
