"""Analyze text into terms: words are stemmed, identifiers are normalized and stay single terms.

CVE-2017-0144, cve20170144 and "CVE 2017 0144" all become `cve-2017-0144`; TLSv1.2 becomes `tls1.2`. British
spellings become American ones; Chinese, Japanese, Korean and Thai text becomes bigrams.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from search.languages import LANGUAGE_TERM, compound_ends, english_stem, stems
from search.spellings import american, fold, in_two_letters, lower

STOP_WORDS = frozenset(
    "a about all also am an and any are as at be been but by can could did do does for from had has "
    "have how i if in into is it its may my no not of on or our should so some such than that the "
    "their them then there these they this those to was we were what when where which who why will "
    "with would you your".split()
)
MAX_TERM_LENGTH = 128
SYNONYMS_FILE = Path(__file__).with_name("synonyms.txt")
_DASH = "[-_ \u2010-\u2014]?"
_MARKS = (  # within words: combining accents, vowel points, the signs of Indic and Southeast Asian scripts
    "\u0300-\u036f\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed"
    "\u0900-\u0963\u0966-\u0dff\u0e31-\u0e3a\u0e47-\u0e4e\u0eb1-\u0ebc\u0ec8-\u0ece\u3099\u309a"
)
_WORD = rf"[^\W_]+(?:[{_MARKS}]+[^\W_]*)*"
_TOKEN = re.compile(
    rf"""
    \b (?: (?P<cve>   cve{_DASH}\d{{4}}{_DASH}\d{{4,7}} )
         | (?P<kb>    kb{_DASH}\d{{6,7}} )
         | (?P<ms>    ms\d\d{_DASH}\d{{3}} )
         | (?P<rb>    rb{_DASH}\d{{4}}{_DASH}\d{{3,4}} )
         | (?P<ghsa>  ghsa(?:-[\da-z]{{4}}){{3}} )
         | (?P<hex>   0x[\da-f]{{4,16}} )
         | (?P<hash>  [\da-f]{{64}} | [\da-f]{{40}} | [\da-f]{{32}} )
         | (?P<pairs> [\da-f]{{2}} (?: (?: :[\da-f]{{2}} ){{2,31}} | (?: -[\da-f]{{2}} ){{5,31}} ) (?![:\w]) )
         | (?P<attack> ta?\d{{4}}\.\d{{3}} )
         | (?P<build> v?\d{{1,6}}(?:\.\d{{1,6}}){{1,4}} )
         | (?P<release> [^\W\d_]{{2,20}}\d{{1,6}}(?:\.\d{{1,6}}){{1,4}} )
       ) \b
    | (?<![^\W_]) (?P<lang> [acfjq]\# | [a-z]{{1,12}}\+\+ | \.net | [a-z]{{1,2}}&[a-z]{{1,2}} | [a-z]/[a-z] )
      (?! [^\W\d] | [+\#] )
    | (?P<word> {_WORD}(?:['’]{_WORD})? )
    """,
    re.IGNORECASE | re.VERBOSE,
)
MAX_COMPOUND_LENGTH = 40  # characters
_COMPOUND = re.compile(
    r"(?<![^\W_])[^\W_]{1,40}(?:[-._/\u2010-\u2013][^\W_]{1,40}){1,3}(?![^\W_])"
)  # bounded from both sides: one very long word is read once
_SCRIPTS_WITHOUT_SPACES = re.compile(
    "[\u0e00-\u0e4e\u0e80-\u0edf\u1000-\u109f\u1780-\u17dd"
    "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff]+"
)
_NAME_WITH_NUMBER = re.compile(r"([^\W\d_]{2,20}?)v?(\d{1,6}(?:\.\d{1,6})*)")
MIN_NAME_LENGTH = 3  # letters of a name with a number that is also found apart; md5 and s3 are not
_NUMBER = re.compile(r"v?(\d{1,6}(?:\.\d{1,6})*)")
_BETWEEN_NAME_AND_NUMBER = frozenset((" ", "-", "_", "/", "\u2010", "\u2011"))
_IDENTIFIER_SHAPES = {
    "cve": (4, "cve-"),
    "ms": (2, "ms"),
    "rb": (4, "rb-"),
}  # (digits before the dash, prefix)
Token = tuple[str, int, int, str]  # (term, start, end, kind)


def tokens(text: str) -> Iterator[Token]:
    """Yield (term, start, end, kind) of identifiers and stemmed words; stop words are left out."""
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or ""
        if kind == "word" and not match[0].isascii() and _SCRIPTS_WITHOUT_SPACES.search(match[0]):
            yield from _bigrams(match[0], match.start())
            continue
        term = _stem(match[0]) if kind == "word" else _canonical(kind, match[0])
        if term:
            yield term, match.start(), match.end(), kind


def terms(text: str) -> list[str]:
    """The terms of a text, in order."""
    return [term for term, *_ in tokens(text)]


def _bigrams(text: str, start: int) -> Iterator[Token]:
    """Bigrams of text without spaces, and the words of other scripts in between."""
    end = 0
    for run in [*_SCRIPTS_WITHOUT_SPACES.finditer(text), None]:
        between = text[end : run.start() if run else len(text)]
        if between and (term := _stem(between)):
            yield term, start + end, start + end + len(between), "word"
        if run is None:
            return
        for at in range(run.start(), max(run.end() - 1, run.start() + 1)):
            pair = text[at : min(at + 2, run.end())]
            kind = "bigram" if at + 2 < run.end() else "last bigram"
            yield pair, start + at, start + at + len(pair), kind
        end = run.end()


def positioned_terms(text: str, language: str = "") -> Iterator[tuple[str, int]]:
    """Yield (term, position) of everything the index stores for a text in a language (ISO 639 code).

    Besides the tokens these are, at the same positions, the other forms by which a token is looked for
    (other_forms), names joined with the number behind them ("TLS 1.2": tls1.2), the joined form of compounds
    ("wi-fi": wifi), stems of the language, and the first of several synonyms (search/synonyms.txt). The
    number of different positions is the length of the text.
    """
    found = list(tokens(text))
    yielded: set[tuple[str, int]] = set()
    for term, position in _placed_terms(text, found, language):
        if term and (term, position) not in yielded:
            yielded.add((term, position))
            yield term, position


def _placed_terms(text: str, found: list[Token], language: str) -> Iterator[tuple[str, int]]:
    """See positioned_terms(); with repetitions and empty terms."""
    for position, token in enumerate(found):
        yield token[0], position
        for form in other_forms(text, token, language):
            yield form, position
    for position, (first, second) in enumerate(pairwise(found)):
        yield _with_number(text, first, second), position
    starts = {start: position for position, (_term, start, _end, _kind) in enumerate(found)}
    for joined, start, end in compounds(text):
        inside = next((at for at in range(start, end) if at in starts), None)
        if inside is not None:
            yield joined, starts[inside]
    for first, position, _length in synonyms_in([token[0] for token in found]):
        yield first, position
    if language and found:
        yield LANGUAGE_TERM + language, 0


def other_forms(text: str, token: Token, language: str) -> Iterator[str]:
    """Terms by which the index also finds a token."""
    term, start, end, kind = token
    if kind == "word":
        word = text[start:end]
        yield from _word_forms(word, is_negative=text[max(start - 1, 0) : start] == "-")
        if language:
            yield from stems(language, word)
            yield from stems(language, in_two_letters(lower(word)))
            yield from compound_ends(language, word)
    elif kind.endswith("bigram"):  # so that a query of one character finds it
        yield term[0]
        if kind == "last bigram":
            yield term[-1]
    else:
        yield from _identifier_parts(term, kind)


def _word_forms(word: str, *, is_negative: bool) -> Iterator[str]:
    """Other spellings of ä, ö, ü, ø, å; name and number of windows11; an error number in hexadecimal."""
    if not word.isascii() and (other := in_two_letters(lower(word))):
        yield _stem(other)
    if word[-1:].isdigit():
        if is_negative and word.isdigit() and 2**30 < int(word[:11]) <= 2**31:
            yield from (f"{2**32 - int(word):x}", f"0x{2**32 - int(word):x}")
        elif match := _NAME_WITH_NUMBER.fullmatch(word):
            has_version_mark = len(match[1]) + len(match[2]) < len(word)
            if len(match[1]) >= MIN_NAME_LENGTH or has_version_mark:  # ipv6, but not md5
                yield from (_stem(match[1]), match[2])


def _identifier_parts(term: str, kind: str) -> Iterator[str]:
    """Short forms of an identifier that people search for."""
    if kind == "kb":
        yield from (term[2:], "kb")
    elif kind == "hex":
        yield term[2:]
        if len(term) == len("0x80070005"):
            code = int(term, 16)
            yield from (str(code), str(2**32 - code))  # unsigned and signed, as logs show it
    elif kind in ("cve", "ghsa", "attack"):
        yield from re.split(r"[-.]", term)
    elif kind in ("ms", "rb"):
        yield from re.findall(r"\d+", term)
    elif kind == "build":
        yield from _beginnings(term)
        if term.count(".") == 3:
            yield term.split(".", 2)[2]
    elif kind == "release" and (match := _NAME_WITH_NUMBER.fullmatch(term)):
        yield from (_stem(match[1]), match[2])
        for number in _beginnings(match[2]):
            yield from (number, match[1] + number)
    elif term == ".net":
        yield from ("net", "dotnet")
    elif kind == "lang" and term.endswith("++") and len(term) > 3:
        yield _stem(term[:-2])


def _beginnings(number: str) -> Iterator[str]:
    """The beginnings of a version or address: 3.0 and 3 of 3.0.13."""
    while "." in number:
        number = number.rpartition(".")[0]
        yield number


def _with_number(text: str, first: Token, second: Token) -> str:
    """The joined term of a name and the number that follows it directly: tls1.2 of "TLS 1.2"; or empty."""
    if (
        first[3] != "word"
        or second[3] not in ("word", "build")
        or text[first[2] : second[1]] not in _BETWEEN_NAME_AND_NUMBER
        or not (number := _NUMBER.fullmatch(text[second[1] : second[2]].lower()))
        or not text[first[1] : first[2]].isalpha()
    ):
        return ""
    return joined_with_number(text[first[1] : first[2]] + number[1])


def joined_with_number(word: str) -> str:
    """The term of a name with a number behind it: TLSv1.2, tls1.2 and TLS1.2 are one."""
    match = _NAME_WITH_NUMBER.fullmatch(word)
    return (fold(lower(match[1])) + match[2]) if match else ""


def compounds(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield (term, start, end) of the joined form of compounds with letters: "Get-ADUser" → getaduser."""
    for match in _COMPOUND.finditer(text):
        joined = re.sub(r"[-._/\u2010-\u2013]", "", match[0])
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
    for line in SYNONYMS_FILE.read_text("utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        first, *others = [tuple(terms(name)) for name in line.split(" = ")]
        for other in others:
            found.setdefault(other[0], []).append((other, first[0]))
    return found


def is_identifier(term: str) -> bool:
    """Whether a term is an identifier."""
    match = _TOKEN.fullmatch(term)
    return match is not None and match.lastgroup != "word"


def title_keys(sequence: list[str]) -> list[str]:
    """Two names of the title that consists of these terms: in any order, and joined without spaces."""
    if not sequence:
        return []
    return [f"{len(sequence)} {' '.join(sorted(set(sequence)))}", "+" + "".join(sequence)]


@lru_cache(maxsize=50_000)
def _stem(word: str) -> str:
    """The stem of a word without accents; empty for stop words and words over MAX_TERM_LENGTH."""
    word = fold(lower(word))
    if word in STOP_WORDS or len(word) > MAX_TERM_LENGTH:
        return ""
    if not word.isalpha():
        return joined_with_number(word) or (word[1:] if _NUMBER.fullmatch(word) and word[0] == "v" else word)
    return english_stem(american(word) if word.isascii() else word)


def _canonical(kind: str, text: str) -> str:
    """The normalized spelling of an identifier."""
    text = text.lower()
    if kind in _IDENTIFIER_SHAPES:
        digits = re.sub(r"\D", "", text)
        prefix_digits, prefix = _IDENTIFIER_SHAPES[kind]
        return f"{prefix}{digits[:prefix_digits]}-{digits[prefix_digits:]}"
    if kind == "pairs":
        return re.sub("[:-]", "", text)
    if kind == "release":
        return joined_with_number(text) or text
    if kind == "build":
        return text.removeprefix("v")
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
