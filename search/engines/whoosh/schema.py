"""Fields of the Whoosh index; the text of a document cannot be read back from it."""

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator

from whoosh import columns, fields, formats

from search.analysis import positioned_terms, terms, title_keys
from search.fields import FAMILIES, TEXTS, Document
from search.word_vectors import VECTOR_BYTES, document_vector

FORMAT = 6  # increment to have every older index rebuilt
MAX_POSITION = 65_535
Posting = tuple[bytes, int, float, bytes]


class Text(fields.FieldType):
    """Terms with positions (for phrases); the length of a text is the number of its positions."""

    def __init__(self) -> None:
        super().__init__(formats.Format(), analyzer=None, scorable=True)

    def index(  # pyright: ignore[reportIncompatibleMethodOverride]  (Whoosh declares no types)
        self, value: tuple[str, str], **kwargs: object
    ) -> Iterator[Posting]:
        """Yield the postings of (text, language); Whoosh adds up the second numbers to the length."""
        positions: defaultdict[str, list[int]] = defaultdict(list)
        length = 0
        for term, position in positioned_terms(*value):
            positions[term].append(min(position, MAX_POSITION))
            length = max(length, position + 1)
        for term, places in positions.items():
            yield term.encode(), length, float(len(places)), array("H", sorted(places)).tobytes()
            length = 0


class Names(fields.FieldType):
    """Exact values for filters."""

    def __init__(self) -> None:
        super().__init__(formats.Existence(), analyzer=None)

    def index(  # pyright: ignore[reportIncompatibleMethodOverride]  (Whoosh declares no types)
        self, value: Iterable[str], **kwargs: object
    ) -> Iterator[Posting]:
        """Yield the postings of the values."""
        for name in set(value):
            if name:
                yield name.encode(), 1, 1.0, b""


SCHEMA = fields.Schema(
    **{name: Text() for name in TEXTS},
    **{name: Names() for name in ("key", "kind", "tag", "layer", "state", "author", "whole")},
    number=fields.COLUMN(columns.NumericColumn("i")),
    family=fields.COLUMN(columns.NumericColumn("B")),
    votes=fields.COLUMN(columns.NumericColumn("i")),
    created=fields.COLUMN(columns.NumericColumn("I")),
    thread=fields.COLUMN(columns.NumericColumn("i")),
    vector=fields.COLUMN(columns.FixedBytesColumn(VECTOR_BYTES)),
)


def row(document: Document) -> dict[str, object]:
    """Convert a document to the arguments of Whoosh's add_document()."""
    family, number = document.key.split(":")
    created = int(document.created_at.timestamp()) if document.created_at else 0
    return {
        **{name: (text, document.language) for name, text in document.texts.items()},
        "key": [document.key],
        "kind": [document.kind],
        "tag": document.tags,
        "layer": [document.layer],
        "state": document.states,
        "author": [document.author.lower()],
        "whole": title_keys(terms(document.title)),
        "number": int(number),
        "family": FAMILIES.index(family),
        "votes": document.score,
        "created": min(max(created, 0), 2**32 - 1),
        "thread": int(document.thread.split(":")[1]) if document.thread else 0,
        "vector": document_vector(document) or bytes(VECTOR_BYTES),
    }
