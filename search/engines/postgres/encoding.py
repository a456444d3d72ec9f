"""A document as a row: its terms with their places, how much each says there, what it may be filtered by.

A vector holds, beside the words, lexemes that no word can be: `tag=dns`, `title=resolv`, `^20=resolv` for a
word that says much in this document, and `~3f0a` for two words side by side. A GIN index finds all alike.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b

from search.analysis import placed, tokens
from search.fields import FAMILIES, TEXTS, Document
from search.weights import K1
from search.weights import TEXTS as MEASURES

FACETS = ("kind", "tag", "layer")
SAMPLES = (8, 64, 512)  # one document in so many carries the lexeme of that sample
SCALE = 65_535  # a weight of 1, as it is kept
LEVELS, LOWEST = 32, 15  # weights in so many steps; those above the lowest are lexemes of their own
PAIRS = 1 << 16  # lexemes for all pairs of words together: more would make the index larger
ROOM = 900_000  # bytes for words; a tsvector has 1,048,575 in all
LEXEME, PLACE = 5, 7  # bytes of a word beside its letters; of a place of it, with the pair that begins there
SHORT = 1_500  # words that have room however long they are
GAP = 20  # places between two texts: more than a phrase has words
LAST = 16_383  # the last place that a tsvector knows
WIDTH = 16  # bits of a weight, below those of its term
ID_BITS = 32


@dataclass
class Row:
    """What the table of documents keeps, and what is counted of it."""

    id: int
    digest: int  # of all but the votes
    kind: str
    votes: int
    created: int
    is_accepted: bool
    facts: list[str]
    lengths: list[int]
    weights: list[int]
    vector: str
    lexemes: set[str] = field(repr=False)
    spellings: dict[str, str] = field(repr=False)


@lru_cache(maxsize=200_000)
def mark(lexeme: str) -> int:
    """A number that stands for a lexeme, in the upper bits of a weight."""
    return int.from_bytes(blake2b(lexeme.encode(), digest_size=6).digest(), "big") >> 1 << WIDTH


def whole(terms: Iterable[str], words: int) -> str:
    """The lexeme of the documents whose whole title has these terms, in any order, and so many words."""
    return f"whole={_number(f'{words} ' + ' '.join(sorted(set(terms)))):x}"


def _number(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)


def document_id(key: str) -> int:
    """`post:12` → the number of its row."""
    family, number = key.split(":")
    return FAMILIES.index(family) << ID_BITS | int(number)


def document_key(number: int) -> str:
    """The number of a row → `post:12`."""
    return f"{FAMILIES[number >> ID_BITS]}:{number & (1 << ID_BITS) - 1}"


def quoted(lexeme: str) -> str:
    """A lexeme as tsvector and tsquery read it, whatever is in it."""
    return "'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'"


def strong(term: str, level: int) -> str:
    """The lexeme of the documents in which a term has a weight of this level."""
    return f"^{level}={term}"


def sample(rate: int) -> str:
    """The lexeme of one document in `rate`."""
    return f"=1/{rate}"


def pair(first: str, second: str) -> str:
    """The lexeme of the documents in which a term stands before another, and of some in which it does not."""
    return f"~{_number(f'{first} {second}') % PAIRS:04x}"


def is_pair(lexeme: str) -> bool:
    """Whether a lexeme is one of pair(), which nobody counts."""
    return lexeme.startswith("~")


def names(document: Document) -> list[str]:
    """The lexemes by which a document is filtered."""
    values = {
        "kind": [document.kind],
        "tag": document.tags,
        "layer": [document.layer],
        "state": document.states,
        "author": [document.author.lower()],
        "parent": [document.parent],
    }
    return [f"{name}={value}" for name, found in values.items() for value in dict.fromkeys(found) if value]


def texts(document: Document) -> dict[str, list[tuple[str, int]]]:
    """The terms of each text with their places, as many as there is room for (made-up texts have more)."""
    found = {
        "title": document.title,
        "body": document.body,
        "labels": " ".join(document.tags),
        "context": document.context,
    }
    read = {name: list(placed(found[name])) for name in TEXTS}
    return read if sum(map(len, read.values())) < SHORT else _fitting(read)


def _fitting(read: dict[str, list[tuple[str, int]]]) -> dict[str, list[tuple[str, int]]]:
    """What fits into a vector of it, from the beginning of the first text on."""
    room, seen, fitting = ROOM, set(), {name: [] for name in read}
    for name, found in read.items():
        for term, position in found:
            room -= PLACE + (0 if term in seen else LEXEME + len(term.encode()))
            if room < 0:
                return fitting
            seen.add(term)
            fitting[name].append((term, position))
    return fitting


def encode(document: Document, read: dict[str, list[tuple[str, int]]], averages: dict[str, float]) -> Row:
    """The row of a document, whose texts were read, in a corpus whose texts have these average lengths."""
    number, filters = document_id(document.key), names(document)
    title = [(term, document.title[start:end]) for term, start, end, _ in tokens(document.title)]
    if title:
        filters.append(whole((term for term, _ in title), len(title)))
    weights = {term: said / (said + K1) for term, said in _said(read, averages).items()}
    extras = [*filters, *(f"title={term}" for term in dict.fromkeys(term for term, _ in read["title"]))]
    extras += [
        strong(term, level) for term, weight in weights.items() if (level := int(weight * LEVELS)) > LOWEST
    ]
    extras += [sample(rate) for rate in SAMPLES if _number(document.key) % rate == 0]
    packed = [mark(term) | max(1, int(weight * SCALE)) for term, weight in weights.items()]
    row = Row(
        id=number,
        digest=0,
        kind=document.kind,
        votes=document.score,
        created=int(document.created_at.timestamp()) if document.created_at else 0,
        is_accepted="accepted" in document.states,
        facts=[name for name in filters if name.split("=")[0] in FACETS],
        lengths=[len(read[name]) for name in TEXTS],
        weights=sorted([*packed, *map(mark, filters)]),
        vector=_vector(read, extras),
        lexemes={*weights, *extras},
        spellings={f"title={term}": word.casefold() for term, word in title if word.isalpha()},
    )
    row.digest = _number(repr((row.created, row.weights, row.vector)))
    return row


def _said(read: dict[str, list[tuple[str, int]]], averages: dict[str, float]) -> dict[str, float]:
    """How often each term is said, over the texts by their boosts and lengths: the heart of BM25F."""
    said: dict[str, float] = {}
    for name, (boost, b) in MEASURES.items():
        norm = boost / (1 - b + b * len(read[name]) / averages[name])
        for term, count in Counter(term for term, _ in read[name]).items():
            said[term] = said.get(term, 0.0) + count * norm
    return said


def _pairs(read: dict[str, list[tuple[str, int]]]) -> list[str]:
    """The lexemes of what stands side by side, in one order; terms of one place have the same neighbours."""
    found = set()
    for placed_terms in read.values():
        places: dict[int, list[str]] = {}
        for term, position in placed_terms:
            places.setdefault(position, []).append(term)
        for position, terms in places.items():
            found.update(pair(term, after) for after in places.get(position + 1, ()) for term in terms)
    return sorted(found)


def _vector(read: dict[str, list[tuple[str, int]]], extras: list[str]) -> str:
    """The text of a tsvector: words with their places, one text after another, then the other lexemes."""
    places: dict[str, list[str]] = {}
    start = 1
    for found in read.values():
        for term, position in found:
            places.setdefault(term, []).append(str(min(start + position, LAST)))
        start += GAP + (found[-1][1] if found else 0)
    words = [f"{quoted(term)}:{','.join(spots[:255])}" for term, spots in places.items()]
    return " ".join([*words, *map(quoted, extras), *map(quoted, _pairs(read))])
