"""What the index keeps of a document, and in which form; nothing of its text can be read back."""

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator

from whoosh import columns, fields, formats

from search.analysis import placed
from search.fields import FAMILIES, TEXTS, Document

FORMAT = 4  # another number makes every older index be rebuilt
Posting = tuple[bytes, int, float, bytes]


class Text(fields.FieldType):
    """Words as terms with their positions, which only phrases look at."""

    def __init__(self) -> None:
        super().__init__(formats.Format(), analyzer=None, scorable=True)

    def index(self, value: str, **_) -> Iterator[Posting]:
        """The postings of one text."""
        positions: defaultdict[str, list[int]] = defaultdict(list)
        for term, position in placed(value):
            positions[term].append(min(position, 65535))
        for term, places in positions.items():
            yield term.encode(), len(places), float(len(places)), array("H", places).tobytes()


class Names(fields.FieldType):
    """Exact values to filter by."""

    def __init__(self) -> None:
        super().__init__(formats.Existence(), analyzer=None)

    def index(self, value: Iterable[str], **_) -> Iterator[Posting]:
        """The postings of some values."""
        for name in set(value):
            if name:
                yield name.encode(), 1, 1.0, b""


SCHEMA = fields.Schema(
    **{name: Text() for name in TEXTS},
    **{name: Names() for name in ("key", "kind", "tag", "layer", "state", "author", "parent")},
    number=fields.COLUMN(columns.NumericColumn("i")),
    family=fields.COLUMN(columns.NumericColumn("B")),
    votes=fields.COLUMN(columns.NumericColumn("i")),
    created=fields.COLUMN(columns.NumericColumn("I")),
)


def row(document: Document) -> dict[str, object]:
    """A document as the arguments of Whoosh's add_document()."""
    family, number = document.key.split(":")
    created = int(document.created_at.timestamp()) if document.created_at else 0
    return {
        "title": document.title,
        "body": document.body,
        "labels": " ".join(document.tags),
        "context": document.context,
        "key": [document.key],
        "kind": [document.kind],
        "tag": document.tags,
        "layer": [document.layer],
        "state": document.states,
        "author": [document.author.lower()],
        "parent": [document.parent],
        "number": int(number),
        "family": FAMILIES.index(family),
        "votes": document.score,
        "created": min(max(created, 0), 2**32 - 1),
    }
