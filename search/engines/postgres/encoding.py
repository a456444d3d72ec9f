"""Encode a document as a row: its terms with positions and weights, and the values it is filtered by.

Besides terms, a vector has lexemes that no term can equal: `tag=dns`, `title=resolv`, `^20=resolv` for a term
with a high weight in this document, and `~3f0a` for two adjacent terms. One GIN index serves all of them.
"""

from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b
from itertools import product

from search.analysis import positioned_terms, title_keys, tokens
from search.fields import FAMILIES, TEXTS, Document
from search.weights import FIELD_WEIGHTS, K1
from search.word_vectors import document_vector

FACETS = ("kind", "tag", "layer")
SAMPLE_RATES = (8, 64, 512)  # a sample of rate n has one document in n
WEIGHT_SCALE = 65_535  # integer that stands for a weight of 1
WEIGHT_LEVELS = 32  # steps into which weights are divided
MIN_INDEXED_LEVEL = 15  # weights above this level become lexemes
PAIR_BUCKETS = 1 << 16  # distinct lexemes for pairs of terms: more would enlarge the index
MAX_VECTOR_BYTES = 900_000  # for terms; a tsvector holds 1,048,575 bytes in all
LEXEME_BYTES = 5  # overhead of a lexeme beside its text
POSITION_BYTES = 7  # of a position and the pair lexeme that begins there
SHORT_DOCUMENT_TERMS = 1_500  # this many terms fit whatever their length
FIELD_GAP = 20  # positions between two text fields: more than the terms of a phrase
MAX_POSITION = 16_383  # limit of tsvector
WEIGHT_BITS = 16  # low bits of a packed weight; the hash of its lexeme is above
ID_BITS = 32
TermsByText = dict[str, list[tuple[str, int]]]  # (term, position) by text field


@dataclass
class Row:
    """One row of the table of documents; `lexemes` and `spellings` go into the table of terms.

    `created` is a Unix time in seconds.
    """

    id: int
    digest: int  # of everything but the votes
    thread: int
    kind: str
    votes: int
    created: int
    is_accepted: bool
    facts: list[str]
    lengths: list[int]
    weights: list[int]
    vector: str
    word_vector: bytes
    lexemes: set[str] = field(repr=False)
    spellings: dict[str, str] = field(repr=False)


@lru_cache(maxsize=200_000)
def lexeme_hash(lexeme: str) -> int:
    """Hash of a lexeme, shifted into the upper bits of a packed weight."""
    return int.from_bytes(blake2b(lexeme.encode(), digest_size=6).digest(), "big") >> 1 << WEIGHT_BITS


def title_lexemes(sequence: list[str]) -> list[str]:
    """Lexemes of documents whose title consists of these terms; see search.analysis.title_keys()."""
    return [f"whole={_hash(name):x}" for name in title_keys(sequence)]


def length(found: list[tuple[str, int]]) -> int:
    """The length of a text: the number of different positions of its terms."""
    return len({position for _term, position in found})


def _hash(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)


def document_id(key: str) -> int:
    """Convert a key such as `post:12` to the id of its row."""
    family, number = key.split(":")
    return FAMILIES.index(family) << ID_BITS | int(number)


def document_key(number: int) -> str:
    """Convert the id of a row to its key, such as `post:12`."""
    return f"{FAMILIES[number >> ID_BITS]}:{number & (1 << ID_BITS) - 1}"


def quoted(lexeme: str) -> str:
    """Quote a lexeme for tsvector and tsquery."""
    return "'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'"


def level_lexeme(term: str, level: int) -> str:
    """Lexeme of documents in which a term has a weight of this level."""
    return f"^{level}={term}"


def sample_lexeme(rate: int) -> str:
    """Lexeme of the sample with one document in `rate`."""
    return f"=1/{rate}"


def pair_lexeme(first: str, second: str) -> str:
    """Lexeme of documents in which `first` directly precedes `second`, and of hash collisions."""
    return f"~{_hash(f'{first} {second}') % PAIR_BUCKETS:04x}"


def is_pair_lexeme(lexeme: str) -> bool:
    """Whether a lexeme is of pair_lexeme(); these are not counted in the table of terms."""
    return lexeme.startswith("~")


def filter_lexemes(document: Document) -> list[str]:
    """Lexemes by which a document is filtered, such as `tag=dns`."""
    values = {
        "kind": [document.kind],
        "tag": document.tags,
        "layer": [document.layer],
        "state": document.states,
        "author": [document.author.lower()],
    }
    return [f"{name}={value}" for name, found in values.items() for value in dict.fromkeys(found) if value]


def text_terms(document: Document) -> TermsByText:
    """(term, position) pairs by text field, truncated to what fits into a tsvector."""
    terms_by_text = {
        name: list(positioned_terms(text, document.language)) for name, text in document.texts.items()
    }
    return (
        terms_by_text
        if sum(map(len, terms_by_text.values())) < SHORT_DOCUMENT_TERMS
        else _truncated(terms_by_text)
    )


def _truncated(terms_by_text: TermsByText) -> TermsByText:
    """What fits into a tsvector, counted from the beginning of the first field."""
    bytes_left = MAX_VECTOR_BYTES
    seen: set[str] = set()
    result: TermsByText = {name: [] for name in terms_by_text}
    for name, found in terms_by_text.items():
        for term, position in found:
            bytes_left -= POSITION_BYTES + (0 if term in seen else LEXEME_BYTES + len(term.encode()))
            if bytes_left < 0:
                return result
            seen.add(term)
            result[name].append((term, position))
    return result


def encode(document: Document, terms_by_text: TermsByText, averages: dict[str, float]) -> Row:
    """Encode a document and the result of text_terms(); `averages` are mean lengths of text fields."""
    filters = filter_lexemes(document)
    title = [(term, document.title[start:end]) for term, start, end, _ in tokens(document.title)]
    filters += title_lexemes([term for term, _ in title])
    weights = {
        term: frequency / (frequency + K1)
        for term, frequency in _weighted_frequencies(terms_by_text, averages).items()
    }
    extras = [
        *filters,
        *(f"title={term}" for term in dict.fromkeys(term for term, _ in terms_by_text["title"])),
    ]
    extras += [
        level_lexeme(term, level)
        for term, weight in weights.items()
        if (level := int(weight * WEIGHT_LEVELS)) > MIN_INDEXED_LEVEL
    ]
    extras += [sample_lexeme(rate) for rate in SAMPLE_RATES if _hash(document.thread_key) % rate == 0]
    packed = [lexeme_hash(term) | max(1, int(weight * WEIGHT_SCALE)) for term, weight in weights.items()]
    row = Row(
        id=document_id(document.key),
        digest=0,
        thread=document_id(document.thread_key),
        kind=document.kind,
        votes=document.score,
        created=int(document.created_at.timestamp()) if document.created_at else 0,
        is_accepted="accepted" in document.states,
        facts=[name for name in filters if name.split("=")[0] in FACETS],
        lengths=[length(terms_by_text[name]) for name in TEXTS],
        weights=sorted([*packed, *map(lexeme_hash, filters)]),
        vector=_vector(terms_by_text, extras),
        word_vector=document_vector(document),
        lexemes={*weights, *extras},
        spellings={f"title={term}": word.casefold() for term, word in title if word.isalpha()},
    )
    row.digest = _hash(repr((row.thread, row.created, row.weights, row.vector, row.word_vector)))
    return row


def _weighted_frequencies(terms_by_text: TermsByText, averages: dict[str, float]) -> dict[str, float]:
    """Frequency of each term, weighted by the boosts and lengths of the text fields (BM25F)."""
    frequencies: dict[str, float] = {}
    for name, (boost, b) in FIELD_WEIGHTS.items():
        norm = boost / (1 - b + b * length(terms_by_text[name]) / averages[name])
        for term, count in Counter(term for term, _ in terms_by_text[name]).items():
            frequencies[term] = frequencies.get(term, 0.0) + count * norm
    return frequencies


def _pair_lexemes(terms_by_text: TermsByText) -> list[str]:
    """Sorted lexemes of adjacent terms; terms at one position have the same neighbours."""
    found: set[str] = set()
    for terms_with_positions in terms_by_text.values():
        positions: dict[int, list[str]] = {}
        for term, position in terms_with_positions:
            positions.setdefault(position, []).append(term)
        for position, terms in positions.items():
            neighbours = product(terms, positions.get(position + 1, ()))
            found.update(pair_lexeme(term, after) for term, after in neighbours)
    return sorted(found)


def _vector(terms_by_text: TermsByText, extras: list[str]) -> str:
    """The text of a tsvector: terms with positions, one field after another, then the other lexemes."""
    positions: dict[str, list[str]] = {}
    start = 1
    for found in terms_by_text.values():
        for term, position in found:
            positions.setdefault(term, []).append(str(min(start + position, MAX_POSITION)))
        start += FIELD_GAP + max((position for _term, position in found), default=0)
    terms = [f"{quoted(term)}:{','.join(found[:255])}" for term, found in positions.items()]
    return " ".join([*terms, *map(quoted, extras), *map(quoted, _pair_lexemes(terms_by_text))])
