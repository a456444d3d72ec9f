"""How text becomes terms: words are stemmed, identifiers stay whole in one spelling.

CVE-2017-0144, cve20170144 and "CVE 2017 0144" all become `cve-2017-0144`.
"""

import re
import threading
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from Stemmer import Stemmer

STOP = frozenset(
    "a about all also am an and any are as at be been but by can could did do does for from had has "
    "have how i if in into is it its may my no not of on or our should so some such than that the "
    "their them then there these they this those to was we were what when where which who why will "
    "with would you your".split())
MAX_WORD = 128
_DASH = "[-_ \u2010-\u2014]?"
_TOKEN = re.compile(rf"""
    \b (?: (?P<cve>   cve{_DASH}\d{{4}}{_DASH}\d{{4,7}} )
         | (?P<kb>    kb{_DASH}\d{{6,7}} )
         | (?P<ms>    ms\d\d{_DASH}\d{{3}} )
         | (?P<rb>    rb{_DASH}\d{{4}}{_DASH}\d{{3,4}} )
         | (?P<ghsa>  ghsa(?:-[\da-z]{{4}}){{3}} )
         | (?P<hex>   0x[\da-f]{{4,16}} )
         | (?P<build> \d{{1,6}}(?:\.\d{{1,6}}){{2,4}} | \d{{4,6}}\.\d{{1,6}} )
       ) \b
    | (?P<word> [^\W_]+(?:['’][^\W_]+)? )
    """, re.IGNORECASE | re.VERBOSE)
_CUT = {"cve": (4, "cve-"), "ms": (2, "ms"), "rb": (4, "rb-")}  # digits before the dash, what precedes


class _English(threading.local):
    """Snowball's stemmer; one object serves one thread."""

    def __init__(self) -> None:
        self.stem = Stemmer("english", 0).stemWord  # 0: _word() keeps what it has stemmed


_english = _English()


def tokens(text: str) -> Iterator[tuple[str, int, int, str]]:
    """(term, start, end, kind) of each identifier and of each stemmed word that is not a stop word."""
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or ""
        term = _word(match[0]) if kind == "word" else _canonical(kind, match[0])
        if term:
            yield term, match.start(), match.end(), kind


def terms(text: str) -> list[str]:
    """The terms of a text, in order."""
    return [term for term, *_ in tokens(text)]


def placed(text: str) -> Iterator[tuple[str, int]]:
    """(term, position) of what the index keeps; a part by which people call an identifier stands with it."""
    position = -1
    for position, (term, _start, _end, kind) in enumerate(tokens(text)):
        yield term, position
        if kind in ("kb", "hex"):
            yield term[2:], position
        elif kind == "build" and term.count(".") == 3:
            yield term.split(".", 2)[2], position


def is_identifier(term: str) -> bool:
    """Whether a term is one of the identifiers that stay whole."""
    match = _TOKEN.fullmatch(term)
    return match is not None and match.lastgroup != "word"


@lru_cache(maxsize=50_000)
def _word(word: str) -> str:
    """The stem of a word without its accents; nothing for stop words and for what is too long."""
    word = word.casefold().replace("’", "'").removesuffix("'s")
    if not word.isascii():
        word = "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))
    if word in STOP or len(word) > MAX_WORD:
        return ""
    return _english.stem(word) if word.isalpha() else word


def _canonical(kind: str, text: str) -> str:
    """The one spelling of an identifier."""
    text = text.lower()
    if kind in _CUT:
        digits, (cut, lead) = re.sub(r"\D", "", text), _CUT[kind]
        return f"{lead}{digits[:cut]}-{digits[cut:]}"
    return "kb" + re.sub(r"\D", "", text) if kind == "kb" else text


def begun_identifier(text: str) -> str:
    """What the one spelling of an identifier begins with when only its beginning was typed; or nothing."""
    match = re.fullmatch(rf"(cve|kb|ms|rb){_DASH}([\d\-_ ]*\d)|(0x[\da-f]+|\d+(?:\.\d+)+\.?|ghsa-[\da-z-]*)",
                         text.strip().lower())
    if match is None:
        return ""
    if match[3]:
        return match[3]
    digits, (cut, lead) = re.sub(r"\D", "", match[2]), _CUT.get(match[1], (99, match[1]))
    return lead + digits[:cut] + ("-" + digits[cut:] if len(digits) > cut else "")
