"""Analyze text into terms: words are stemmed, identifiers are normalized and stay single terms.

CVE-2017-0144, cve20170144 and "CVE 2017 0144" all become `cve-2017-0144`. British spellings become American
ones; Chinese, Japanese and Korean text becomes bigrams.
"""

import re
import threading
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from Stemmer import Stemmer

STOP_WORDS = frozenset(
    "a about all also am an and any are as at be been but by can could did do does for from had has "
    "have how i if in into is it its may my no not of on or our should so some such than that the "
    "their them then there these they this those to was we were what when where which who why will "
    "with would you your".split()
)
MAX_TERM_LENGTH = 128
SYNONYMS_FILE = Path(__file__).with_name("synonyms.txt")
_DASH = "[-_ \u2010-\u2014]?"
_TOKEN = re.compile(
    rf"""
    \b (?: (?P<cve>   cve{_DASH}\d{{4}}{_DASH}\d{{4,7}} )
         | (?P<kb>    kb{_DASH}\d{{6,7}} )
         | (?P<ms>    ms\d\d{_DASH}\d{{3}} )
         | (?P<rb>    rb{_DASH}\d{{4}}{_DASH}\d{{3,4}} )
         | (?P<ghsa>  ghsa(?:-[\da-z]{{4}}){{3}} )
         | (?P<hex>   0x[\da-f]{{4,16}} )
         | (?P<hash>  [\da-f]{{64}} | [\da-f]{{40}} | [\da-f]{{32}} )
         | (?P<build> \d{{1,6}}(?:\.\d{{1,6}}){{2,4}} | \d{{4,6}}\.\d{{1,6}} )
       ) \b
    | (?<![^\W_]) (?P<lang> [cf]\# | c\+\+ | \.net ) (?![\w+\#])
    | (?P<word> [^\W_]+(?:['’][^\W_]+)? )
    """,
    re.IGNORECASE | re.VERBOSE,
)
_COMPOUND = re.compile(r"[^\W_]+(?:[-._/][^\W_]+){1,3}")
MAX_COMPOUND_LENGTH = 40  # characters
_CJK = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff]+")
_FOLDED_LETTERS = str.maketrans(
    {"ł": "l", "ø": "o", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
)
_DOUBLED_L = re.compile(
    "(cancel|travel|model|label|signal|tunnel|fuel|level|channel|panel|initial|total|marshal)l(ed|ing|er|ers)"
)
_BRITISH_ENDINGS = (  # (ending, replacement)
    (re.compile("is(e|ed|es|er|ers|ing|ation|ations|ational)$"), r"iz\1"),
    (re.compile("ys(e|ed|es|er|ers|ing)$"), r"yz\1"),
    (re.compile("our(s|ed|ing|al|able|ful|ite|ites|hood)?$"), r"or\1"),
    (re.compile("tre(s|d)?$"), r"ter\1"),
    (re.compile("ogue(s|d)?$"), r"og\1"),
    (re.compile("(lic|def|off)ence(s|d)?$"), r"\1ense\2"),
    (re.compile("programme(s)?$"), r"program\1"),
    (re.compile("enrolment(s)?$"), r"enrollment\1"),
)
MIN_BRITISH_LENGTH = 6  # letters; "hour" and "rise" have one spelling only
_IDENTIFIER_SHAPES = {
    "cve": (4, "cve-"),
    "ms": (2, "ms"),
    "rb": (4, "rb-"),
}  # (digits before the dash, prefix)


class _Stemmer(threading.local):
    """Snowball's English stemmer, one per thread as it is not thread-safe."""

    def __init__(self) -> None:
        self.stem = Stemmer("english", 0).stemWord  # 0: no cache, _stem() has one


_stemmer = _Stemmer()


def tokens(text: str) -> Iterator[tuple[str, int, int, str]]:
    """Yield (term, start, end, kind) of identifiers and stemmed words; stop words are left out."""
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or ""
        if kind == "word" and not match[0].isascii() and _CJK.search(match[0]):
            yield from _cjk_bigrams(match[0], match.start())
            continue
        term = _stem(match[0]) if kind == "word" else _canonical(kind, match[0])
        if term:
            yield term, match.start(), match.end(), kind


def terms(text: str) -> list[str]:
    """The terms of a text, in order."""
    return [term for term, *_ in tokens(text)]


def _cjk_bigrams(text: str, start: int) -> Iterator[tuple[str, int, int, str]]:
    """Bigrams of text without spaces, and the words of other scripts in between."""
    end = 0
    for run in [*_CJK.finditer(text), None]:
        between = text[end : run.start() if run else len(text)]
        if between and (term := _stem(between)):
            yield term, start + end, start + end + len(between), "word"
        if run is None:
            return
        for at in range(run.start(), max(run.end() - 1, run.start() + 1)):
            pair = text[at : min(at + 2, run.end())]
            yield pair, start + at, start + at + len(pair), "word"
        end = run.end()


def positioned_terms(text: str) -> Iterator[tuple[str, int]]:
    """Yield (term, position) of everything the index stores for a text.

    Besides the tokens these are, at the same positions, the short forms of identifiers, the joined form of
    compounds ("wi-fi": wifi), and the first of several synonyms (search/synonyms.txt).
    """
    starts: dict[int, int] = {}
    sequence: list[str] = []
    for position, (term, start, _end, kind) in enumerate(tokens(text)):
        starts[start] = position
        sequence.append(term)
        yield term, position
        for part in _identifier_parts(term, kind):
            yield part, position
    for joined, start, end in compounds(text):
        inside = next((at for at in range(start, end) if at in starts), None)
        if inside is not None:
            yield joined, starts[inside]
    for first, position, _length in synonyms_in(sequence):
        yield first, position


def _identifier_parts(term: str, kind: str) -> list[str]:
    """Short forms of an identifier that people search for."""
    if kind in ("kb", "hex"):
        return [term[2:]]
    if kind == "cve":
        return term.split("-")[1:]
    if kind == "build" and term.count(".") == 3:
        return [term.split(".", 2)[2]]
    return ["net", "dotnet"] if term == ".net" else []


def compounds(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield (term, start, end) of the joined form of compounds with letters: "Get-ADUser" → getaduser."""
    for match in _COMPOUND.finditer(text):
        joined = re.sub(r"[-._/]", "", match[0])
        if (
            len(joined) <= MAX_COMPOUND_LENGTH
            and any(c.isalpha() for c in joined)
            and (term := _stem(joined))
        ):
            yield term, match.start(), match.end()


def synonyms_in(sequence: list[str]) -> Iterator[tuple[str, int, int]]:
    """Yield (first synonym, index, length) for each occurrence of another synonym in a list of terms."""
    names = _synonyms()
    for place, term in enumerate(sequence):
        for other, first in names.get(term, ()):
            if tuple(sequence[place : place + len(other)]) == other:
                yield first, place, len(other)


@lru_cache(maxsize=1)
def _synonyms() -> dict[str, list[tuple[tuple[str, ...], str]]]:
    """Synonyms by first term: (terms of the synonym, first synonym of its line in the file)."""
    found: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for line in SYNONYMS_FILE.read_text().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        first, *others = [tuple(terms(name)) for name in line.split("=")]
        for other in others:
            found.setdefault(other[0], []).append((other, first[0]))
    return found


def is_identifier(term: str) -> bool:
    """Whether a term is an identifier."""
    match = _TOKEN.fullmatch(term)
    return match is not None and match.lastgroup != "word"


@lru_cache(maxsize=50_000)
def _stem(word: str) -> str:
    """The stem of a word without accents; empty for stop words and words over MAX_TERM_LENGTH."""
    word = word.casefold().replace("’", "'").removesuffix("'s")
    if not word.isascii():
        word = word.translate(_FOLDED_LETTERS)
        word = "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))
    if word in STOP_WORDS or len(word) > MAX_TERM_LENGTH:
        return ""
    if not word.isalpha():
        return word
    return _stemmer.stem(_american(word)) if word.isascii() else _stemmer.stem(word)


def _american(word: str) -> str:
    """The American spelling; false matches do no harm, as texts and queries are treated alike."""
    if len(word) < MIN_BRITISH_LENGTH:
        return word
    if match := _DOUBLED_L.fullmatch(word):
        return match[1] + match[2]
    for ending, other in _BRITISH_ENDINGS:
        if ending.search(word):
            return ending.sub(other, word)
    return word


def _canonical(kind: str, text: str) -> str:
    """The normalized spelling of an identifier."""
    text = text.lower()
    if kind in _IDENTIFIER_SHAPES:
        digits = re.sub(r"\D", "", text)
        prefix_digits, prefix = _IDENTIFIER_SHAPES[kind]
        return f"{prefix}{digits[:prefix_digits]}-{digits[prefix_digits:]}"
    return "kb" + re.sub(r"\D", "", text) if kind == "kb" else text


def identifier_prefix(text: str) -> str:
    """The normalized prefix of an identifier that is being typed; empty when `text` is none."""
    match = re.fullmatch(
        rf"(cve|kb|ms|rb){_DASH}([\d\-_ ]*\d)|(0x[\da-f]+|\d+(?:\.\d+)+\.?|ghsa-[\da-z-]*)",
        text.strip().lower(),
    )
    if match is None:
        return ""
    if match[3]:
        return match[3]
    digits = re.sub(r"\D", "", match[2])
    prefix_digits, prefix = _IDENTIFIER_SHAPES.get(match[1], (len(digits), match[1]))
    rest = "-" + digits[prefix_digits:] if len(digits) > prefix_digits else ""
    return prefix + digits[:prefix_digits] + rest
