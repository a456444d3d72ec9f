"""Other terms of the index that match in place of a term of the query, and words that the index has in parts.

Everything is looked up in the index, so a word is only replaced by one that a document has. The number of
lookups is bounded by the constants here, whatever is typed.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from search.analysis import terms, tokens
from search.engines.base import Index
from search.languages import COMPOUNDING, LANGUAGE_TERM, MIN_PART_LENGTH, end_prefix, stems
from search.parser import Query
from search.result_cache import ResultCache

PARTIAL_IDENTIFIER = re.compile(r"[\da-f]{6,127}|\d+(\.\d+){1,3}")  # of a hash, address, version
WILDCARD = re.compile(r"(?<!\S)([^\W\d_][\w.-]{2,})\*(?!\S)")
WORD = re.compile(r"(?<!\S)[^\W_]{1,40}(?!\S)")
MAX_EXPANSIONS = 8  # terms with a typed prefix that are added as alternatives
MAX_JOINED_WORDS = 4
MAX_WORDS = 8  # words of the query that are looked up joined
MAX_STEMMED_WORDS = 12
MAX_LANGUAGES = 24
MAX_COMPOUND_WORDS = 4  # words of the query that are looked up as parts of compounds
MIN_SPLIT_LENGTH = 4  # letters of a word that is looked up in two parts
MAX_SPLIT_LENGTH = 40
MAX_SPLITS = 3  # that are searched for
_languages = ResultCache()  # of the index; they are read once in a generation
LINKS = ("", "s", "n", "en", "es", "er", "e")  # between the parts of a compound


def expand(index: Index, query: Query) -> None:
    """Add alternatives that the index has to the terms of a query."""
    _add_identifiers(index, query)
    _add_joined_words(index, query)
    languages = _languages.get(
        index.generation,
        "languages",
        lambda: [
            name.removeprefix(LANGUAGE_TERM)
            for name in index.identifiers_with_prefix(LANGUAGE_TERM, MAX_LANGUAGES)
        ],
    )
    if languages:
        _add_stems(index, query, languages)


def _add_identifiers(index: Index, query: Query) -> None:
    """Beginnings of hashes, addresses and versions, and `Get-AD*`."""
    for term in query.terms:
        if PARTIAL_IDENTIFIER.fullmatch(term) and not index.has_term(term):
            query.add_alternatives(term, index.identifiers_with_prefix(term, MAX_EXPANSIONS))
    for word in WILDCARD.findall(query.text)[:MAX_EXPANSIONS]:
        found = index.identifiers_with_prefix(re.sub(r"[-._/]", "", word).casefold(), MAX_EXPANSIONS)
        for term in terms(word):
            query.add_alternatives(term, found)


def _add_joined_words(index: Index, query: Query) -> None:
    """Adjacent words as one: login for "log in", getaduser for "get ad user"."""
    words = WORD.findall(query.text)[:MAX_WORDS]
    joined: dict[str, str] = {}
    for count in range(2, MAX_JOINED_WORDS + 1):
        for start in range(len(words) - count + 1):
            parts = words[start : start + count]
            found = terms("".join(parts))
            if len(found) == 1:
                joined[" ".join(parts)] = found[0]
    known = index.document_counts(list(joined.values()))
    for apart, term in joined.items():
        if known.get(term):
            for part in terms(apart):
                query.add_alternatives(part, [term])


def _add_stems(index: Index, query: Query, languages: list[str]) -> None:
    """Stems in the languages of the index, and compounds with the word at an end."""
    of_words: dict[str, list[str]] = {}
    for term, start, end, kind in tokens(query.text):
        if kind == "word" and term in query.terms and len(of_words) < MAX_STEMMED_WORDS:
            of_words[term] = [
                each for language in languages for each in stems(language, query.text[start:end])
            ]
    known = index.document_counts([each for found in of_words.values() for each in found])
    compounding = COMPOUNDING.intersection(languages)
    for number, (term, found) in enumerate(of_words.items()):
        query.add_alternatives(term, [each for each in found if known.get(each)])
        if compounding and number < MAX_COMPOUND_WORDS:
            for each in found:
                query.add_alternatives(term, _compounds(index, each))


def _compounds(index: Index, stem: str) -> list[str]:
    """Stems of compounds that begin or end with the word of a stem."""
    backwards = end_prefix(stem)
    if not backwards:
        return []
    language = stem.partition(":")[0]
    ends = index.identifiers_with_prefix(backwards, MAX_EXPANSIONS)
    begins = index.identifiers_with_prefix(stem, MAX_EXPANSIONS)
    long = [each for each in begins if len(each) >= len(stem) + MIN_PART_LENGTH]
    return [*(f"{language}:{each[len(language) + 1 :][::-1]}" for each in ends), *long]


def split_queries(index: Index, query: Query) -> Iterator[Query]:
    """Yield the query with its first word that no document has in two parts that documents have.

    First as neighbours ("webhook" as "web hook"), then anywhere in a text, as the parts of compounds are.
    """
    for term, start, end, kind in tokens(query.text):
        word = query.text[start:end]
        if (
            kind != "word"
            or term not in query.terms
            or not word.isalpha()
            or not MIN_SPLIT_LENGTH <= len(word) <= MAX_SPLIT_LENGTH
            or any(index.document_counts([term, *query.alternatives.get(term, ())]).values())
        ):
            continue
        splits = _splits(index, word)[:MAX_SPLITS]
        others = [each for each in query.terms if each != term]
        for parts in splits:
            yield replace(query, terms=others, phrases=[*query.phrases, list(parts)])
        for parts in splits:
            yield replace(query, terms=[*others, *parts])
        return


def _splits(index: Index, word: str) -> list[tuple[str, str]]:
    """Pairs of terms of documents that make up a word, the most frequent pairs first."""
    found: dict[tuple[str, str], int] = {}
    pairs: list[tuple[str, str, int]] = []
    for at in range(2, len(word) - 1):
        second = terms(word[at:])
        for link in LINKS:
            first = (
                terms(word[:at].removesuffix(link)) if word[:at].endswith(link) and at - len(link) > 1 else []
            )
            if len(first) == len(second) == 1 and (not link or len(word) > MIN_SPLIT_LENGTH * 2):
                pairs.append((first[0], second[0], min(at - len(link), len(word) - at)))
    counts = index.document_counts(list({term for pair in pairs for term in pair[:2]}))
    for first, second, shorter in pairs:
        if counts.get(first) and counts.get(second):
            found[first, second] = shorter
    return sorted(found, key=lambda pair: (-found[pair], pair))
