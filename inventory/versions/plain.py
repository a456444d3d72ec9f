"""Compare versions that consist of numbers: semantic versions, and those of products without an ecosystem.

Pure. A comparison that the texts do not decide raises NotComparable: a guess would be a false statement.
"""

import re
from dataclasses import dataclass

MAX_VERSION_CHARACTERS = 100
PRE = -1  # stages
FINAL = 0
POST = 1
_PRE_WORDS = {
    "dev": -6,
    "snapshot": -6,
    "nightly": -6,
    "preview": -5,
    "pre": -5,
    "alpha": -4,
    "a": -4,
    "beta": -3,
    "b": -3,
    "m": -2,
    "milestone": -2,
    "rc": -1,
    "cr": -1,
}
_POST_WORDS = {
    "p": "p",
    "pl": "p",
    "patch": "p",
    "post": "p",
    "u": "u",
    "update": "u",
    "sp": "sp",
    "servicepack": "sp",
    "hf": "hf",
    "hotfix": "hf",
    "build": "build",
    "r": "r",
    "rev": "r",
    "cu": "cu",
    "ru": "ru",
    "mp": "mp",
    "esr": "esr",
}
_NUMBERS = re.compile(r"[0-9]{1,18}(?:\.[0-9]{1,18}){0,15}(?![0-9])")
_REST = re.compile(r"[-_. +~(]*([a-z]*)[-_. ]*([0-9]{0,12})\)?$")
_PREFIX = re.compile(r"(?:versions?|ver|v|release)?[ .:]*(?=[0-9])", re.I)
_OLD_JAVA = re.compile(r"1\.([5-8])\.0[_u]([0-9]{1,4})(?![0-9])")
_SEMVER = re.compile(r"[vV=]?([0-9]+(?:\.[0-9]+){0,4})(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$")


class NotComparable(ValueError):
    """Two versions cannot be ordered, or one of them is none."""


@dataclass(frozen=True)
class Plain:
    """Leading numbers of a version and what follows them: `stage`, a word and its number.

    `is_known` is False when the rest of the text is not understood.
    """

    numbers: tuple[int, ...]
    stage: int = FINAL
    rank: int = 0  # order of the words of pre-releases
    word: str = ""  # of what follows a release: two words have no order
    number: int = 0
    is_known: bool = True


def parse(text: str) -> Plain:
    """Read a version; raises NotComparable when it does not start with a number."""
    cleaned = " ".join(text[: MAX_VERSION_CHARACTERS + 1].split()).casefold()
    if len(cleaned) > MAX_VERSION_CHARACTERS:
        raise NotComparable(text[:40])
    cleaned = _PREFIX.sub("", cleaned, count=1)
    cleaned = _OLD_JAVA.sub(r"\1u\2", cleaned, count=1)
    match = _NUMBERS.match(cleaned)
    if match is None:
        raise NotComparable(text[:40])
    numbers = tuple(int(each) for each in match[0].split("."))
    rest = cleaned[match.end() :].strip()
    return _with_rest(numbers, rest) if rest else Plain(numbers)


def _with_rest(numbers: tuple[int, ...], rest: str) -> Plain:
    match = _REST.match(rest)
    if match is None:
        return Plain(numbers, is_known=False)
    word, digits = match.groups()
    number = int(digits or 0)
    if len(word) == 1 and not digits:  # OpenSSL 1.0.2k
        return Plain(numbers, POST, 0, "letter", ord(word))
    if word in _PRE_WORDS:
        return Plain(numbers, PRE, _PRE_WORDS[word], number=number)
    if word in _POST_WORDS and digits:
        return Plain(numbers, POST, 0, _POST_WORDS[word], number)
    if len(word) == 2 and word[0] == "z" and not digits:  # OpenSSL 1.0.2zg
        return Plain(numbers, POST, 0, "letter", ord("z") + ord(word[1]) - ord("a") + 1)
    if not word and digits:
        return Plain(numbers, POST, 0, "", number)
    return Plain(numbers, is_known=False)


def compare(first: str, second: str) -> int:
    """-1, 0 or 1: whether `first` is older than, equal to or newer than `second`; raises NotComparable."""
    a, b = parse(first), parse(second)
    for own, other in zip(a.numbers, b.numbers, strict=False):
        if own != other:
            return -1 if own < other else 1
    if len(a.numbers) != len(b.numbers):
        shorter = a if len(a.numbers) < len(b.numbers) else b
        longer = b if shorter is a else a
        if not shorter.is_known:
            raise NotComparable(f"{first} / {second}")
        if any(longer.numbers[len(shorter.numbers) :]):
            if shorter.stage == POST:  # 7.0 SP1 and 7.0.5 have no order
                raise NotComparable(f"{first} / {second}")
            return -1 if shorter is a else 1
    return _compare_rest(a, b, f"{first} / {second}")


def _compare_rest(a: Plain, b: Plain, texts: str) -> int:
    if not (a.is_known and b.is_known):
        raise NotComparable(texts)
    if a.stage == b.stage == POST and a.word != b.word:
        raise NotComparable(texts)
    first, second = (a.stage, a.rank, a.number), (b.stage, b.rank, b.number)
    return (first > second) - (first < second)


def compare_semver(first: str, second: str) -> int:
    """Compare by the precedence of Semantic Versioning 2.0, section 11; build metadata does not count.

    One or two numbers are filled with zeros, and further numbers are compared, as package managers do.
    """
    a, b = _semver(first), _semver(second)
    return (a > b) - (a < b)


def _semver(text: str) -> tuple:
    match = _SEMVER.match(text.strip()) if len(text) <= MAX_VERSION_CHARACTERS else None
    if match is None:
        raise NotComparable(text[:40])
    numbers = [int(each) for each in match[1].split(".")]
    numbers += [0] * (5 - len(numbers))
    if match[2] is None:
        return tuple(numbers), (1,)
    parts = [
        (0, int(part), "") if part.isascii() and part.isdigit() else (1, 0, part)
        for part in match[2].split(".")
    ]
    return tuple(numbers), (0, parts)


def is_within(version: str, family: str) -> bool:
    """Whether a version belongs to a family of versions: 8.3.12 and 8.3 to 8.3, but 8.30 does not."""
    a, b = parse(version), parse(family)
    return b.is_known and b.stage == FINAL and a.numbers[: len(b.numbers)] == b.numbers
