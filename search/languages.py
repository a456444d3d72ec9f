"""Stems of languages beside English, each a term of its own such as `de:richtlini`, and parts of compounds.

A document has them for its own language only, in addition to the terms that all documents have, so they
change nothing for English texts. A query looks for them in the languages that the index has.
"""

import threading
from collections.abc import Iterator
from functools import lru_cache

from Stemmer import Stemmer

from search.spellings import fold, lower

ALGORITHMS = {  # Snowball's, by ISO 639 code
    "ar": "arabic",
    "ca": "catalan",
    "cs": "czech",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "es": "spanish",
    "et": "estonian",
    "fi": "finnish",
    "fr": "french",
    "hi": "hindi",
    "hu": "hungarian",
    "it": "italian",
    "lt": "lithuanian",
    "nl": "dutch",
    "no": "norwegian",
    "pl": "polish",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sr": "serbian",
    "sv": "swedish",
    "tr": "turkish",
}
AGGLUTINATING = frozenset({"et", "fi", "hu", "tr"})  # a word may have several endings
COMPOUNDING = frozenset({"da", "de", "et", "fi", "hu", "nl", "no", "sv"})
LANGUAGE_TERM = "language:"  # of a document's language; only documents in ALGORITHMS have one
MIN_WORD_LENGTH = 3  # letters; shorter words are not stemmed
MIN_COMPOUND_LENGTH = 9  # letters
MIN_PART_LENGTH = 4  # letters of a part of a compound
_BACKWARDS = "<"  # of compounds that are spelled backwards, so that their ends can be looked up as beginnings


class _Stemmers(threading.local):
    """Snowball's stemmers by language, per thread as they are not thread-safe."""

    def __init__(self) -> None:
        self.found: dict[str, Stemmer] = {}

    def stem(self, language: str, word: str) -> str:
        if language not in self.found:
            self.found[language] = Stemmer(ALGORITHMS[language], 0)  # 0: no cache, stems() has one
        return self.found[language].stemWord(word)


_stemmers = _Stemmers()


def english_stem(word: str) -> str:
    """The stem of an English word in lower case."""
    if "en" not in _stemmers.found:
        _stemmers.found["en"] = Stemmer("english", 0)
    return _stemmers.found["en"].stemWord(word)


@lru_cache(maxsize=50_000)
def stems(language: str, word: str) -> tuple[str, ...]:
    """Terms of the stems of a word, as spelled and without marks; both texts and queries get both."""
    word = lower(word)
    if language not in ALGORITHMS or len(word) < MIN_WORD_LENGTH or not word.isalpha():
        return ()
    found = [fold(_stemmers.stem(language, word)), _stemmers.stem(language, fold(word))]
    if language in AGGLUTINATING:
        found.append(_stemmers.stem(language, found[1]))
    return tuple(f"{language}:{stem}" for stem in dict.fromkeys(found) if len(stem) > 1)


def compound_ends(language: str, word: str) -> Iterator[str]:
    """Terms of a long word spelled backwards, in languages that write compounds as one word."""
    if language in COMPOUNDING and len(word) >= MIN_COMPOUND_LENGTH:
        for stem in stems(language, word)[:1]:
            yield f"{language}{_BACKWARDS}{stem[len(language) + 1 :][::-1]}"


def end_prefix(term: str) -> str:
    """What the terms of compound_ends() begin with for compounds that end in the word of a stem; or empty."""
    language, _, stem = term.partition(":")
    if language not in COMPOUNDING or len(stem) < MIN_PART_LENGTH:
        return ""
    return f"{language}{_BACKWARDS}{stem[::-1]}"
